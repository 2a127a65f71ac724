import Models
import Rewards

/// A short audit of the rewards before a policy learns from them, where the prompts' rows say what is right.
enum RewardAudit {
    private static let questions = 8
    /// Where verifiers look for the truth, the first of them that a row has.
    private static let columns = ["answer", "solution", "target"]

    /// The verdict in a line, for the report and run.json; nil where no row has a truth, as then nothing can be said without
    /// answers. It asks the rewards and draws nothing, so that training is the same without it.
    static func verdict(on rewards: [WeightedReward], by source: any RolloutSource) -> String? {
        let rows = source.prompts(first: questions).compactMap { prompt -> LintRow? in
            let truths = columns.lazy.compactMap { LintRow.truth(in: prompt.columns, column: $0) }
            return truths.first.map { LintRow(prompt: prompt.text, columns: prompt.columns, truth: $0) }
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
