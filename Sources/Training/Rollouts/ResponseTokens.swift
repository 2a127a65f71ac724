import Torch

/// The tokens of some responses with all that a loss of reinforcement reads off them. `C` tokens, `B` responses.
public struct ResponseTokens {
    /// Under the policy that learns, [C], with gradients.
    public let logProbabilities: Tensor
    /// [C], with gradients.
    public let entropies: Tensor
    /// Under the policy as it was when these responses were taken in, [C].
    public let old: Tensor
    /// As they were drawn, [C].
    public let sampling: Tensor
    /// Under the reference, [C]; nil where nothing is held to one.
    public let reference: Tensor?
    /// Of each response, [B].
    public let advantages: Tensor
    /// A factor of each token's loss, [C]; nil: 1.
    public let weights: Tensor?
    /// The response of each token, [C].
    private let sequences: Tensor
    /// Tokens of each response, [B].
    private let counts: Tensor

    /// - Parameters:
    ///   - old: nil where no update has come between: the policy's own, without their gradients.
    ///   - lengths: tokens of each response, B of them; they sum to C.
    public init(
        logProbabilities: Tensor, entropies: Tensor, old: Tensor?, sampling: Tensor, reference: Tensor?,
        advantages: Tensor, weights: Tensor?, lengths: [Int]
    ) {
        precondition(
            lengths.reduce(0, +) == logProbabilities.count && advantages.count == lengths.count,
            "\(logProbabilities.count) tokens, \(advantages.count) advantages for lengths \(lengths)")
        self.logProbabilities = logProbabilities
        self.entropies = entropies
        self.old = old ?? logProbabilities.detached()
        self.sampling = sampling
        self.reference = reference
        self.advantages = advantages
        self.weights = weights
        let device = logProbabilities.device
        sequences = Tensor(
            lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }, on: device)
        counts = Tensor(lengths.map(Double.init), on: device).to(logProbabilities.type)
    }

    /// B
    public var responseCount: Int { counts.count }

    /// Sums over the tokens of each response, [C] → [B].
    public func summed(_ values: Tensor) -> Tensor {
        Tensor.zeros([responseCount], type: values.type, on: values.device).adding(values, at: sequences)
    }

    /// Means over the tokens of each response, [C] → [B].
    public func averaged(_ values: Tensor) -> Tensor { summed(values) / counts }

    /// Each response's value at all of its tokens, [B] → [C].
    public func spread(_ values: Tensor) -> Tensor { values.selecting(sequences) }
}
