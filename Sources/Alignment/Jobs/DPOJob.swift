import Datasets
import Foundation
import LanguageModels

/// `heed dpo`: from comparisons to a policy in a run folder.
public enum DPOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: DPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let preparation = ComparisonPreparation(
            tokenizer: source.tokenizer, maximumLength: training.maximumLength)
        let prepared = try preparation.prepare(training)
        let job = RowJob(
            context: context, training: training, source: source, rows: prepared.train.rows,
            evaluationRows: prepared.evaluation?.rows ?? [],
            place: { prepared.train.places[$0].description }, report: prepared.train.report,
            shownMetrics: ["loss", "rewards/accuracies", "rewards/margins"])
        let reference = try ReferenceSource(
            method.reference, policy: source, adapters: adapters, context: context)
        return try job.run(title: "direct preference optimisation", extraInputs: reference.inputs) {
            try source.loadTrainable(adapters, context: context)
        } objective: {
            DPO.Objective(model: $0, reference: try reference.load(), configuration: method)
        }
    }
}
