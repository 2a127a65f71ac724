import Datasets
import Foundation
import LanguageModels
import Runs

/// What the jobs that learn from responses share: find model, reference and responses, open the run, drive the trainer.
struct RolloutJob {
    let model: LanguageModel
    let rollouts: any RolloutSource
    private let reference: ReferencePolicy?
    private let source: ModelSource
    private let folder: RunFolder
    private let training: TrainingConfiguration
    private let temperature: Double
    private let context: JobContext

    /// The responses that one step learns from.
    struct Demand {
        /// How many, a multiple of `groupSize`.
        let responses: Int
        /// Responses to each prompt.
        var groupSize = 1
        /// Whether a recording must bring scores.
        let needsScores: Bool
    }

    /// Which reference the policy is held to.
    enum Reference {
        case none
        /// A model argument, or nil for the policy as it is before training.
        case model(String?)
    }

    /// Opens the run; nothing that follows from the settings alone is wrong afterwards.
    ///
    /// - Parameters:
    ///   - verb: for messages.
    ///   - inputs: what is read besides model, reference and responses.
    init(
        verb: String, _ training: TrainingConfiguration, adapters: AdapterTraining,
        _ configuration: RolloutConfiguration,
        demand: Demand, reference: Reference, inputs: [(role: String, url: URL)], context: JobContext
    ) throws {
        try training.refuseRows(verb: verb)
        self.training = training
        self.context = context
        temperature = configuration.temperature
        source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        var referenceSource: ReferenceSource?
        if case .model(let argument) = reference {
            referenceSource = try ReferenceSource(
                argument, policy: source, adapters: adapters, context: context)
        }
        rollouts = try configuration.source(demand, for: source, training, context: context)
        folder = try context.openRun(
            inputs: source.inputs(role: "model") + (referenceSource?.inputs ?? []) + inputs
                + configuration.inputs)
        model = try source.loadTrainable(adapters, context: context)
        model.transformer.recomputesActivations = training.recomputesActivations
        self.reference = try referenceSource?.load()
    }

    /// - Parameter rewards: nil where the responses bring scores, or are scored elsewhere.
    func measurer(rewards: (any RewardSource)? = nil) -> RolloutMeasurer {
        RolloutMeasurer(
            model: model, reference: reference, rewards: rewards, temperature: temperature,
            batchSize: training.batchSize)
    }

    /// Runs all steps that are left.
    /// - Parameter shownMetrics: on the progress bar.
    func train(_ trainer: any TrainingMethod, title: String, shownMetrics: [String]) throws -> TrainingResult
    {
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: shownMetrics, place: { [rollouts] in rollouts.place(ofRow: $0).description })
        try run.run(title: title) { try source.copyTokenizer(to: $0) }
        let unscored = trainer.unscoredResponses
        let dropped =
            unscored == 0
            ? nil
            : "\(unscored) response\(unscored == 1 ? "" : "s") taught nothing, as no reward could score them "
                + "(longer than a reward model's context, for example)"
        if let dropped { context.progress.note(dropped) }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone, dropped: dropped)
    }
}

extension RolloutConfiguration {
    /// The responses to learn from: sampled to prompts, or recorded.
    func source(
        _ demand: RolloutJob.Demand, for model: ModelSource, _ training: TrainingConfiguration,
        context: JobContext
    ) throws -> any RolloutSource {
        if let replay {
            return try RecordedRollouts(
                JSONLines([replay], setting: "replay"), for: model, batchSize: demand.responses,
                groupSize: demand.groupSize, needsScores: demand.needsScores)
        }
        let prepared = try PreparedPrompts(prompts, for: model, maximumNewTokens: maximumNewTokens)
        return SampledRollouts(
            prompts: prepared,
            order: BatchOrder(
                rowCount: prepared.rows.count, batchSize: demand.responses / demand.groupSize,
                seed: training.shuffle ? context.seeds.derived("order").value : nil),
            groupSize: demand.groupSize, tokenizer: model.tokenizer, temperature: temperature,
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
