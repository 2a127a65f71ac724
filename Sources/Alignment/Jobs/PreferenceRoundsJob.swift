import Datasets
import Files
import Foundation
import LanguageModels
import Runs
import Statistics

/// `heed dpo --prompts`: the policy answers, a judge compares, the policy learns, round after round.
///
/// A round is a folder `round-N` with `responses.jsonl`, `judgments.jsonl` and the run `training`. Each of them appears whole
/// or can be gone on with, so that the same command goes on wherever the last one ended.
struct PreferenceRoundsJob {
    private let training: TrainingConfiguration
    private let adapters: AdapterTraining
    private let method: DPO.Configuration
    private let context: JobContext
    private let annotators: AnnotatorCatalogue?
    private let people: (any RoundJudges)?
    /// The policy before the first round.
    private let start: String

    init(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: DPO.Configuration,
        context: JobContext, annotators: AnnotatorCatalogue?, people: (any RoundJudges)? = nil
    ) throws {
        for (key, files) in [("train", training.train), ("eval", training.evaluation)] where !files.isEmpty {
            throw InvalidSetting(
                key, expected: "nothing beside --prompts: the policy writes what it learns from",
                found: files.joined(separator: ", "))
        }
        guard let model = training.model else {
            throw InvalidSetting("model", expected: "a model (--model DIR or NAME)", found: "nothing")
        }
        self.training = training
        self.adapters = adapters
        self.method = method
        self.context = context
        self.annotators = annotators
        self.people = people
        start = adapters.initialAdapter ?? model
    }

    func run() throws -> TrainingResult {
        let source = try ModelSource(start, role: "model", context: context)
        try check(source)
        let folder = try context.openRun(
            inputs: source.inputs(role: "model")
                + method.rounds.prompts.map { ("prompts", URL(fileURLWithPath: $0)) },
            mode: goesOn ? .resume : nil)
        do {
            return try runRounds(in: folder)
        } catch {
            try folder.finish(Self.isPause(error) ? .interrupted : .failed(reason: "\(error)"))
            throw error
        }
    }

    private func runRounds(in folder: RunFolder) throws -> TrainingResult {
        var policy = start
        var (steps, tokens, seconds) = (0, 0, 0.0)
        var last: TrainingResult?
        for number in 1...method.rounds.rounds {
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
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path, steps: steps,
            dropped: last?.dropped, notes: last?.notes)
    }

    /// What would end a round is said before anything is computed.
    private func check(_ source: ModelSource) throws {
        _ = try PreparedPrompts(
            method.rounds.prompts, for: source, maximumNewTokens: method.rounds.sampler.maximumNewTokens)
        guard method.rounds.judge != PreferenceRounds.people else { return }
        _ = try (annotators ?? .standard(context: context)).judge(
            method.rounds.judge, errorRate: method.rounds.judgeError, seed: 0)
    }

    /// Whether the output holds rounds that are not at their end.
    private var goesOn: Bool {
        guard case .new = context.mode, let output = context.run.output else { return false }
        let file = URL(fileURLWithPath: output).appendingPathComponent("run.json")
        return (try? RunManifest(contentsOf: file)).map { $0.status != .finished } ?? false
    }

    private static func isPause(_ error: any Error) -> Bool {
        if case TrainingError.interrupted = error { return true }
        return error is FetchingInterrupted || error is any WaitingForPeople
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

extension PreferenceRoundsJob {
    /// What of a round is not there yet.
    private func run(_ round: Round, from policy: String, in folder: URL) throws -> TrainingResult {
        if !FileSystem.exists(round.responses) { try sample(round, from: policy) }
        if !FileSystem.exists(round.judgments) { try judge(round, in: folder) }
        return try train(round, from: policy)
    }

    private func sample(_ round: Round, from policy: String) throws {
        var sampling = SampleConfiguration()
        sampling.model = policy
        sampling.prompts = method.rounds.prompts
        sampling.sampler = method.rounds.sampler
        _ = try SampleJob.run(sampling, context: part(round, "sampling", output: round.responses))
    }

    private func judge(_ round: Round, in folder: URL) throws {
        guard method.rounds.judge != PreferenceRounds.people else {
            guard let people else {
                throw JudgmentsMissing(
                    round: round.number, responses: round.responses, judgments: round.judgments)
            }
            return try people.judge(
                round.responses, round: round.number, of: folder, for: round.training, to: round.judgments)
        }
        var annotation = AnnotateConfiguration()
        annotation.responses = [round.responses.path]
        annotation.annotator = method.rounds.judge
        annotation.noise = method.rounds.judgeError
        annotation.pairs = method.rounds.pairs
        let result = try AnnotateJob.run(
            annotation, context: part(round, "judging", output: round.judgments), annotators: annotators)
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
        var (method, training, adapters) = (method, training, adapters)
        method.rounds.prompts = []
        training.train = [round.judgments.path]
        training.model = round.number == 1 ? training.model : policy
        if round.number > 1 {
            // Its own adapter, if it has one, is trained further.
            adapters.rank = nil
            adapters.initialAdapter = nil
            adapters.isRequested = nil
        }
        if method.otherMethod == nil { method.reference = method.reference ?? start }
        let begun = FileSystem.exists(round.training)
        let part = try part(round, "training", output: round.training, mode: begun ? .resume : .new)
        do {
            return try DPOJob.run(training, adapters: adapters, method: method, context: part)
        } catch RunError.alreadyFinished {
            let records = try MetricsLog.read(MetricsLog.file(in: round.training))
            return TrainingResult(
                run: round.training.path, model: round.training.appendingPathComponent("final").path,
                steps: records.count, dropped: nil,
                notes: PreferenceSummary(records, beta: method.distanceScale)?.lines)
        }
    }

    private func part(
        _ round: Round, _ name: String, output: URL, mode: RunFolder.Mode = .new
    ) throws -> JobContext {
        try context.part("round \(round.number) \(name)", output: output, mode: mode)
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
