import Datasets
import Rewards
import Statistics

extension RewardTable {
    /// - Parameters:
    ///   - rewards: none: the scores that the responses bring, under the name `reward`.
    ///   - place: of a row, for messages.
    init(of rollouts: [Rollout], by rewards: [WeightedReward], place: (Int) -> Place) throws {
        guard !rewards.isEmpty else {
            self.init(columns: [("reward", 1, rollouts.map(\.score))])
            return
        }
        try self.init(of: rollouts.map { $0.rewardInput(at: place($0.row)) }, by: rewards)
    }

    /// Mean and deviation of every reward, where there are scores.
    public var metricsByReward: Metrics {
        columns.reduce(into: Metrics()) { metrics, column in
            metrics.add(
                column.scores, mean: "rewards/\(column.name)/mean", deviation: "rewards/\(column.name)/std")
        }
    }

    /// The same, and of their weighted sum.
    public var metrics: Metrics {
        var metrics = metricsByReward
        metrics.add(totals, mean: "reward", deviation: "reward_std")
        return metrics
    }
}

extension Metrics {
    fileprivate mutating func add(_ scores: [Double?], mean: String, deviation: String) {
        guard scores.contains(where: { $0 != nil }) else { return }
        let moments = Moments(scores)
        self[mean] = moments.mean
        self[deviation] = moments.deviation
    }

    /// How long responses are, how many did not end by themselves, and how many could not be scored.
    public static func completions(of rollouts: [Rollout]) -> Metrics {
        let lengths = rollouts.map { Double($0.response.count) }
        let finished = rollouts.filter(\.isFinished).map { Double($0.response.count) }
        return Metrics([
            "completions/mean_length": Moments(lengths).mean,
            "completions/min_length": lengths.min() ?? 0,
            "completions/max_length": lengths.max() ?? 0,
            "completions/clipped_ratio": Double(lengths.count - finished.count)
                / Double(max(1, lengths.count)),
            "completions/mean_terminated_length": Moments(finished).mean,
            "completions/min_terminated_length": finished.min() ?? 0,
            "completions/max_terminated_length": finished.max() ?? 0,
            "completions/unscored": Double(rollouts.count { $0.score == nil }),
        ])
    }
}
