import Rewards

/// New responses with their scores, those to one prompt side by side.
public struct ScoredRollouts {
    public var rollouts: [Rollout]
    public private(set) var scores: RewardTable

    public init(_ rollouts: [Rollout], _ scores: RewardTable) {
        self.rollouts = rollouts
        self.scores = scores
        for (index, score) in scores.totals.enumerated() { self.rollouts[index].score = score }
    }

    /// The rows of the prompts, in order, each once where its responses stand together.
    var rows: [Int] {
        rollouts.map(\.row).reduce(into: []) { rows, row in
            if rows.last != row { rows.append(row) }
        }
    }

    func selecting(_ indices: [Int]) -> ScoredRollouts {
        ScoredRollouts(indices.map { rollouts[$0] }, scores.selecting(indices))
    }

    func appending(_ other: ScoredRollouts) -> ScoredRollouts {
        ScoredRollouts(rollouts + other.rollouts, scores.appending(other.scores))
    }
}
