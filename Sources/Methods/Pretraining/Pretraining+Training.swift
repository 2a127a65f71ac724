import Datasets
import Models
import Settings
import Tokenization
import Training

extension Pretraining {
    public static func train(_ settings: TrainingSettings<Pretraining>, context: RunContext) throws
        -> TrainingResult
    {
        var (settings, context) = (settings, context)
        if let budget = settings.method.budget { try settle(&settings, &context, within: budget) }
        let start = try PretrainingStart(settings, on: context.computation)
        let frame = try DocumentFrame(settings.method, tokenizer: start.tokenizer)
        let text = try PretrainingText(
            settings, tokenizer: start.tokenizer, frame: frame,
            length: try start.maximumLength(settings.training.maximumLength), context: context)
        let heldOut = try HeldOutText(
            settings.training.evaluation, tokenizer: start.tokenizer, frame: frame,
            length: try start.configuration.maximumPositions, progress: context.progress)
        var training = settings.training
        training.epochs =
            try training.epochs
            ?? text.epochs(for: start.configuration, startsAnew: settings.startsAnew)
        let rows = text.rows(training, context)
        let sampler = TextSampler(
            tokenizer: start.tokenizer, frame: frame, prompts: settings.method.samplePrompts,
            tokenCount: settings.method.sampleTokens, seed: context.seeds.derived("samples").value)
        return try RowTraining(
            context: context, training: training, source: start.point, rowSource: rows,
            evaluationRows: heldOut?.rows ?? []
        ).run(
            Pretraining.self,
            loading: { try start.load(settings.adapters, on: context.computation) },
            objective: { model in
                model.transformer.learnsPadding = false
                return Objective(
                    model: model, zLoss: settings.method.zLoss, heldOutTokensPerByte: heldOut?.tokensPerByte,
                    sampler: sampler)
            },
            muon: settings.method.optimizer.muon, dropout: settings.method.dropout ?? 0,
            beginning: { model, secondsOfPass in
                let batch = (0..<min(training.batchSize, rows.rowsOfEpoch)).map(rows.row)
                let tokens = batch.reduce(0) { $0 + $1.tokens.count }
                let outlook = PretrainingOutlook(
                    text, rows: rows, model: model, training: training,
                    secondsPerToken: try secondsOfPass(batch) / Double(tokens))
                context.progress.note(outlook.line)
            })
    }
}

extension DocumentFrame {
    /// - Throws: `InvalidSetting` where the tokenizer has no such token, or none that could stand between texts.
    init(_ method: Pretraining.Configuration, tokenizer: Tokenizer) throws {
        let usual =
            tokenizer.id(of: "<|endoftext|>") ?? tokenizer.beginningOfSequence?.id
            ?? tokenizer.endOfSequence?.id
        guard let token = method.documentToken.map(tokenizer.id(of:)) ?? usual else {
            throw InvalidSetting(
                Pretraining.Configuration.CodingKeys.documentToken.stringValue,
                expected: "a token of the tokenizer, for every document to begin with",
                found: method.documentToken
                    ?? "none that is special in the tokenizer (heed tokenizer train --special-tokens)")
        }
        self.init(beginning: token, end: method.endsDocuments ? token : nil)
    }
}
