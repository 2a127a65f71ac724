import Files
import Foundation
import Models
import Rewards
import Runs
import Settings

/// One round of a run in rounds: a folder `round-N`, each of whose files appears whole, and whose run `training` can be
/// resumed.
package struct Round {
    package let number: Int
    /// The folder of all rounds.
    package let run: URL
    package let folder: URL
    private let context: RunContext

    fileprivate init(number: Int, of run: URL, context: RunContext) {
        (self.number, self.run, self.context) = (number, run, context)
        folder = run.appendingPathComponent("round-\(number)")
    }

    /// The answers that the round's policy wrote.
    package var responses: URL { file("responses.jsonl") }
    package var training: URL { file("training") }

    package func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Every step of the round's training.
    package func records() throws -> [MetricsRecord] {
        try MetricsLog.read(MetricsLog.file(in: training))
    }

    /// The context of one of its parts, which draws numbers of its own.
    package func part(_ name: String, output: URL, mode: RunFolder.Mode? = .new) throws -> RunContext {
        try context.nested("round \(number) \(name)", output: output, mode: mode)
    }
}

/// What a round leaves.
package struct RoundResult {
    package let training: TrainingResult
    /// Its line in metrics.jsonl.
    package let metrics: [MetricsRecord.Metric]
    /// What people should know of all rounds so far.
    package let notes: [String]

    package init(_ training: TrainingResult, metrics: [MetricsRecord.Metric], notes: [String]) {
        (self.training, self.metrics, self.notes) = (training, metrics, notes)
    }
}

/// A run in rounds: the policy answers the prompts, something is made of its answers, it learns from that, and the next
/// round begins with it. The same command goes on wherever the last one ended.
package struct RoundsRun {
    /// The policy before the first round.
    package let start: String
    package let source: ModelSource
    /// All prompts, as rewards see them: with an answer of no text.
    package let questions: [RewardInput]
    private let prompts: [String]
    private let chatPrompts: Bool
    private let context: RunContext

    /// What would end a round is said before anything is computed.
    ///
    /// - Throws: `InvalidSetting` for rows to train on beside prompts, and what is wrong with model and prompts.
    package init(
        _ training: TrainingConfiguration, _ adapters: AdapterTraining, prompts: [String],
        maximumNewTokens: Int, context: RunContext
    ) throws {
        for (key, files) in [("train", training.trainingPaths), ("eval", training.evaluation)]
        where !files.isEmpty {
            throw InvalidSetting(
                key, expected: "nothing beside --prompts: the policy writes what it learns from",
                found: files.joined(separator: ", "))
        }
        guard let model = training.model else { throw InvalidSetting.noModel() }
        start = adapters.initialAdapter ?? model
        source = try ModelSource(start, on: context.computation)
        (self.prompts, self.chatPrompts, self.context) = (prompts, training.chatPrompts, context)
        questions = try PreparedPrompts(
            prompts, chatPrompts: chatPrompts, for: source, maximumNewTokens: maximumNewTokens,
            progress: context.progress
        ).questions
    }

    /// Runs all rounds that are left; the last one's policy is the run's.
    ///
    /// - Parameters:
    ///   - inputs: what is read besides model and prompts.
    ///   - work: what of a round is not there yet, by the policy of the one before.
    package func run(
        _ count: Int, inputs: [(role: String, url: URL)] = [],
        _ work: (Round, _ policy: String) throws -> RoundResult
    ) throws -> TrainingResult {
        let inputs =
            source.inputs(role: "model") + prompts.map { ("prompts", URL(fileURLWithPath: $0)) } + inputs
        return try context.inRun(inputs: inputs, mode: hasUnfinishedRounds ? .resume : nil) { folder in
            var policy = start
            var (steps, tokens, seconds) = (0, 0, 0.0)
            var last: RoundResult?
            for number in 1...count {
                let round = Round(number: number, of: folder.url, context: context)
                let result = try work(round, policy)
                let records = try round.records()
                steps += records.count
                tokens += records.last?.tokens ?? 0
                seconds += records.last?.seconds ?? 0
                try folder.metrics.append(
                    MetricsRecord(
                        step: number, epoch: Double(number), tokens: tokens, seconds: seconds,
                        metrics: result.metrics))
                policy = result.training.model
                last = result
            }
            try folder.writeFinal { try copy(policy, to: $0) }
            try folder.finish(.finished, notes: last?.notes ?? [])
            return TrainingResult(
                folder.url, steps: steps, dropped: last?.training.dropped, notes: last?.notes)
        }
    }

    private func copy(_ policy: String, to folder: URL) throws {
        for file in try FileSystem.contents(of: URL(fileURLWithPath: policy)) {
            try FileManager.default.copyItem(
                at: file, to: folder.appendingPathComponent(file.lastPathComponent))
        }
    }

    /// Whether the output holds rounds that are not at their end.
    private var hasUnfinishedRounds: Bool {
        guard case .new = context.mode, let output = context.run.output else { return false }
        let file = URL(fileURLWithPath: output).appendingPathComponent("run.json")
        return (try? RunManifest(contentsOf: file)).map { $0.status != .finished } ?? false
    }

    // MARK: The parts of a round

    /// The answers of a policy to the prompts, where they are not there yet.
    ///
    /// - Parameters:
    ///   - name: of the part, as its random numbers are called.
    ///   - limit: answers the first prompts only.
    package func sample(
        _ round: Round, from policy: String, by sampler: SamplerConfiguration, name: String = "sampling",
        limit: Int? = nil, to output: URL
    ) throws {
        guard !FileSystem.exists(output) else { return }
        var sampling = SampleConfiguration()
        sampling.model = policy
        sampling.prompts = prompts
        sampling.limit = limit
        sampling.chatPrompts = chatPrompts
        sampling.sampler = sampler
        _ = try Sampling.run(sampling, context: round.part(name, output: output))
    }

    /// Trains on rows that the round has made, or takes the training that is there.
    ///
    /// - Parameters:
    ///   - settings: of the first round.
    ///   - policy: what is trained further; nil: the start, once more.
    package func train<Method: TrainingMethod>(
        _ round: Round, _ settings: TrainingSettings<Method>, from policy: String?, on rows: URL,
        by train: (TrainingSettings<Method>, RunContext) throws -> TrainingResult
    ) throws -> TrainingResult {
        var settings = settings
        settings.training.train = [rows.path]
        if round.number > 1, let policy {
            settings.training.model = policy
            // Its own adapter, if it has one, is trained further.
            settings.adapters.rank = nil
            settings.adapters.initialAdapter = nil
            settings.adapters.isRequested = nil
        }
        do {
            return try train(settings, round.part("training", output: round.training, mode: nil))
        } catch RunError.alreadyFinished {
            let manifest = try RunManifest(contentsOf: round.training.appendingPathComponent("run.json"))
            return TrainingResult(
                round.training, steps: try round.records().count, notes: manifest.notes)
        }
    }
}
