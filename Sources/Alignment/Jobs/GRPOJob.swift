import Datasets
import Foundation
import LanguageModels

/// `heed grpo`: from prompts and rewards to a policy in a run folder.
public enum GRPOJob {
    /// - Parameter annotators: those that can be chosen as rewards; nil: the standard ones.
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: GRPO.Configuration,
        context: JobContext, annotators: AnnotatorCatalogue? = nil
    ) throws -> TrainingResult {
        try adapters.refuseDropout(verb: "grpo")
        let schedule = try GenerationSchedule(training, method)
        let rewards = try RewardSettings(method, annotators ?? .standard(context: context), context: context)
        let job = try RolloutJob(
            verb: "grpo", training, adapters: adapters, method.rollouts,
            demand: .init(
                responses: schedule.generationSize, groupSize: method.groupSize, needsScores: rewards.isEmpty),
            reference: method.objective.klWeight == 0 ? .none : .model(method.reference),
            inputs: rewards.inputs, context: context)
        let stepsPerEpoch = job.rollouts.stepsPerEpoch * schedule.stepsPerIteration * method.iterations
        let learner = Learner(
            job.model.trainableParameters, training,
            totalSteps: training.totalSteps(stepsPerEpoch: stepsPerEpoch),
            addsGradients: schedule.passesPerStep > 1)
        let trainer = GRPO.Trainer(
            model: job.model, source: job.rollouts, measurer: job.measurer(),
            rewards: try rewards.load(context: context), learner: learner, configuration: method,
            schedule: schedule, seeds: context.seeds)
        return try job.train(
            trainer, title: "group-relative policy optimisation",
            shownMetrics: ["reward", "completions/mean_length"])
    }
}

/// The rewards that the settings name, checked before a run begins and loaded after.
private struct RewardSettings {
    private let annotators: [any Annotator]
    private let model: RewardModelSource?
    private let weights: [Double]

    init(_ method: GRPO.Configuration, _ catalogue: AnnotatorCatalogue, context: JobContext) throws {
        annotators = try method.rewards.map(catalogue.annotator)
        model = try method.rewardModel.map { try RewardModelSource($0, context: context) }
        let count = annotators.count + (model == nil ? 0 : 1)
        weights = method.rewardWeights ?? Array(repeating: 1, count: count)
        guard count > 0 || method.rollouts.replay != nil else {
            throw InvalidSetting(
                "reward",
                expected: "what to learn: --reward NAME, --reward-model DIR, or --replay with scores",
                found: "nothing")
        }
        guard weights.count == count else {
            throw InvalidSetting(
                "reward_weights", expected: "one for each of \(count) rewards", found: "\(weights.count)")
        }
        let names = annotators.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw InvalidSetting("reward", expected: "each reward once", found: "'\(twice)' twice")
        }
    }

    var isEmpty: Bool { annotators.isEmpty && model == nil }
    var inputs: [(role: String, url: URL)] { model?.inputs(role: "reward model") ?? [] }

    func load(context: JobContext) throws -> [WeightedReward] {
        var sources: [(name: String, source: any RewardSource)] = annotators.map {
            ($0.name, AnnotatorReward($0))
        }
        if let model {
            sources.append(("reward_model", try model.load(context: context)))
        }
        return zip(sources, weights).map { WeightedReward(name: $0.name, weight: $1, source: $0.source) }
    }
}
