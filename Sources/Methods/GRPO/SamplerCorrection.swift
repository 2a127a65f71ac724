import Foundation
import Settings
import Statistics
import Training

/// Corrects for responses that another engine, or the same one in another precision, sampled a little differently than
/// the policy scores them: tokens are weighted by π_old / π_sampler (Yao et al., "Your Efficient RL Framework Secretly
/// Brings You Off-Policy RL Training", 2025).
public struct SamplerCorrection: ConfigurationSection, Equatable {
    public enum Mode: String, Codable, Sendable, CaseIterable {
        /// A weight per token, held between minimum and maximum.
        case tokenTruncate = "token_truncate"
        /// A weight per token, 0 outside of minimum and maximum.
        case tokenMask = "token_mask"
        /// The same with one weight for all tokens of a response, from their summed log-probabilities.
        case sequenceTruncate = "sequence_truncate"
        case sequenceMask = "sequence_mask"
    }

    /// Nil: nothing is corrected.
    public var mode: Mode?
    public var maximum = 3.0
    public var minimum: Double?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case mode = "sampler_correction"
        case maximum = "sampler_correction_max"
        case minimum = "sampler_correction_min"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "vllm_importance_sampling_mode": .name("sampler_correction"),
        "vllm_importance_sampling_clip_max": .name("sampler_correction_max"),
        "vllm_importance_sampling_clip_min": .name("sampler_correction_min"),
        "vllm_importance_sampling_correction": .fixed(
            ["true"], why: "without a mode nothing is corrected"),
    ]

    public static let ranges: [String: SettingRange] = [
        "sampler_correction_max": .above(0), "sampler_correction_min": .atLeast(0),
    ]

    public static let needs: [String: SettingNeed] = [
        "sampler_correction_max": .beside("sampler_correction"),
        "sampler_correction_min": .beside("sampler_correction"),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            (0...maximum).contains(minimum ?? 0), CodingKeys.minimum,
            expected: "from 0 to sampler_correction_max", found: minimum ?? 0)
    }

    /// The weights of a response's tokens, or one weight for all of them where the mode is of sequences; nil where
    /// nothing is corrected.
    func weights(of rollout: Rollout) -> [Double]? {
        guard let mode else { return nil }
        let differences = rollout.samplerDifferences
        switch mode {
        case .tokenTruncate: return differences.map { truncated(exp($0)) }
        case .tokenMask: return differences.map { masked(exp($0)) }
        case .sequenceTruncate: return [truncated(exp(differences.reduce(0, +)))]
        case .sequenceMask: return [masked(exp(differences.reduce(0, +)))]
        }
    }

    private func truncated(_ ratio: Double) -> Double { min(max(ratio, minimum ?? 0), maximum) }
    private func masked(_ ratio: Double) -> Double {
        ((minimum ?? 0)...maximum).contains(ratio) ? ratio : 0
    }

    /// How far policy and sampler are apart, and what is made of it.
    func metrics(of rollouts: [Rollout]) -> Metrics {
        guard mode != nil else { return Metrics() }
        let distances = rollouts.flatMap(\.samplerDifferences).map(abs)
        let ratios = rollouts.compactMap { weights(of: $0) }.flatMap(\.self)
        return Metrics([
            "sampling/sampling_logp_difference/mean": Moments(distances).mean,
            "sampling/sampling_logp_difference/max": distances.max() ?? 0,
            "sampling/importance_sampling_ratio/min": ratios.min() ?? 0,
            "sampling/importance_sampling_ratio/mean": Moments(ratios).mean,
            "sampling/importance_sampling_ratio/max": ratios.max() ?? 0,
        ])
    }
}
