import Rewards
import Statistics
import Training

extension GRPO {
    /// How the responses of a generation compare to the others of their group.
    struct Comparison {
        /// One a response; nil where there is nothing to learn from it.
        let advantages: [Double?]
        /// The share of groups (of the batch, where its deviation is what counts) in which all scores are the same.
        let shareWithoutDifference: Double

        /// - Parameter rollouts: in groups of `configuration.groupSize`, side by side.
        init(_ scores: RewardTable, _ rollouts: [Rollout], _ configuration: Configuration) {
            let groupSize = configuration.groupSize
            let values: [Double?]
            var advantages: [Double?]
            let isLeaveOneOut = configuration.objective.loss == .rloo
            switch configuration.aggregation {
            case .sumThenNormalize:
                values = zip(scores.totals, rollouts).map { score, rollout in
                    score.map { configuration.counted($0, rollout) }
                }
                advantages =
                    isLeaveOneOut
                    ? leaveOneOutAdvantages(scores: values, groupSize: groupSize)
                    : groupRelativeAdvantages(
                        scores: values, groupSize: groupSize, scale: configuration.scale)
            case .normalizeThenSum:
                values = scores.totals(after: {
                    groupRelativeAdvantages(scores: $0, groupSize: groupSize)
                })
                advantages = normalized(values)
            }
            if configuration.normalizesAdvantages { advantages = normalized(advantages) }
            self.advantages = advantages
            let isOfBatch =
                configuration.aggregation == .normalizeThenSum
                || (configuration.scale == .batch && !isLeaveOneOut)
            let groups = isOfBatch ? [values[...]] : values.chunked(groupSize)
            shareWithoutDifference =
                Double(groups.count { Moments($0).deviation <= 1e-8 }) / Double(groups.count)
        }
    }
}

extension GRPO.Configuration {
    /// Whether the KL is a part of the reward, as in `rloo`, instead of the loss.
    var penalizesKL: Bool { objective.loss == .rloo && objective.klWeight != 0 }

    /// The score inside the range that counts, minus the penalty for the response's KL.
    fileprivate func counted(_ score: Double, _ rollout: Rollout) -> Double {
        let clipped = rewardClipRange.map { min(max(score, $0[0]), $0[1]) } ?? score
        return penalizesKL ? clipped - objective.klWeight * rollout.kl : clipped
    }
}
