import Datasets
import Foundation
import LanguageModels

/// `heed kto`: from single judged answers to a policy in a run folder.
public enum KTOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: KTO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let preparation = UnpairedPreparation(
            tokenizer: source.tokenizer, maximumLength: try source.maximumLength(training))
        let prepared = try preparation.prepare(training)
        let examples = { (rows: [TokenizedUnpaired]) in
            method.examples(rows, training)
        }
        let job = RowJob(
            context: context, training: training, source: source, rows: examples(prepared.train.rows),
            evaluationRows: examples(prepared.evaluation?.rows ?? []),
            place: { prepared.train.places[$0].description }, report: prepared.train.report,
            shownMetrics: ["loss", "kl", "rewards/margins"])
        let reference = try ReferenceSource(
            method.reference, policy: source, adapters: adapters, context: context)
        return try job.run(title: "Kahneman–Tversky optimisation", extraInputs: reference.inputs) {
            try source.loadTrainable(adapters, context: context)
        } objective: {
            KTO.Objective(
                model: $0,
                reference: try reference.scores(
                    policy: $0, precomputedFor: method.precomputesReference ? job.allRows : nil,
                    batchSize: training.batchSize),
                configuration: method)
        }
    }
}

extension KTO.Configuration {
    /// Rows with the mismatched answers that the baseline asks for.
    fileprivate func examples(
        _ rows: [TokenizedUnpaired], _ training: TrainingConfiguration
    ) -> [KTO.Example] {
        guard loss != .apoZeroUnpaired else { return rows.map { KTO.Example(row: $0, mismatched: []) } }
        let passes = loss == .kto ? training.gradientAccumulationSteps : 1
        return KTO.Example.mismatching(
            rows, groupSize: training.batchSize * passes, maximumLength: training.maximumLength)
    }
}
