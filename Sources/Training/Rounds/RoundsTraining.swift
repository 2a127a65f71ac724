import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Statistics

/// Comparisons of the policy's own answers (`--prompts`): the policy answers, a judge compares, the policy learns, round
/// after round.
///
/// A round is a folder `round-N` with `responses.jsonl`, `judgments.jsonl` and the run `training`. Each of them appears whole
/// or can be resumed, so that the same command continues wherever the last one ended.
struct RoundsTraining<Method: ComparisonMethod> {
    private let settings: TrainingSettings<Method>
    private let context: RunContext
    /// The policy before the first round.
    private let start: String

    private var rounds: PreferenceRounds { settings.method.rounds }

    init(_ settings: TrainingSettings<Method>, context: RunContext) throws {
        let training = settings.training
        for (key, files) in [("train", training.train), ("eval", training.evaluation)] where !files.isEmpty {
            throw InvalidSetting(
                key, expected: "nothing beside --prompts: the policy writes what it learns from",
                found: files.joined(separator: ", "))
        }
        guard let model = training.model else {
            throw InvalidSetting.noModel()
        }
        self.settings = settings
        self.context = context
        start = settings.adapters.initialAdapter ?? model
    }

    func run() throws -> TrainingResult {
        let source = try ModelSource(start, on: context.computation)
        try check(source)
        return try context.inRun(
            inputs: source.inputs(role: "model")
                + rounds.prompts.map { ("prompts", URL(fileURLWithPath: $0)) },
            mode: hasUnfinishedRounds ? .resume : nil, runRounds)
    }

    private func runRounds(_ folder: RunFolder) throws -> TrainingResult {
        var policy = start
        var (steps, tokens, seconds) = (0, 0, 0.0)
        var last: TrainingResult?
        for number in 1...rounds.rounds {
            let round = Round(number: number, folder: folder.url)
            let result = try run(round, from: policy, in: folder.url)
            let records = try MetricsLog.read(MetricsLog.file(in: round.training))
            steps += records.count
            tokens += records.last?.tokens ?? 0
            seconds += records.last?.seconds ?? 0
            try folder.metrics.append(
                MetricsRecord(
                    step: number, epoch: Double(number), tokens: tokens, seconds: seconds,
                    metrics: try round.metrics(records)))
            policy = result.model
            last = result
        }
        try folder.writeFinal { copy in
            for file in try FileSystem.contents(of: URL(fileURLWithPath: policy)) {
                try FileManager.default.copyItem(
                    at: file, to: copy.appendingPathComponent(file.lastPathComponent))
            }
        }
        try folder.finish(.finished)
        return TrainingResult(folder.url, steps: steps, dropped: last?.dropped, notes: last?.notes)
    }

    /// What would end a round is said before anything is computed.
    private func check(_ source: ModelSource) throws {
        _ = try PreparedPrompts(
            rounds.prompts, chatPrompts: settings.training.chatPrompts, for: source,
            maximumNewTokens: rounds.sampler.maximumNewTokens, progress: context.progress)
        guard !rounds.peopleJudge else { return }
        _ = try context.rewards.judge(
            rounds.selection, errorRate: rounds.judgeError, seed: 0, on: context.computation)
    }

    /// Whether the output holds rounds that are not at their end.
    private var hasUnfinishedRounds: Bool {
        guard case .new = context.mode, let output = context.run.output else { return false }
        let file = URL(fileURLWithPath: output).appendingPathComponent("run.json")
        return (try? RunManifest(contentsOf: file)).map { $0.status != .finished } ?? false
    }
}

// MARK: - A round

private struct Round {
    let number: Int
    let folder: URL

    init(number: Int, folder: URL) {
        self.number = number
        self.folder = folder.appendingPathComponent("round-\(number)")
    }

    var responses: URL { folder.appendingPathComponent("responses.jsonl") }
    var judgments: URL { folder.appendingPathComponent("judgments.jsonl") }
    var training: URL { folder.appendingPathComponent("training") }

