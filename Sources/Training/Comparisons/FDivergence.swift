// Divergences other than reverse KL between policy and reference (Wang et al., "Beyond Reverse KL: Generalizing Direct
// Preference Optimization with Diverse Divergence Constraints", 2024).
//
// With u = π/π_ref the reward that DPO compares is β·f′(u) up to a constant of the prompt; it cancels only in differences
// of two, so losses on single responses know reverse KL alone. Exponents are cut at 80, where exp is still a number in
// fp32 (TRL does so for the α-divergence only).
import Foundation
import Settings
import Torch

public struct FDivergence: ConfigurationSection, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// f′(u) = log u (+ 1): DPO itself.
        case reverseKL = "reverse_kl"
        /// f′(u) = 1 − 1/u (− 1): mass-covering.
        case forwardKL = "forward_kl"
        /// f′(u) = log(2u / (1 + u)).
        case jensenShannon = "js_divergence"
        /// f′(u) = (u^(α − 1) − 1) / (α − 1), written with TRL's α; α = 1 is reverse KL.
        case alpha = "alpha_divergence"
    }

    public var kind = Kind.reverseKL
    public var coefficient = 0.5

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case kind = "f_divergence_type"
        case coefficient = "f_alpha_divergence_coef"
    }

    public static let needs: [String: SettingNeed] = [
        "f_alpha_divergence_coef": .choice("f_divergence_type", of: [Kind.alpha])
    ]

    /// f′(u), up to a constant.
    /// - Parameter ratio: log u of any shape.
    public func derivative(ofLogRatio ratio: Tensor) -> Tensor {
        switch kind {
        case .reverseKL: return ratio
        case .forwardKL: return 1 - (-ratio).boundedExp()
        case .jensenShannon: return ratio.logSigmoid() + Foundation.log(2)
        case .alpha:
            let exponent = coefficient - 1
            guard abs(exponent) >= 1e-6 else { return ratio }
            return Tensor.minimum(ratio * exponent, Tensor.largestExponent).expm1() / exponent
        }
    }
}

extension Tensor {
    /// exp of it still is a number in fp32.
    static let largestExponent = 80.0

    /// exp, with exponents cut where fp32 ends.
    package func boundedExp() -> Tensor { Tensor.minimum(self, Self.largestExponent).exp() }
}
