import Foundation
import LanguageModels
import Statistics

extension Rollout {
    /// What the trainer's log-probability of each token is above the sampler's, in nats.
    public var samplerDifferences: [Double] {
        zip(policyLogProbabilities, samplingLogProbabilities).map { $0 - Double($1) }
    }
}

/// How far the sampler's log-probabilities of its tokens are from the trainer's, before an update has come between.
struct SamplerAgreement {
    private let differences: [Double]

    /// - Parameter rollouts: as they were sampled, with the policy's log-probabilities.
    init(_ rollouts: [Rollout]) { differences = rollouts.flatMap(\.samplerDifferences) }

    var metrics: Metrics {
        guard !differences.isEmpty else { return Metrics() }
        let distances = differences.map(abs)
        let ratios = differences.map { exp($0) }
        let p99 = distances.contains(where: \.isNaN) ? nil : quantile(0.99, of: distances)
        return Metrics([
            "on_policy/tokens": Double(differences.count),
            "on_policy/identical": Double(differences.count { $0 == 0 }) / Double(differences.count),
            "on_policy/difference_mean": Moments(distances).mean,
            "on_policy/difference_p99": p99 ?? .nan,
            "on_policy/difference_max": distances.max() ?? 0,
            "on_policy/ratio_min": ratios.min() ?? 1,
            "on_policy/ratio_mean": Moments(ratios).mean,
            "on_policy/ratio_max": ratios.max() ?? 1,
        ])
    }
}
