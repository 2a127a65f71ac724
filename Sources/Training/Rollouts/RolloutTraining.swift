import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Tokenization

/// The responses that one step learns from.
public struct RolloutDemand {
    /// How many, a multiple of `groupSize`.
    public let responses: Int
    /// Responses to each prompt.
    public let groupSize: Int
    /// Whether a step may need the responses to further prompts.
    public let mayGrow: Bool

    public init(responses: Int, groupSize: Int = 1, mayGrow: Bool = false) {
        self.responses = responses
        self.groupSize = groupSize
        self.mayGrow = mayGrow
    }
}

/// What methods that learn from responses share: find rewards, model, reference and responses, open the run, drive the trainer.
public struct RolloutTraining<Method: TrainingMethod> {
    /// Where the policy's weights come from: an adapter's folder, or a whole model's.
    public let policyFolder: URL
    let rollouts: any RolloutSource
    let reference: ReferenceSource?
    let training: TrainingConfiguration
    let configuration: RolloutConfiguration
    let demand: RolloutDemand
    let context: RunContext
    private let rewards: RewardSources
    /// The policy.
    public let source: ModelSource
    private let synchronization: ReferenceSynchronization
    private let adapters: AdapterTraining

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
        usual: RolloutConfiguration, limitIsLearned: Bool = false, rewards: RewardSelection,
        demand: RolloutDemand, reference: Reference,
        synchronization: ReferenceSynchronization = ReferenceSynchronization(), context: RunContext
    ) throws {
        self.synchronization = synchronization
        (training, adapters) = (settings.training, settings.adapters)
        (self.configuration, self.demand, self.context) = (configuration, demand, context)
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
            try InvalidSetting.check(
                configuration.watching.klBudget == nil, WatchConfiguration.CodingKeys.klBudget,
                expected: "none without a reference, from which the distance is measured (beta above 0)",
                found: configuration.watching.klBudget ?? 0)
        }
        rollouts = try configuration.source(
            for: demand, needsScores: self.rewards.isEmpty, chatPrompts: training.chatPrompts,
            model: source, order: training.orderSeed(context), progress: context.progress)
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
        let questions = rollouts.questions
        let unanswerable = try RewardAudit.notesOfRows(for: rewards, to: questions)
        unanswerable.forEach(context.progress.note)
        let audit = RewardAudit.verdict(on: rewards, answering: questions)
        if let audit { context.progress.note(audit) }
        let warnings = try preflight(model, objective, measurer, rewards, steps: steps, in: folder)
        let trainer = RolloutTrainer(
            model: model, source: rollouts, measurer: measurer, rewards: rewards, learner: learner,
            objective: objective,
            following: try FollowingReference(synchronization, reference: reference?.ownModel, policy: model),
            seeds: context.seeds, observer: observer(measurer, rewards),
            say: { [progress = context.progress] in progress.note($0, onceAbout: "refills") })
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            guide: Method.guide, watching: watching(rewards),
            place: { [rollouts] in rollouts.place(ofRow: $0).description }, onExplained: context.onExplained)
        let result = try run.run(
            title: Method.title, dropped: { trainer.unscored },
            summary: { _ in
                rewards.flatMap(\.reward.notes) + unanswerable + [audit].compactMap(\.self)
                    + warnings.map { "before the first update: \($0)" } + trainer.notes
            }
        ) {
            try source.copyTokenizer(to: $0)
        }
        if let dropped = result.dropped { context.progress.note(dropped) }
        return result
    }

    private func observer(_ measurer: RolloutMeasurer, _ rewards: [WeightedReward]) -> RolloutObserver? {
        guard rollouts.isSampled else { return nil }
        return RolloutObserver(
            measurer: measurer, groupSize: demand.groupSize, fullMarks: rewards.fullMarks,
            scoresSampledTokens: configuration.watching.scoresSampledTokens)
    }

    /// A reward of weight 0 is measured and not learned: gold, beside those that are.
    private func watching(_ rewards: [WeightedReward]) -> Watching {
        Watching(
            settings: configuration.watching, criterion: Method.guide.shown.first,
            gold: rewards.filter { $0.weight == 0 }.map { "rewards/\($0.name)/mean" },
            precision: rollouts.isSampled ? context.precision : nil)
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
    ///   - needsScores: whether a recording must bring scores.
    ///   - chatPrompts: whether prompts in plain text become messages.
    ///   - model: what answers them.
    ///   - order: what prompts are put in order by; nil: their own order.
    package func source(
        for demand: RolloutDemand, needsScores: Bool, chatPrompts: Bool = false,
        model: ModelSource, order: UInt64?, progress: ProgressDisplay
    ) throws -> any RolloutSource {
        if let replay {
            return try RecordedRollouts(
                JSONLines([replay], setting: "replay", chatPrompts: chatPrompts), for: model,
                temperature: temperature, batchSize: demand.responses, groupSize: demand.groupSize,
                needsScores: needsScores)
        }
        let rows = try JSONLines(
            prompts, setting: "prompts",
            layout: PromptLayout(
                chatPrompts: chatPrompts, system: systemPrompt, promptColumn: promptColumn))
        let prepared = try PreparedPrompts(
            rows.load(PromptRow.self), for: model, maximumNewTokens: maximumNewTokens, progress: progress)
        let promptsPerBatch = demand.responses / demand.groupSize
        return SampledRollouts(
            prompts: prepared, promptsPerBatch: promptsPerBatch,
            order: try promptOrder(
                of: prepared.rows.count, batchSize: demand.mayGrow ? 1 : promptsPerBatch, seed: order),
            groupSize: demand.groupSize, passScore: curriculum.passScore, tokenizer: model.tokenizer,
            temperature: temperature, maximumNewTokens: maximumNewTokens, stopTokens: model.stopTokens)
    }

    /// - Parameters:
    ///   - batchSize: prompts that are always drawn together.
    ///   - seed: nil: in their own order.
    private func promptOrder(of count: Int, batchSize: Int, seed: UInt64?) throws -> any PromptOrder {
        guard let band = curriculum.band else {
            return BatchOrder(rowCount: count, batchSize: batchSize, seed: seed)
        }
        guard let seed else {
            throw InvalidSetting(
                "curriculum", expected: "none beside shuffle: false, as it draws prompts by chance",
                found: "\(band)")
        }
        return PassRateOrder(count: count, band: band[0]...band[1], factor: curriculum.factor, seed: seed)
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
