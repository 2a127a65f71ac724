import Datasets
import Foundation
import LanguageModels
import Runs

/// What the jobs on comparisons share: rows, run, and what they say at the end.
struct ComparisonJob {
    let context: JobContext
    let training: TrainingConfiguration
    let adapters: AdapterTraining
    let source: ModelSource
    let rows: RowJob<TokenizedComparison>

    /// - Parameter framesSequences: see `ComparisonPreparation`.
    init(
        _ training: TrainingConfiguration, adapters: AdapterTraining, framesSequences: Bool = false,
        context: JobContext
    ) throws {
        self.context = context
        self.training = training
        self.adapters = adapters
        source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let preparation = ComparisonPreparation(
            tokenizer: source.tokenizer, maximumLength: try source.maximumLength(training),
            framesSequences: framesSequences)
        let prepared = try preparation.prepare(training)
        rows = RowJob(
            context: context, training: training, source: source, rows: prepared.train.rows,
            mixture: prepared.train.mixture, evaluationRows: prepared.evaluation?.rows ?? [],
            place: { prepared.train.places[$0].description }, report: prepared.train.report,
            shownMetrics: ["logps/chosen", "logps/rejected", "rewards/accuracies"])
    }

    /// - Parameters:
    ///   - beta: of the rewards, where they measure the distance to a reference.
    ///   - objective: made once the model is there.
    func run<Objective: RowObjective<TokenizedComparison>>(
        title: String, reference: ReferenceSource? = nil, beta: Double? = nil,
        objective: (LanguageModel) throws -> Objective
    ) throws -> TrainingResult {
        var result = try rows.run(title: title, extraInputs: reference?.inputs ?? []) {
            try source.loadTrainable(adapters, context: context)
        } objective: {
            try objective($0)
        }
        let records = try MetricsLog.read(
            MetricsLog.file(in: URL(fileURLWithPath: result.run)))
        result.notes = PreferenceSummary(records, beta: beta)?.lines
        return result
    }
}

/// `heed orpo`: from comparisons to a policy, without a reference.
public enum ORPOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: ORPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        try ComparisonJob(training, adapters: adapters, framesSequences: true, context: context)
            .run(title: "odds ratio preference optimisation") {
                ORPO.Objective(model: $0, configuration: method)
            }
    }
}

/// `heed cpo`: from comparisons to a policy, without a reference.
public enum CPOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: CPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        try ComparisonJob(training, adapters: adapters, framesSequences: true, context: context)
            .run(title: "contrastive preference optimisation") {
                CPO.Objective(model: $0, configuration: method)
            }
    }
}
