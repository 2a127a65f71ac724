import Foundation
import Torch

/// Estimates of the divergence from the reference, per token, from the log-ratio `log π − log π_ref` of the token drawn
/// (Schulman, "Approximating KL Divergence", 2020).
public enum KLEstimator: String, Codable, Sendable, CaseIterable {
    /// The log-ratio itself: unbiased, can be negative.
    case k1
    /// Half its square: biased, low variance.
    case k2
    /// exp(−x) − 1 + x: unbiased and never negative.
    case k3

    public func callAsFunction(_ logRatio: Double) -> Double {
        switch self {
        case .k1: logRatio
        case .k2: logRatio * logRatio / 2
        case .k3: expm1(-logRatio) + logRatio
        }
    }

    /// What each token adds to a loss whose gradient is that of KL(π‖π_ref), for tokens drawn from π_old, [C].
    ///
    /// The gradient of an estimate is no estimate of the gradient: that of k1 alone is ∇log π, which is 0 in expectation, and
    /// that of k3 alone is the gradient of the other divergence, KL(π_ref‖π) (Tang and Munos, "On a Few Pitfalls in KL
    /// Divergence Gradient Estimation for RL", 2025). Times the ratio ρ = π/π_old, through which gradients go (DeepSeek-V3.2,
    /// 2025), they are right, also once the policy has moved. With x = log π − log π_ref:
    ///
    ///     k1   ρ·x                 gradient ρ(x + 1)·∇log π   both unbiased; the 1 is noise
    ///     k2   ρ·x²/2, ρ constant  gradient ρ·x·∇log π        the gradient unbiased, the value not
    ///     k3   ρ(e⁻ˣ − 1 + x)      gradient ρ·x·∇log π        both unbiased
    ///
    /// - Parameters: tensors are [C]; only the first has a gradient.
    public func loss(logProbabilities: Tensor, old: Tensor, reference: Tensor) -> Tensor {
        let logRatio = logProbabilities - reference
        let importance = (logProbabilities - old).exp()
        return switch self {
        case .k1: importance * logRatio
        case .k2: importance.detached() * logRatio.squared() * 0.5
        case .k3: importance * ((-logRatio).expm1() + logRatio)
        }
    }
}

/// The weight of the KL penalty: fixed, or steered towards a target (Ziegler et al., "Fine-Tuning Language Models from
/// Human Preferences", 2019, section 2.2).
public struct KLController: Codable, Sendable, Equatable {
    public private(set) var coefficient: Double
    /// Nats per response; nil keeps the coefficient fixed.
    public let target: Double?
    /// Episodes over which the coefficient reacts.
    public let horizon: Double

    public init(coefficient: Double, target: Double? = nil, horizon: Double = 10_000) {
        self.coefficient = coefficient
        self.target = target
        self.horizon = horizon
    }

    /// Reacts to the mean KL of `episodes` responses.
    public mutating func update(kl: Double, episodes: Int) {
        guard let target else { return }
        let error = min(max(kl / target - 1, -0.2), 0.2)
        coefficient *= 1 + error * Double(episodes) / horizon
    }

    package mutating func restore(coefficient: Double) { self.coefficient = coefficient }
}
