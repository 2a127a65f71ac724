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
        try training.refuseRows(verb: "grpo")
        let schedule = try GenerationSchedule(training, method)
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let rewards = try RewardSettings(method, annotators ?? .standard(context: context), context: context)
        let reference =
            method.objective.klWeight == 0
            ? nil
            : try ReferenceSource(method.reference, policy: source, adapters: adapters, context: context)
        let rollouts = try method.rollouts.source(
            batchSize: schedule.generationSize, groupSize: method.groupSize, needsScores: rewards.isEmpty,
            for: source, training, context: context)
        let folder = try context.openRun(
            inputs: source.inputs(role: "model") + (reference?.inputs ?? []) + rewards.inputs
                + method.rollouts.inputs)

        let model = try source.loadTrainable(adapters, context: context)
        let measurer = RolloutMeasurer(
            model: model, reference: try reference?.load(), temperature: method.rollouts.temperature,
            batchSize: training.batchSize)
        let learner = Learner(
            model.trainableParameters, training,
            totalSteps: training.totalSteps(
                stepsPerEpoch: rollouts.stepsPerEpoch * schedule.stepsPerIteration * method.iterations),
            addsGradients: schedule.passesPerStep > 1)
        let trainer = GRPO.Trainer(
            model: model, source: rollouts, measurer: measurer, rewards: try rewards.load(context: context),
            learner: learner, configuration: method, schedule: schedule, seeds: context.seeds)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: ["reward", "completions/mean_length"],
            place: { rollouts.place(ofRow: $0).description })
        try run.run(title: "group-relative policy optimisation") { try source.copyTokenizer(to: $0) }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone, dropped: nil)
    }
}

/// The rewards that the settings name, checked before a run begins and loaded after.
private struct RewardSettings {
    private let annotators: [any Annotator]
    private let model: ModelSource?
    private let weights: [Double]

    init(_ method: GRPO.Configuration, _ catalogue: AnnotatorCatalogue, context: JobContext) throws {
        annotators = try method.rewards.map(catalogue.annotator)
        model = try method.rewardModel.map { try ModelSource($0, role: "reward-model", context: context) }
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
            let scorer = RewardModelScorer(
                model: try model.loadRewardModel(context: context), tokenizer: model.tokenizer)
            sources.append(("reward_model", scorer))
        }
        return zip(sources, weights).map { WeightedReward(name: $0.name, weight: $1, source: $0.source) }
    }
}
