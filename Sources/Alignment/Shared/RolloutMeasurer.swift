import LanguageModels
import Torch

/// Measures on sampled responses what reinforcement needs: log-probabilities of policy and reference, values, scores.
public final class RolloutMeasurer {
    private let model: LanguageModel
    private let reference: ReferencePolicy?
    private let rewards: (any RewardSource)?
    private let temperature: Double
    private let batchSize: Int

    /// - Parameters:
    ///   - reference: nil where nothing is held to one.
    ///   - rewards: nil where the responses bring recorded scores, or are scored elsewhere.
    ///   - temperature: divides all logits, as it did when the responses were sampled.
    ///   - batchSize: responses of one forward pass.
    public init(
        model: LanguageModel, reference: ReferencePolicy?, rewards: (any RewardSource)? = nil,
        temperature: Double, batchSize: Int
    ) {
        self.model = model
        self.reference = reference
        self.rewards = rewards
        self.temperature = temperature
        self.batchSize = batchSize
    }

    /// The rollouts with everything measured on them, in their order.
    ///
    /// - Parameters:
    ///   - underPolicy: whether the policy's log-probabilities are wanted.
    ///   - valueHead: of the policy; nil: no values are wanted.
    public func measured(
        _ rollouts: [Rollout], underPolicy: Bool = true, valueHead: ValueHead? = nil
    ) throws -> [Rollout] {
        var measured = rollouts
        for indices in rollouts.indices.chunked(batchSize) {
            let part = Array(rollouts[indices])
            let batch = RolloutBatch(part)
            func set(_ property: WritableKeyPath<Rollout, [Double]>, _ values: Tensor) {
                for (index, row) in zip(indices, RolloutBatch.split(values, like: part)) {
                    measured[index][keyPath: property] = row
                }
            }
            if underPolicy || valueHead != nil {
                withoutGradients {
                    let scores = model.tokenScores(
                        of: batch.packed, counts: batch.counts, temperature: temperature)
                    set(\.policyLogProbabilities, scores.logProbabilities)
                    if let valueHead { set(\.values, valueHead(scores.hiddenStates)) }
                }
            }
            if let reference {
                let scores = reference.tokenScores(
                    of: batch.packed, counts: batch.counts, temperature: temperature, policy: model)
                set(\.referenceLogProbabilities, scores.logProbabilities)
            }
        }
        guard let rewards else { return measured }
        let scores = try rewards.scores(of: measured.map(\.answer))
        for (index, score) in scores.enumerated() { measured[index].score = score }
        return measured
    }
}
