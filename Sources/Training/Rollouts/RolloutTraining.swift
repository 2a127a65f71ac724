import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Tokenization

/// What methods that learn from responses share: find rewards, model, reference and responses, open the run, drive the trainer.
public struct RolloutTraining<Method: TrainingMethod> {
    /// Where the policy's weights come from: an adapter's folder, or a whole model's.
    public let policyFolder: URL
    private let rollouts: any RolloutSource
    private let rewards: RewardSources
    private let reference: ReferenceSource?
    /// The policy.
    public let source: ModelSource
    private let synchronization: ReferenceSynchronization
    private let adapters: AdapterTraining
    private let training: TrainingConfiguration
    private let configuration: RolloutConfiguration
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

    /// Finds everything that the settings name.
    /// - Parameters:
    ///   - usual: where responses come from while nobody says otherwise.
    ///   - limitIsLearned: whether the loss depends on how long a response may be.
    ///   - synchronization: how the reference follows the policy.
    public init(
        _ settings: TrainingSettings<Method>, _ configuration: RolloutConfiguration,
        usual: RolloutConfiguration, limitIsLearned: Bool = false, rewards: RewardSelection, demand: Demand,
        reference: Reference, synchronization: ReferenceSynchronization = ReferenceSynchronization(),
        context: RunContext
    ) throws {
        self.synchronization = synchronization
        (training, adapters) = (settings.training, settings.adapters)
        (self.configuration, self.context) = (configuration, context)
        let computation = context.computation
        try adapters.refuseDropout(verb: Method.name)
        try training.refuseRows(verb: Method.name)
        self.rewards = try context.rewards.sources(rewards, on: computation)
        guard !self.rewards.isEmpty || configuration.replay != nil else {
            throw InvalidSetting(
                "reward",
                expected: "what to learn: --reward NAME, --reward-model DIR, or --replay with scores",
                found: "nothing")
        }
        source = try ModelSource(trainable: training.model, adapters: adapters, on: computation)
        policyFolder = adapters.initialFolder ?? source.folders.adapter ?? source.folders.base
        if case .model(let argument) = reference {
            self.reference = try ReferenceSource(
                argument, policy: source, adapters: adapters, on: computation)
        } else {
            self.reference = nil
        }
        rollouts = try configuration.source(
            responses: demand.responses, groupSize: demand.groupSize, needsScores: self.rewards.isEmpty,
            chatPrompts: training.chatPrompts, for: source, order: training.orderSeed(context),
            progress: context.progress)
        rollouts.notes.forEach(context.progress.note)
        let hasLimit = configuration.maximumNewTokens != usual.maximumNewTokens
        if configuration.replay != nil, hasLimit, !limitIsLearned {
            context.progress.note(
                "max_new_tokens \(configuration.maximumNewTokens) changes nothing beside replay: recorded responses are "
                    + "as long as they are")
        }
    }

    /// Steps of the run.
    /// - Parameter stepsPerBatch: in which one batch of responses is learned from.
    public func totalSteps(stepsPerBatch: Int = 1) -> Int {
        training.totalSteps(stepsPerEpoch: rollouts.stepsPerEpoch * stepsPerBatch)
    }

    /// The text of each token, special ones too; a character that several tokens spell stands at the last of them.
    public func pieces(of tokens: [Int]) -> [String] {
        var decoder = source.tokenizer.makeStreamingDecoder(skippingSpecialTokens: false)
        var pieces = tokens.map { decoder.append($0) }
        if let last = pieces.indices.last { pieces[last] += decoder.finish() }
        return pieces
    }

    /// Trains in the run folder that the context names.
    /// - Parameters:
    ///   - extraInputs: what the method reads besides.
    ///   - objective: made once the policy is there.
    public func run(
        extraInputs: [(role: String, url: URL)] = [],
        _ objective: (LanguageModel) throws -> any RolloutObjective
    ) throws -> TrainingResult {
        let inputs =
            source.inputs(role: "model") + (reference?.inputs ?? []) + rewards.inputs + configuration.inputs
            + extraInputs
        return try context.inRun(inputs: inputs) { folder in
            let model = try source.loadTrainable(adapters, on: context.computation)
            model.transformer.recomputesActivations = training.recomputesActivations
            return try run(objective(model), model, in: folder)
        }
    }

    private func run(
        _ objective: any RolloutObjective, _ model: LanguageModel, in folder: RunFolder
    ) throws -> TrainingResult {
        let steps = totalSteps(stepsPerBatch: objective.stepsPerBatch)
        let reference = try reference?.load(following: synchronization.isOn)
        let learner = Learner(
            model.trainableParameters + objective.parameters, training,
            totalSteps: steps * objective.updatesPerStep, addsGradients: objective.addsGradients)
        let measurer = RolloutMeasurer(
            model: model, reference: reference, temperature: configuration.temperature,
            batchSize: training.batchSize)
        let rewards = try rewards.load()
        let audit = RewardAudit.verdict(on: rewards, by: rollouts)
        if let audit { context.progress.note(audit) }
        let trainer = RolloutTrainer(
            model: model, source: rollouts, measurer: measurer, rewards: rewards, learner: learner,
            objective: objective,
            following: try FollowingReference(synchronization, reference: reference?.ownModel, policy: model),
            seeds: context.seeds)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            guide: Method.guide, place: { [rollouts] in rollouts.place(ofRow: $0).description },
            onExplained: context.onExplained)
        let result = try run.run(
            title: Method.title, dropped: { trainer.unscored },
            summary: { _ in rewards.flatMap(\.reward.notes) + [audit].compactMap(\.self) }
        ) {
            try source.copyTokenizer(to: $0)
        }
        if let dropped = result.dropped { context.progress.note(dropped) }
        return result
    }
}

extension Trainer {
    /// How many responses taught nothing, in words; nil where all did.
    fileprivate var unscored: String? {
        guard unscoredResponses > 0 else { return nil }
        return
            "\(unscoredResponses) response\(unscoredResponses == 1 ? "" : "s") taught nothing, as no reward could "
            + "score them (longer than a reward model's context, for example)"
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
                temperature: temperature, batchSize: responses, groupSize: groupSize,
                needsScores: needsScores)
        }
        let rows = try JSONLines(
            prompts, setting: "prompts",
            layout: PromptLayout(
                chatPrompts: chatPrompts, system: systemPrompt, promptColumn: promptColumn))
        let prepared = try PreparedPrompts(
            rows.load(PromptRow.self), for: model, maximumNewTokens: maximumNewTokens, progress: progress)
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
        try InvalidSetting.check(
            !isStreaming, CodingKeys.isStreaming, expected: "false: \(verb) keeps its prompts in memory",
            found: "true")
        try InvalidSetting.check(
            maximumLength == TrainingConfiguration().maximumLength, CodingKeys.maximumLength,
            expected: "nothing: in \(verb) responses end by max_new_tokens",
            found: maximumLength.map(String.init) ?? "null")
        try selection.check(hasEvaluation: false)
    }
}
