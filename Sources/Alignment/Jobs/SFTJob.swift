import Datasets
import LanguageModels

/// `heed sft`: from settings to a fine-tuned policy in a run folder.
public enum SFTJob {
    /// Demonstrations are few, and adapters learn them by heart.
    private static let defaultDropout = 0.05

    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: SFT.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        var adapters = adapters
        adapters.dropout = adapters.dropout ?? defaultDropout
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let job = try rowJob(training, method, source: source, context: context)
        return try job.run(title: "fine-tuning") {
            try source.loadTrainable(adapters, context: context)
        } objective: {
            SFT.Objective(model: $0, loss: method.loss)
        }
    }

    private static func rowJob(
        _ training: TrainingConfiguration, _ method: SFT.Configuration, source: ModelSource,
        context: JobContext
    ) throws -> RowJob<PackedSequence> {
        let length = try source.maximumLength(training)
        let preparation = SupervisedPreparation(
            tokenizer: source.tokenizer, maximumLength: method.packing.isOn ? nil : length,
            completionOnly: method.completionOnly, assistantOnly: method.assistantOnly)
        let shownMetrics = ["loss", "mean_token_accuracy"]
        guard method.packing.isOn else {
            return try RowJob(
                preparation, context: context, training: training, source: source, shownMetrics: shownMetrics,
                convert: PackedSequence.init)
        }
        // What is packed together stays together, so a mixture is drawn before it is packed.
        let prepared = try preparation.prepare(training)
        let train = prepared.train.selected(seed: training.orderSeed(context))
        let rows = method.packing.rows(of: train.rows, length: length)
        return RowJob(
            context: context, training: training, source: source, rows: rows,
            mixture: Mixture(rowCount: rows.count),
            evaluationRows: Packing.separate((prepared.evaluation?.rows ?? []).map { $0.prefix(length) }),
            place: { index in
                rows[index].sources.map { train.places[$0].description }.joined(separator: " + ")
            },
            report: train.report, shownMetrics: shownMetrics)
    }
}
