import Rewards

/// Measures on batches of a policy's responses what a run is watched by, besides what its method measures.
public struct RolloutObserver {
    let measurer: RolloutMeasurer
    /// Responses to each prompt.
    let groupSize: Int
    /// What a right answer is given by rewards that give 1.
    let fullMarks: Double
    /// Whether the log-probabilities of sampled tokens become those that the trainer gives them.
    let scoresSampledTokens: Bool

    /// How much responses repeat themselves and one another, how many are cut off, which prompts teach nothing, and in the first
    /// batches how far sampler and trainer are apart.
    ///
    /// - Parameters:
    ///   - sampled: as they were written.
    ///   - rollouts: the same with everything measured on them that the method needs, and their scores.
    ///   - number: of the batch, from 0.
    func observe(_ sampled: [Rollout], measured rollouts: inout [Rollout], batch number: Int) throws
        -> Metrics
    {
        let agreement = try compare(
            sampled, &rollouts, measuring: number < OnPolicyCertificate.batches)
        var metrics = Metrics.silentGroups(
            rollouts.map(\.score), groupSize: groupSize, fullMarks: fullMarks)
        metrics["completions/distinct_2"] = distinctShare(ofNGrams: 2, in: rollouts.map(\.response))
        metrics["completions/clipped_ratio"] =
            Double(rollouts.count { !$0.isFinished }) / Double(max(1, rollouts.count))
        return agreement.following(metrics)
    }

    /// Measures how far sampler and trainer are apart, and lets the trainer's word count where it is to.
    private func compare(
        _ sampled: [Rollout], _ rollouts: inout [Rollout], measuring isMeasured: Bool
    ) throws -> Metrics {
        guard isMeasured || scoresSampledTokens else { return Metrics() }
        var scored = rollouts
        if rollouts.contains(where: \.policyLogProbabilities.isEmpty) {
            scored = try measurer.measured(sampled, underReference: false)
        }
        var compared = sampled
        for index in sampled.indices {
            let probabilities = scored[index].policyLogProbabilities
            compared[index].policyLogProbabilities = probabilities
            if scoresSampledTokens {
                rollouts[index].samplingLogProbabilities = probabilities.map(Float.init)
            }
        }
        return isMeasured ? SamplerAgreement(compared).metrics : Metrics()
    }
}

extension [WeightedReward] {
    var fullMarks: Double { map(\.weight).fullMarks }
}

extension [Double] {
    /// What an answer is given that is right by every reward, of these weights.
    var fullMarks: Double { reduce(0) { $0 + Swift.max(0, $1) } }
}
