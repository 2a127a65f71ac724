import Datasets
import Runs
import Statistics

/// What a round's answers were like, and those that were kept of them.
struct RejectionMetrics {
    private let answers: ScoredAnswers
    private let kept: KeptAnswers
    private let temperature: Double

    init(_ answers: ScoredAnswers, _ kept: KeptAnswers, temperature: Double) {
        (self.answers, self.kept, self.temperature) = (answers, kept, temperature)
    }

    /// - Parameter records: of the steps that learned what was kept.
    func all(learning records: [MetricsRecord]) -> [MetricsRecord.Metric] {
        let prompts = answers.scores.map { $0.compactMap(\.self) }.filter { !$0.isEmpty }
        let responses = answers.rows.flatMap(\.responses)
        let means: [(String, Double?)] = [
            ("temperature", temperature),
            ("reward", mean(of: prompts.flatMap(\.self))),
            ("reward/best", mean(of: answers.best)),
            ("reward/median", mean(of: prompts.compactMap { quantile(0.5, of: $0) })),
            ("reward/kept", mean(of: kept.answers.map(\.score))),
            ("frac_reward_zero_std", mean(of: prompts.map { $0.min() == $0.max() ? 1 : 0 })),
            ("kept", Double(kept.answers.count)),
            ("kept/past", Double(kept.answers.count { $0.round < answers.round })),
            ("prompts/without", Double(kept.promptsWithout)),
            ("unscored", Double(answers.scores.joined().count { $0 == nil })),
            ("completions/clipped_ratio", mean(of: responses.map { $0.finish == .length ? 1 : 0 })),
        ]
        let learned = ["loss", "mean_token_accuracy", "entropy"].map { name in
            (name, mean(of: records.compactMap { $0[name] }))
        }
        return (means + learned).compactMap { name, value in value.map { .init(name, $0) } }
    }

    /// How the scores of rounds went on.
    static func summary(_ rounds: [[MetricsRecord.Metric]]) -> String? {
        func values(_ name: String) -> [Double] { rounds.compactMap { $0.first { $0.name == name }?.value } }
        func way(_ name: String) -> String {
            values(name).map(NumberStyle.plain.text).joined(separator: " → ")
        }
        guard !values("reward").isEmpty else { return nil }
        return
            "score of an answer, before each round: \(way("reward")); of the best of a prompt: \(way("reward/best")); "
            + "of those kept: \(way("reward/kept"))"
    }
}
