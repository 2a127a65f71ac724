import Datasets
import LanguageModels

/// `heed reward`: from comparisons to a reward model in a run folder.
public enum RewardJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: RewardModeling.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let source = try ModelSource(
            trainable: training.model, adapters: adapters, task: .sequenceClassification, context: context)
        let preparation = RewardPreparation(
            tokenizer: source.tokenizer, maximumLength: training.maximumLength)
        let prepared = try preparation.prepare(training)
        let job = RowJob(
            context: context, training: training, source: source, rows: prepared.train.rows,
            evaluationRows: prepared.evaluation?.rows ?? [],
            place: { prepared.train.places[$0].description }, report: prepared.train.report,
            shownMetrics: ["loss", "accuracy", "margin"])
        return try job.run(title: "reward model") {
            try source.loadTrainableRewardModel(adapters, context: context)
        } objective: {
            RewardModeling.Objective(model: $0, configuration: method)
        }
    }
}
