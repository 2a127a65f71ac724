import LanguageModels
import Torch

/// Measures on sampled responses what reinforcement needs: log-probabilities of policy and reference, values.
public final class RolloutMeasurer {
    private let model: LanguageModel
    private let reference: ReferencePolicy?
    private let temperature: Double
    private let batchSize: Int

    /// - Parameters:
    ///   - reference: nil where nothing is held to one.
    ///   - temperature: divides all logits, as it did when the responses were sampled.
    ///   - batchSize: responses of one forward pass.
    public init(
        model: LanguageModel, reference: ReferencePolicy?, temperature: Double, batchSize: Int
    ) {
        self.model = model
        self.reference = reference
        self.temperature = temperature
        self.batchSize = batchSize
    }

    /// The rollouts with everything measured on them, in their order.
    ///
    /// - Parameters:
    ///   - underPolicy: whether the policy's log-probabilities are wanted.
    ///   - underReference: whether the reference's are, where there is one.
    ///   - values: a critic's, [C], of a batch that the policy has read; nil: none are wanted.
    public func measured(
        _ rollouts: [Rollout], underPolicy: Bool = true, underReference: Bool = true,
        values: ((RolloutBatch, TokenLikelihoods) -> Tensor)? = nil
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
            if underPolicy || values != nil {
                withoutGradients {
                    let scores = model.tokenLikelihoods(
                        of: batch.packed, counts: batch.counts, temperature: temperature)
                    set(\.policyLogProbabilities, scores.logProbabilities)
                    if let values { set(\.values, values(batch, scores)) }
                }
            }
            if let reference, underReference {
                let scores = reference.tokenLikelihoods(
                    of: batch.packed, counts: batch.counts, temperature: temperature, policy: model)
                set(\.referenceLogProbabilities, scores.logProbabilities)
            }
        }
        return measured
    }
}
