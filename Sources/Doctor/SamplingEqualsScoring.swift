import Training

/// The log-probabilities that tokens were drawn with are those that scoring gives them.
struct SamplingEqualsScoring: Invariant {
    /// Draws responses.
    let sample: () throws -> [Rollout]
    /// Measures the policy's log-probabilities on them.
    let score: ([Rollout]) throws -> [Rollout]
    let tolerance: Tolerance

    var name = "sampling = scoring"
    var advice =
        "policy gradients would start from ratios that are not 1, and the KL would drift below 0; "
        + "sample and score at the same temperature and without filters; an adapter is merged into rounded weights "
        + "for sampling and stands beside them for scoring, so merge it first (heed models merge), or use --precision fp32"

    func measure() throws -> Deviation {
        let rollouts = try score(sample())
        return Deviation(
            between: rollouts.map { $0.samplingLogProbabilities.map(Double.init) },
            and: rollouts.map(\.policyLogProbabilities), limit: tolerance.logProbability)
    }
}
