import Datasets
import Files
import Foundation
import Models
import Rewards
import Runs
import Settings
import Statistics

/// Comparisons of the policy's own answers (`--prompts`): the policy answers, a judge compares, the policy learns, round
/// after round. Beside its answers, a round has `judgments.jsonl`.
struct RoundsTraining<Method: ComparisonMethod> {
    private let settings: TrainingSettings<Method>
    private let context: RunContext
    private let frame: RoundsRun

    private var rounds: PreferenceRounds { settings.method.rounds }

    init(_ settings: TrainingSettings<Method>, context: RunContext) throws {
        self.settings = settings
        self.context = context
        let rounds = settings.method.rounds
        frame = try RoundsRun(
            settings.training, settings.adapters, prompts: rounds.prompts,
            maximumNewTokens: rounds.sampler.maximumNewTokens, context: context)
        guard !rounds.peopleJudge else { return }
        _ = try context.rewards.judge(
            rounds.selection, errorRate: rounds.judgeError, seed: 0, on: context.computation)
    }

    func run() throws -> TrainingResult {
        try frame.run(rounds.rounds) { round, policy in
            try frame.sample(round, from: policy, by: rounds.sampler, to: round.responses)
            if !FileSystem.exists(round.judgments) { try judge(round) }
            var settings = settings
            settings.method.rounds.prompts = []
            settings.method.hold(to: frame.start)
            let result = try frame.train(
                round, settings, from: policy, on: round.judgments, by: Method.trainOnRows)
            return RoundResult(result, metrics: try metrics(of: round), notes: result.notes ?? [])
        }
    }

    private func judge(_ round: Round) throws {
        guard !rounds.peopleJudge else {
            guard let people = rounds.store.flatMap({ context.people?($0) }) else {
                throw JudgmentsMissing(
                    round: round.number, responses: round.responses, judgments: round.judgments)
            }
            return try people.judge(
                round.responses, round: round.number, of: round.run,
                for: round.training, to: round.judgments)
        }
        var annotation = AnnotateConfiguration()
        annotation.responses = [round.responses.path]
        annotation.annotators = rounds.judge
        annotation.weights = rounds.weights
        annotation.noise = rounds.judgeError
        annotation.pairs = rounds.pairs
        let result = try Annotation.run(
            annotation, context: round.part("judging", output: round.judgments))
        guard result.judgments > 0 else {
            try FileSystem.remove(round.judgments)
            throw InvalidSetting(
                "judge", expected: "one who tells at least two answers of round \(round.number) apart",
                found: "\(result.tiedPairs) ties and \(result.identicalPairs) pairs of equal answers; "
                    + "raise --temperature or --n")
        }
        context.progress.report("round \(round.number): \(result.judgments) comparisons")
    }

    /// What the round's steps measured on average, and on how many comparisons.
    private func metrics(of round: Round) throws -> [MetricsRecord.Metric] {
        let (comparisons, records) = (
            try JSONLines(round.judgments).load(ComparisonRow.self), try round.records()
        )
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

extension Round {
    fileprivate var judgments: URL { file("judgments.jsonl") }
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
