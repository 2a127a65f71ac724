import Statistics

/// The scores of some responses by every reward.
struct RewardTable {
    private let columns: [(name: String, weight: Double, scores: [Double?])]

    /// - Parameter rewards: none: the scores that the responses bring, under the name `reward`.
    init(of rollouts: [Rollout], by rewards: [WeightedReward]) throws {
        guard !rewards.isEmpty else {
            columns = [("reward", 1, rollouts.map(\.score))]
            return
        }
        let answers = rollouts.map(\.answer)
        columns = try rewards.map { ($0.name, $0.weight, try $0.source.scores(of: answers)) }
    }

    /// The weighted sum of each response's scores; nil where not a single reward could score it.
    var totals: [Double?] { totals(after: { $0 }) }

    /// The same after a change to the scores of each reward.
    func totals(after change: ([Double?]) -> [Double?]) -> [Double?] {
        let changed = columns.map { (weight: $0.weight, scores: change($0.scores)) }
        return (columns.first?.scores.indices ?? 0..<0).map { index in
            let known = changed.compactMap { column in column.scores[index].map { $0 * column.weight } }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
    }

    /// Mean and deviation of every reward and of their weighted sum, where there are scores.
    var metrics: Metrics {
        var metrics = Metrics()
        func add(_ scores: [Double?], mean: String, deviation: String) {
            guard scores.contains(where: { $0 != nil }) else { return }
            let moments = Moments(scores)
            metrics[mean] = moments.mean
            metrics[deviation] = moments.deviation
        }
        for column in columns {
            let name = "rewards/\(column.name)"
            add(column.scores, mean: "\(name)/mean", deviation: "\(name)/std")
        }
        add(totals, mean: "reward", deviation: "reward_std")
        return metrics
    }
}

extension Metrics {
    /// How long responses are, how many did not end by themselves, and how many could not be scored.
    static func completions(of rollouts: [Rollout]) -> Metrics {
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
