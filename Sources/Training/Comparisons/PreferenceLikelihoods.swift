import Torch

/// Comparisons as the losses on them see them. All tensors are [B], one element a pair.
public struct PreferenceLikelihoods {
    /// Log-probabilities of the responses under the policy, summed over tokens.
    public let policy: Pair<Tensor>
    /// The same under the reference; nil: without one, which is a reference that likes everything alike.
    public let reference: Pair<Tensor>?
    /// Tokens of the responses.
    public let lengths: Pair<Tensor>
    /// Mean log-probability of all tokens of chosen responses, a scalar.
    public let chosenLikelihood: Tensor
    /// The probability that the chosen one is the better one; nil: it is in all pairs.
    public let preferences: Tensor?
    /// What takes the place of reverse KL.
    public let divergence: FDivergence

    public init(
        policy: Pair<Tensor>, reference: Pair<Tensor>?, lengths: Pair<Tensor>, chosenLikelihood: Tensor,
        preferences: Tensor? = nil, divergence: FDivergence = FDivergence()
    ) {
        self.policy = policy
        self.reference = reference
        self.lengths = lengths
        self.chosenLikelihood = chosenLikelihood
        self.preferences = preferences
        self.divergence = divergence
    }

    /// As if the other answer of each pair had been chosen, for certain.
    public var swapped: PreferenceLikelihoods {
        PreferenceLikelihoods(
            policy: policy.swapped, reference: reference?.swapped, lengths: lengths.swapped,
            chosenLikelihood: chosenLikelihood, divergence: divergence)
    }

    /// log π − log π_ref of each response.
    public var ratios: Pair<Tensor> { reference.map { policy - $0 } ?? policy }
    /// What the losses on differences compare: f′(π/π_ref), which is log-ratios for reverse KL.
    public var generalizedRatios: Pair<Tensor> { ratios.map(divergence.derivative(ofLogRatio:)) }
    /// The same per token.
    public var generalizedRatiosPerToken: Pair<Tensor> { generalizedRatios / lengths }
}
