// From responses to what is learned from them: rewards, advantages and returns of every token.
import Rewards
import Statistics
import Training

extension PPO {
    /// A response with what the update needs of it. Arrays have one element per token.
    struct Experience: Codable {
        let rollout: Rollout
        let rewards: [Double]
        let advantages: [Double]
        let returns: [Double]

        /// What it was worth, token by token.
        func explained(_ pieces: ([Int]) -> [String]) -> ExplainedResponse {
            ExplainedResponse(
                prompt: rollout.prompt.text.question, score: rollout.score ?? 0,
                tokens: pieces(rollout.response),
                rewards: rewards,
                kl: zip(rollout.policyLogProbabilities, rollout.referenceLogProbabilities).map(-),
                values: rollout.values, advantages: advantages)
        }
    }

    /// The responses of a step, and how far it has come with them.
    struct Batch: Codable {
        /// All of them.
        let rollouts: [Rollout]
        /// Those that have a score.
        let experiences: [Experience]
        /// What was measured on them before the first update.
        let metrics: Metrics
        /// Optimizer steps that are behind, those of empty minibatches included.
        var updatesDone = 0
        /// What the others measured.
        var updates: [Metrics] = []
    }

    /// As many minibatches as asked for, of sizes that differ by one at most, in order. Where there are fewer elements than
    /// minibatches, some are empty.
    static func minibatches<Element>(of all: [Element], count: Int) -> [[Element]] {
        (0..<count).map { Array(all[$0 * all.count / count..<($0 + 1) * all.count / count]) }
    }

    /// Rewards, advantages and returns of all responses that have a score.
    /// - Parameters:
    ///   - scores: what is learned in place of each response's own; nil without one.
    ///   - coefficient: β.
    static func experiences(
        _ rollouts: [Rollout], scores: [Double?], coefficient: Double, _ configuration: Configuration
    ) -> [Experience] {
        let scored = zip(rollouts, scores).compactMap { rollout, score in score.map { (rollout, $0) } }
        var rewards = scored.map { rollout, score in
            PPO.rewards(
                score: score, policy: rollout.policyLogProbabilities,
                reference: rollout.referenceLogProbabilities, estimator: configuration.klEstimator,
                coefficient: configuration.rewardedKL(coefficient))
        }
        if configuration.whitenRewards { rewards = whitened(rewards, shiftingMean: false) }
        let estimates = zip(scored, rewards).map { scored, rewards in
            generalizedAdvantages(
                rewards: rewards, values: scored.0.values, discount: configuration.discount,
                lambda: configuration.lambda)
        }
        let advantages = whitened(estimates.map(\.advantages))
        return scored.indices.map {
            Experience(
                rollout: scored[$0].0, rewards: rewards[$0], advantages: advantages[$0],
                returns: estimates[$0].returns)
        }
    }

    /// What was asked of the policy and how it did, before the update.
    /// - Parameters:
    ///   - learned: the scores that are learned, one an experience.
    ///   - coefficient: β.
    static func objectiveMetrics(
        _ experiences: [Experience], learned: [Double], coefficient: Double, _ configuration: Configuration
    ) -> Metrics {
        // Where nothing was scored there is nothing to say of scores and KL, and nothing to steer by.
        guard !experiences.isEmpty else { return Metrics() }
        let rollouts = experiences.map(\.rollout)
        let mean = { (values: [Double]) in Moments(values).mean }
        let penalties = rollouts.map { rollout in
            PPO.rewards(
                score: 0, policy: rollout.policyLogProbabilities,
                reference: rollout.referenceLogProbabilities, estimator: configuration.klEstimator,
                coefficient: configuration.rewardedKL(coefficient)
            ).reduce(0, +)
        }
        var metrics = Metrics([
            "objective/kl": mean(rollouts.map(\.kl)),
            "objective/kl_coefficient": coefficient,
            "objective/entropy": mean(rollouts.map { -$0.policyLogProbabilities.reduce(0, +) }),
            "objective/non_score_reward": mean(penalties),
            "objective/rlhf_reward": mean(learned) + mean(penalties),
            "objective/scores": mean(rollouts.map { ($0.score ?? 0) - configuration.penalty(of: $0) }),
            "val/num_eos_tokens": Double(rollouts.count { $0.isFinished }),
            "completions/mean_length": mean(rollouts.map { Double($0.response.count) }),
            "critic/vf_explained_var": PPO.explainedVariance(experiences),
        ])
        if configuration.scores != ScoreNormalization() {
            metrics["objective/learned_scores"] = mean(learned)
        }
        return metrics
    }
}

extension PPO.Configuration {
    /// β among the rewards.
    fileprivate func rewardedKL(_ coefficient: Double) -> Double {
        klPlacement == .reward ? coefficient : 0
    }

    /// What is subtracted from the score of a response that did not end by itself.
    func penalty(of rollout: Rollout) -> Double { rollout.isFinished ? 0 : missingEOSPenalty ?? 0 }
}