    /// What the round's steps measured on average, and on how many comparisons.
    func metrics(_ records: [MetricsRecord]) throws -> [MetricsRecord.Metric] {
        let comparisons = try JSONLines(judgments).load(ComparisonRow.self)
        var metrics = [MetricsRecord.Metric("comparisons", Double(comparisons.count))]
        let scores = comparisons.flatMap { row in
            [SimulatedJudgment.chosenScore, SimulatedJudgment.rejectedScore].compactMap {
                row.row.extra[$0]?.number
            }
        }
        if let score = mean(of: scores) { metrics.append(.init("score", score)) }
        for name in ["loss", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected"] {
            if let value = mean(of: records.compactMap { $0[name] }) { metrics.append(.init(name, value)) }
        }
        return metrics
    }
}

extension RoundsTraining {
    /// What of a round is not there yet.
    private func run(_ round: Round, from policy: String, in folder: URL) throws -> TrainingResult {
        if !FileSystem.exists(round.responses) { try sample(round, from: policy) }
        if !FileSystem.exists(round.judgments) { try judge(round, in: folder) }
        return try train(round, from: policy)
    }

    private func sample(_ round: Round, from policy: String) throws {
        var sampling = SampleConfiguration()
        sampling.model = policy
        sampling.prompts = rounds.prompts
        sampling.chatPrompts = settings.training.chatPrompts
        sampling.sampler = rounds.sampler
        _ = try Sampling.run(sampling, context: part(round, "sampling", output: round.responses, mode: .new))
    }

    private func judge(_ round: Round, in folder: URL) throws {
        guard !rounds.peopleJudge else {
            guard let people = rounds.store.flatMap({ context.people?($0) }) else {
                throw JudgmentsMissing(
                    round: round.number, responses: round.responses, judgments: round.judgments)
            }
            return try people.judge(
                round.responses, round: round.number, of: folder, for: round.training, to: round.judgments)
        }
        var annotation = AnnotateConfiguration()
        annotation.responses = [round.responses.path]
        annotation.annotators = rounds.judge
        annotation.weights = rounds.weights
        annotation.noise = rounds.judgeError
        annotation.pairs = rounds.pairs
        let result = try Annotation.run(
            annotation, context: part(round, "judging", output: round.judgments, mode: .new))
        guard result.judgments > 0 else {
            try FileSystem.remove(round.judgments)
            throw InvalidSetting(
                "judge", expected: "one who tells at least two answers of round \(round.number) apart",
                found: "\(result.tiedPairs) ties and \(result.identicalPairs) pairs of equal answers; "
                    + "raise --temperature or --n")
        }
        context.progress.note("round \(round.number): \(result.judgments) comparisons")
    }

    private func train(_ round: Round, from policy: String) throws -> TrainingResult {
        var settings = settings
        settings.method.rounds.prompts = []
        settings.method.hold(to: start)
        settings.training.train = [round.judgments.path]
        if round.number > 1 {
            settings.training.model = policy
            // Its own adapter, if it has one, is trained further.
            settings.adapters.rank = nil
            settings.adapters.initialAdapter = nil
            settings.adapters.isRequested = nil
        }
        do {
            return try Method.trainOnRows(
                settings, context: part(round, "training", output: round.training, mode: nil))
        } catch RunError.alreadyFinished {
            let records = try MetricsLog.read(MetricsLog.file(in: round.training))
            return TrainingResult(
                round.training, steps: records.count, notes: Method.summary(settings.method, records))
        }
    }

    private func part(
        _ round: Round, _ name: String, output: URL, mode: RunFolder.Mode?
    ) throws -> RunContext {
        try context.nested("round \(round.number) \(name)", output: output, mode: mode)
    }
}

/// People have not judged the answers of a round yet.
public struct JudgmentsMissing: WaitingForPeople {
    let round: Int
    let responses: URL
    let judgments: URL

    public var description: String {
        "round \(round): the answers are in \(responses.path); write what people think of them to \(judgments.path), "
            + #"a comparison {"prompt","chosen","rejected"} a line, and give the same command again; "#
            + "with --store FILE.sqlite they judge in heed label"
    }
}
