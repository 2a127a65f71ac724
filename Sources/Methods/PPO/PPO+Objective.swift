// What PPO asks of the policy and the critic, and what it measures on an update.
import Foundation
import Statistics
import Torch
import Training

extension PPO {
    /// The clipped surrogate: mean of `max(−A·ρ, −A·clip(ρ, 1 ± ε))`, as a share of a minibatch of `count` tokens.
    ///
    /// Clipped on two sides (Ye et al., "Mastering Complex Control in MOBA Games with Deep Reinforcement Learning", 2020,
    /// equation 5), the loss of a token with A < 0 is at most `−c·A`: a ratio that has run away pulls no further.
    /// - Parameters:
    ///   - dualClip: c, above 1; nil: no second bound.
    ///   - others: tensors are [C].
    public static func policyLoss(
        logProbabilities: Tensor, old: Tensor, advantages: Tensor, clipRange: Double, dualClip: Double? = nil,
        count: Int
    ) -> Tensor {
        let ratio = (logProbabilities - old).exp()
        let losses = clippedLosses(ratio: ratio, advantages: advantages, clipRange: clipRange)
        let bounded = dualClip.map { bound in
            Tensor.select(
                advantages .< 0, Tensor.minimum(losses, -advantages * bound), else: losses)
        }
        return (bounded ?? losses).sum() / Double(count)
    }

    private static func clippedLosses(ratio: Tensor, advantages: Tensor, clipRange: Double) -> Tensor {
        Tensor.maximum(
            -advantages * ratio, -advantages * ratio.clamped(to: 1 - clipRange...1 + clipRange))
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
    /// - Parameter coefficient: β; 0 where the KL is in the loss.
    public static func rewards(
        score: Double, policy: [Double], reference: [Double], estimator: KLEstimator, coefficient: Double
    ) -> [Double] {
        var rewards = zip(policy, reference).map { -coefficient * estimator($0 - $1) }
        if let last = rewards.indices.last { rewards[last] += score }
        return rewards
    }

    // MARK: What an update measures

    /// How far an update has moved the policy: the share of these tokens in the means over a minibatch of `count` tokens.
    /// - Parameters: tensors are [C].
    static func policyMetrics(
        logProbabilities: Tensor, old: Tensor, entropies: Tensor, advantages: Tensor,
        _ configuration: Configuration, count: Int
    ) -> Metrics {
        let share = share(of: count)
        let difference = logProbabilities - old
        let ratio = difference.exp()
        let range = 1 - configuration.clipRange...1 + configuration.clipRange
        var metrics = Metrics([
            "policy/approxkl_avg": share(difference.squared()) / 2,
            "policy/clipfrac_avg": share(-advantages * ratio.clamped(to: range) .> -advantages * ratio),
            "policy/entropy_avg": share(entropies),
            "val/ratio": share(ratio),
        ])
        metrics["policy/dual_clipfrac_avg"] = configuration.dualClip.map { bound in
            let losses = clippedLosses(
                ratio: ratio, advantages: advantages, clipRange: configuration.clipRange)
            return share((advantages .< 0) .& (losses .> -advantages * bound))
        }
        return metrics
    }

    /// How far an update has moved the critic.
    /// - Parameters: tensors are [C].
    static func valueMetrics(
        values: Tensor, old: Tensor, returns: Tensor, clipRange: Double, count: Int
    ) -> Metrics {
        let clipped = clipped(values, around: old, by: clipRange)
        let isClipped = (clipped - returns).squared() .> (values - returns).squared()
        return Metrics(["val/clipfrac_avg": share(of: count)(isClipped)])
    }

    private static func share(of count: Int) -> (Tensor) -> Double {
        { $0.to(.float32).sum().item() / Double(count) }
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
