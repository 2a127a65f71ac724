import RandomNumbers
import Rewards
import Statistics

/// How many answers to each prompt are right, by a reward that says right or wrong.
struct PassCounts {
    /// By the prompt's row.
    private var counts: [Int: (right: Int, scored: Int)] = [:]
    /// Whether every score was 0 or 1. Of other scores nobody knows where right begins.
    private var areVerdicts = true

    /// - Parameter rows: the prompt's row of each of the answers.
    mutating func add(_ table: RewardTable, rows: [Int]) {
        for (row, score) in zip(rows, table.leading) {
            guard let score else { continue }
            if score != 0, score != RewardTable.passScore { areVerdicts = false }
            let known = counts[row] ?? (0, 0)
            counts[row] = (known.right + (score == RewardTable.passScore ? 1 : 0), known.scored + 1)
        }
    }

    /// pass@k by k, for 1, 2, 4, … up to the fewest answers that a prompt has, with 95 % intervals over prompts; nil where
    /// scores are no verdicts.
    func rates(seed: UInt64) -> [String: Estimate]? {
        guard areVerdicts, let fewest = counts.values.map(\.scored).min() else { return nil }
        let prompts = counts.sorted { $0.key < $1.key }.map(\.value)
        let powers = sequence(first: 1) { $0 * 2 }.prefix { $0 < fewest }
        return Dictionary(
            uniqueKeysWithValues: (Array(powers) + [fewest]).map { k in
                var random = RandomSource(seed: seed)
                let rates = prompts.map { passRate(at: k, right: $0.right, of: $0.scored) }
                let estimate = Bootstrap().share(of: rates, using: &random)
                return ("\(k)", estimate ?? Estimate(mean: 0))
            })
    }
}
