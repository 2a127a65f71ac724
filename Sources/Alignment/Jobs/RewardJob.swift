/// `heed reward`: from judgments to a reward model in a run folder.
public enum RewardJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: RewardModeling.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        let job = try RewardTraining(training, adapters: adapters, method: method, context: context)
        return try method.ensemble == 1 ? job.run(context: context) : job.runEnsemble(context: context)
    }
}
