import Foundation

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
