// What PPO asks of the policy and the critic, and what it measures on an update.
import Foundation
import Statistics
import Torch
import Training

extension PPO {
    /// The clipped surrogate: mean of `max(−A·ρ, −A·clip(ρ, 1 ± ε))`, as a share of a minibatch of `count` tokens.
    /// - Parameters: tensors are [C].
    public static func policyLoss(
        logProbabilities: Tensor, old: Tensor, advantages: Tensor, clipRange: Double, count: Int
    ) -> Tensor {
        let ratio = (logProbabilities - old).exp()
        let plain = -advantages * ratio
        let clipped = -advantages * ratio.clamped(to: 1 - clipRange...1 + clipRange)
        return Tensor.maximum(plain, clipped).sum() / Double(count)
    }

    /// Half the mean of the larger squared error of the values and of the values clipped to the old ones ± ε.
    /// - Parameters: tensors are [C].
    public static func valueLoss(
        values: Tensor, old: Tensor, returns: Tensor, clipRange: Double, count: Int
    ) -> Tensor {
        let clipped = clipped(values, around: old, by: clipRange)
        let errors = Tensor.maximum((values - returns).squared(), (clipped - returns).squared())
        return errors.sum() * (0.5 / Double(count))
    }

    /// Values no further than ε from the old ones, [C]. Those that are within stay as they are, to the last bit: the sum of
    /// old value and clipped difference would be another number.
    private static func clipped(_ values: Tensor, around old: Tensor, by clipRange: Double) -> Tensor {
        Tensor.maximum(Tensor.minimum(values, old + clipRange), old - clipRange)
    }

    /// One reward per token of a response: minus β·KL at each, and the score at the last.
    public static func rewards(
        score: Double, policy: [Double], reference: [Double], estimator: KLEstimator, coefficient: Double
    ) -> [Double] {
        var rewards = zip(policy, reference).map { -coefficient * estimator($0 - $1) }
        if let last = rewards.indices.last { rewards[last] += score }
        return rewards
    }

    /// A response with what the update needs of it.
    struct Experience {
        let rollout: Rollout
        let advantages: [Double]
        let returns: [Double]
    }

    /// What an update looks at. `C` tokens; all are [C].
    struct Update {
        let logProbabilities: Tensor
        let oldLogProbabilities: Tensor
        let entropies: Tensor
        let advantages: Tensor
        let values: Tensor
        let oldValues: Tensor
        let returns: Tensor
    }

    /// As many minibatches as asked for, of sizes that differ by one at most, in order. Where there are fewer elements than
    /// minibatches, some are empty.
    static func minibatches<Element>(of all: [Element], count: Int) -> [[Element]] {
        (0..<count).map { Array(all[$0 * all.count / count..<($0 + 1) * all.count / count]) }
    }

    /// How far an update has moved policy and critic: each the share of these tokens in the mean of a minibatch of `count`
    /// tokens.
    static func metrics(_ update: Update, _ configuration: Configuration, count: Int) -> Metrics {
        let share = { (values: Tensor) in values.to(.float32).sum().item() / Double(count) }
        let difference = update.logProbabilities - update.oldLogProbabilities
        let ratio = difference.exp()
        let bound = ratio.clamped(to: 1 - configuration.clipRange...1 + configuration.clipRange)
        let clippedValues = clipped(update.values, around: update.oldValues, by: configuration.valueClipRange)
        return Metrics([
            "policy/approxkl_avg": share(difference.squared()) / 2,
            "policy/clipfrac_avg": share(-update.advantages * bound .> -update.advantages * ratio),
            "policy/entropy_avg": share(update.entropies),
            "val/clipfrac_avg": share(
                (clippedValues - update.returns).squared() .> (update.values - update.returns).squared()),
            "val/ratio": share(ratio),
        ])
    }

    /// The mean squared deviation from the mean; a difference of two means of squares would be lost in rounding.
    static func variance(_ values: [Double]) -> Double {
        let mean = Moments(values).mean
        return Moments(values.map { ($0 - mean) * ($0 - mean) }).mean
    }

    /// 1 − Var(returns − values) / Var(returns): 1 for a perfect critic, 0 for a constant one.
    static func explainedVariance(_ experiences: [Experience]) -> Double {
        let returns = experiences.flatMap(\.returns)
        let errors = zip(returns, experiences.flatMap(\.rollout.values)).map(-)
        let total = variance(returns)
        return total > 0 ? 1 - variance(errors) / total : 0
    }
}
