import Rewards
import Settings
import Statistics
import Training

extension GRPO {
    /// How the responses of a generation compare to the others of their group, or to what else is their baseline.
    struct Comparison {
        /// One a response; nil where there is nothing to learn from it.
        let advantages: [Double?]
        /// Whether each group can teach something: whether one of its responses that is learned from differs from its baseline.
        let signals: [Bool]
        /// The share of groups (of the batch, where its deviation is what counts) in which all scores are the same.
        let shareWithoutDifference: Double

        /// - Parameter rollouts: in groups of `configuration.groupSize`, side by side. Where they are not measured yet, the
        ///   penalty for KL is left out.
        /// - Throws: `InvalidSetting` where scores are not what the scale is made for.
        init(_ scores: RewardTable, _ rollouts: [Rollout], _ configuration: Configuration) throws {
            let values: [Double?]
            let differences: [Double?]
            switch configuration.aggregation {
            case .sumThenNormalize:
                values = zip(scores.totals, rollouts).map { score, rollout in
                    score.map { configuration.clipped($0) - configuration.penalty(of: rollout) }
                }
                differences = try configuration.differences(of: values, rollouts)
            case .normalizeThenSum:
                values = scores.totals(after: {
                    groupRelativeAdvantages(scores: $0, groupSize: configuration.groupSize)
                })
                differences = values
            }
            let isOfBatch = configuration.aggregation == .normalizeThenSum
            var learned = isOfBatch ? normalized(differences) : differences
            if configuration.normalizesAdvantages { learned = normalized(learned) }
            advantages = zip(learned, rollouts).map { advantage, rollout in
                rollout.isFinished || !configuration.masksTruncated ? advantage : nil
            }
            signals = zip(differences, advantages).map { difference, advantage in
                advantage != nil && abs(difference ?? 0) > 1e-8
            }.chunked(configuration.groupSize).map { $0.contains(true) }
            let spreads =
                isOfBatch || configuration.usedScale == .batch
                ? [values[...]] : values.chunked(configuration.groupSize)
            shareWithoutDifference =
                Double(spreads.count { Moments($0).deviation <= 1e-8 }) / Double(spreads.count)
        }
    }
}

extension GRPO.Configuration {
    /// Whether the KL is a part of the reward, as in `rloo`, instead of the loss.
    var penalizesKL: Bool { objective.loss == .rloo && objective.klWeight != 0 }

    fileprivate func penalty(of rollout: Rollout) -> Double {
        penalizesKL ? objective.klWeight * rollout.kl : 0
    }

    /// The score inside the range that counts.
    fileprivate func clipped(_ score: Double) -> Double {
        rewardClipRange.map { min(max(score, $0[0]), $0[1]) } ?? score
    }

    /// How much better each response is than its baseline, in units of the scale.
    fileprivate func differences(of scores: [Double?], _ rollouts: [Rollout]) throws -> [Double?] {
        if usedScale == .mean, let score = scores.compactMap(\.self).first(where: { $0 < 0 }) {
            throw InvalidSetting(
                "scale_rewards", expected: "group, batch or none where a score is below 0",
                found: "mean, and the score \(score)")
        }
        switch comparedWith {
        case .group:
            return groupRelativeAdvantages(scores: scores, groupSize: groupSize, scale: usedScale)
        case .others: return leaveOneOutAdvantages(scores: scores, groupSize: groupSize)
        case .greedy:
            return zip(scores, rollouts).map { score, rollout in
                guard let score, let greedy = rollout.greedyScore else { return nil }
                return score - clipped(greedy)
            }
        case .zero: return scores
        }
    }
}
