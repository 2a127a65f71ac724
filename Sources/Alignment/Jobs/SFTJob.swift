import Datasets
import LanguageModels

/// `heed sft`: from settings to a fine-tuned policy in a run folder.
public enum SFTJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: SFT.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let preparation = SupervisedPreparation(
            tokenizer: source.tokenizer, maximumLength: method.packing.isOn ? nil : training.maximumLength,
            completionOnly: method.completionOnly, assistantOnly: method.assistantOnly)
        let prepared = try preparation.prepare(training)
        let rows = method.packing.rows(of: prepared.train.rows, length: training.maximumLength)
        let job = RowJob(
            context: context, training: training, source: source, rows: rows,
            evaluationRows: Packing.separate(prepared.evaluation?.rows ?? []),
            place: { index in
                rows[index].sources.map { prepared.train.places[$0].description }.joined(separator: " + ")
            },
            report: prepared.train.report, shownMetrics: ["loss", "mean_token_accuracy"])
        let dropout =
            adapters.dropout > 0
            ? AdapterDropout(probability: adapters.dropout, seeds: context.seeds, device: context.device)
            : nil
        return try job.run(title: "fine-tuning", dropout: dropout) {
            try source.loadTrainable(adapters, context: context)
        } objective: {
            SFT.Objective(model: $0, loss: method.loss)
        }
    }
}
