import LanguageModels
import Torch

/// Measures on sampled responses what reinforcement needs: log-probabilities of policy and reference, values, scores.
public final class RolloutMeasurer {
    private let model: LanguageModel
    private let reference: ReferencePolicy
    private let rewards: (any RewardSource)?
    private let temperature: Double
    private let batchSize: Int

    /// - Parameters:
    ///   - rewards: nil where the responses bring recorded scores.
    ///   - temperature: divides all logits, as it did when the responses were sampled.
    ///   - batchSize: responses of one forward pass.
    public init(
        model: LanguageModel, reference: ReferencePolicy, rewards: (any RewardSource)?, temperature: Double,
        batchSize: Int
    ) {
        self.model = model
        self.reference = reference
        self.rewards = rewards
        self.temperature = temperature
        self.batchSize = batchSize
    }

    /// The rollouts with everything measured on them, in their order.
    public func measured(_ rollouts: [Rollout], valueHead: ValueHead) throws -> [Rollout] {
        var measured = rollouts
        scoreTokens(&measured, valueHead: valueHead)
        guard let rewards else { return measured }
        let scores = try rewards.scores(
            of: measured.map { RewardedResponse(prompt: $0.prompt.text, text: $0.text) })
        for (index, score) in scores.enumerated() { measured[index].score = score }
        return measured
    }

    /// Scores all responses under policy and reference, in batches of similar length.
    private func scoreTokens(_ rollouts: inout [Rollout], valueHead: ValueHead) {
        let byLength = rollouts.indices.sorted { (rollouts[$0].length, $0) < (rollouts[$1].length, $1) }
        for indices in byLength.chunked(batchSize) {
            let part = indices.map { rollouts[$0] }
            let batch = RolloutBatch(part)
            let (policy, values) = withoutGradients {
                let scores = model.tokenScores(
                    of: batch.packed, counts: batch.counts, temperature: temperature)
                return (
                    RolloutBatch.split(scores.logProbabilities, like: part),
                    RolloutBatch.split(valueHead(scores.hiddenStates), like: part)
                )
            }
            let reference = RolloutBatch.split(
                reference.tokenScores(
                    of: batch.packed, counts: batch.counts, temperature: temperature, policy: model
                ).logProbabilities, like: part)
            for (position, index) in indices.enumerated() {
                rollouts[index].policyLogProbabilities = policy[position]
                rollouts[index].values = values[position]
                rollouts[index].referenceLogProbabilities = reference[position]
            }
        }
    }
}
