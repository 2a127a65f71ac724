import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Settings

/// What methods that learn from responses share: find rewards, model, reference and responses, open the run, drive the trainer.
public struct RolloutTraining<Method: TrainingMethod> {
    public let model: LanguageModel
    let rollouts: any RolloutSource
    private let rewards: [WeightedReward]
    private let reference: ReferencePolicy?
    private let source: ModelSource
    private let folder: RunFolder
    private let training: TrainingConfiguration
    private let temperature: Double
    private let context: RunContext

    /// The responses that one step learns from.
    public struct Demand {
        /// How many, a multiple of `groupSize`.
        public let responses: Int
        /// Responses to each prompt.
        public let groupSize: Int

        public init(responses: Int, groupSize: Int = 1) {
            self.responses = responses
            self.groupSize = groupSize
        }
    }

    /// Which reference the policy is held to.
    public enum Reference {
        case none
        /// A model argument, or nil for the policy as it is before training.
        case model(String?)
    }

    /// Opens the run; nothing that follows from the settings alone is wrong afterwards.
    public init(
        _ settings: TrainingSettings<Method>, _ configuration: RolloutConfiguration, rewards: RewardSelection,
        demand: Demand, reference: Reference, context: RunContext
    ) throws {
        training = settings.training
        let (adapters, computation) = (settings.adapters, context.computation)
        try adapters.refuseDropout(verb: Method.name)
        try training.refuseRows(verb: Method.name)
        self.context = context
        temperature = configuration.temperature
        let rewardSources = try context.rewards.sources(rewards, on: computation)
        guard !rewardSources.isEmpty || configuration.replay != nil else {
            throw InvalidSetting(
                "reward",
                expected: "what to learn: --reward NAME, --reward-model DIR, or --replay with scores",
                found: "nothing")
        }
        source = try ModelSource(trainable: training.model, adapters: adapters, on: computation)
        var referenceSource: ReferenceSource?
        if case .model(let argument) = reference {
            referenceSource = try ReferenceSource(
                argument, policy: source, adapters: adapters, on: computation)
        }
        rollouts = try configuration.source(
            responses: demand.responses, groupSize: demand.groupSize, needsScores: rewardSources.isEmpty,
            chatPrompts: training.chatPrompts, for: source, order: training.orderSeed(context),
            progress: context.progress)
        folder = try context.openRun(
            inputs: source.inputs(role: "model") + (referenceSource?.inputs ?? []) + rewardSources.inputs
                + configuration.inputs)
        model = try source.loadTrainable(adapters, on: computation)
        model.transformer.recomputesActivations = training.recomputesActivations
        self.reference = try referenceSource?.load()
        self.rewards = try rewardSources.load()
    }

    /// Runs all steps that are left.
    public func run(_ objective: any RolloutObjective) throws -> TrainingResult {
        let steps = training.totalSteps(stepsPerEpoch: rollouts.stepsPerEpoch * objective.stepsPerBatch)
        let learner = Learner(
            model.trainableParameters + objective.parameters, training,
            totalSteps: steps * objective.updatesPerStep, addsGradients: objective.addsGradients)
        let measurer = RolloutMeasurer(
            model: model, reference: reference, temperature: temperature, batchSize: training.batchSize)
        let trainer = RolloutTrainer(
            model: model, source: rollouts, measurer: measurer, rewards: rewards, learner: learner,
            objective: objective, seeds: context.seeds)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: Method.guide.shown,
            place: { [rollouts] in rollouts.place(ofRow: $0).description })
        try run.run(title: Method.title) { try source.copyTokenizer(to: $0) }
        let unscored = trainer.unscoredResponses
        let dropped =
            unscored == 0
            ? nil
            : "\(unscored) response\(unscored == 1 ? "" : "s") taught nothing, as no reward could score them "
                + "(longer than a reward model's context, for example)"
        if let dropped { context.progress.note(dropped) }
        return TrainingResult(folder.url, steps: trainer.stepsDone, dropped: dropped)
    }
}

extension RolloutConfiguration {
    /// The responses to learn from: sampled to prompts, or recorded.
    ///
    /// - Parameters:
    ///   - responses: of one batch, a multiple of `groupSize`.
    ///   - needsScores: whether a recording must bring scores.
    ///   - chatPrompts: whether prompts in plain text become messages.
    ///   - order: what prompts are put in order by; nil: their own order.
    package func source(
        responses: Int, groupSize: Int, needsScores: Bool, chatPrompts: Bool = false, for model: ModelSource,
        order: UInt64?, progress: ProgressDisplay
    ) throws -> any RolloutSource {
        if let replay {
            return try RecordedRollouts(
                JSONLines([replay], setting: "replay", chatPrompts: chatPrompts), for: model,
                batchSize: responses,
                groupSize: groupSize, needsScores: needsScores)
        }
        let prepared = try PreparedPrompts(
            prompts, chatPrompts: chatPrompts, for: model, maximumNewTokens: maximumNewTokens,
            progress: progress)
        return SampledRollouts(
            prompts: prepared,
            order: BatchOrder(
                rowCount: prepared.rows.count, batchSize: responses / groupSize, seed: order),
            groupSize: groupSize, tokenizer: model.tokenizer, temperature: temperature,
            maximumNewTokens: maximumNewTokens, stopTokens: model.stopTokens)
    }

    /// What run.json hashes.
    fileprivate var inputs: [(role: String, url: URL)] {
        prompts.map { ("prompts", URL(fileURLWithPath: $0)) }
            + (replay.map { [("replay", URL(fileURLWithPath: $0))] } ?? [])
    }
}

extension TrainingConfiguration {
    /// Refuses settings of methods that learn from given rows: they would change nothing in `verb`.
    fileprivate func refuseRows(verb: String) throws {
        for (key, files) in [("train", train), ("eval", evaluation)] where !files.isEmpty {
            throw InvalidSetting(
                key, expected: "nothing: \(verb) learns from responses to --prompts, or from --replay",
                found: files.joined(separator: ", "))
        }
        try InvalidSetting.check(
            datasets.isEmpty, CodingKeys.datasets, expected: "nothing: \(verb) learns from --prompts",
            found: datasets.map(\.path).joined(separator: ", "))
        try selection.check(hasEvaluation: false)
    }
}
