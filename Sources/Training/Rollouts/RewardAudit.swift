import Rewards

/// What can be seen of rewards before a policy writes anything: that every prompt's row has what they compare answers with,
/// and, where the rows say what is right, how easily they are cheated.
package enum RewardAudit {
    /// Prompts that are enough for a verdict.
    private static let audited = 8
    /// Where verifiers look for the truth, the first of them that a row has.
    private static let columns = ["answer", "solution", "target"]

    /// Holds every prompt's row against what the rewards need.
    ///
    /// - Parameter questions: all prompts, with answers of no text.
    /// - Returns: for each reward that can score no answer to some of them, that this is so.
    /// - Throws: ``RewardError`` naming the first row whose columns are missing or of another kind.
    package static func notesOfRows(
        for rewards: [WeightedReward], to questions: [RewardInput]
    ) throws -> [String] {
        try rewards.compactMap { reward in
            let places = try questions.filter { try !reward.reward.canScore(answersTo: $0) }.map(\.place)
            guard let first = places.first else { return nil }
            return
                "\(places.count) of \(questions.count) prompts have no truth that reward '\(reward.name)' can read"
                + (first.map { ", such as \($0)" } ?? "") + ": it gives answers to them no score"
        }
    }

    /// The verdict in a line, for the report and run.json; nil where no row has a truth, as then nothing can be said without
    /// answers. It asks the rewards and draws nothing, so that training is the same without it.
    package static func verdict(
        on rewards: [WeightedReward], answering questions: [RewardInput]
    ) -> String? {
        let rows = questions.prefix(audited).compactMap { question -> LintRow? in
            let truths = columns.lazy.compactMap { LintRow.truth(in: question.columns, column: $0) }
            return truths.first.map {
                LintRow(prompt: question.prompt, columns: question.columns, truth: $0)
            }
        }
        guard !rewards.isEmpty, !rows.isEmpty else { return nil }
        let advice = "heed lint-reward shows more"
        do {
            let report = try RewardLint(of: rewards.sum, on: rows, isShort: true).report()
            return "audit of the rewards on \(rows.count) prompts: \(report.summary); \(advice)"
        } catch {
            return "the rewards could not be audited on \(rows.count) prompts: \(error); \(advice)"
        }
    }
}
