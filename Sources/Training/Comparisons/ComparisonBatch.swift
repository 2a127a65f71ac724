import Datasets
import LanguageModels
import Torch

/// Comparisons as one batch: of every pair the prompt, which both responses continue, the chosen one, the rejected one.
public struct ComparisonBatch {
    public let packed: PackedBatch
    /// True for the responses' tokens.
    public let counts: [Bool]
    /// Tokens of both sequences of every pair, each with its prompt.
    public let tokenCount: Int
    /// Tokens of the responses, [B] each.
    public let lengths: Pair<[Int]>
    /// The probability that the chosen response is the better one, [B]; nil where it is in every pair.
    private let probabilities: [Float]?

    public init(_ pairs: [TokenizedComparison]) {
        let batch = ResponseBatch(families: pairs.map(\.family))
        packed = batch.packed
        counts = batch.counts
        tokenCount = pairs.reduce(0) { $0 + 2 * $1.prompt.count + $1.chosen.count + $1.rejected.count }
        lengths = Pair(chosen: pairs.map(\.chosen.count), rejected: pairs.map(\.rejected.count))
        probabilities =
            pairs.allSatisfy { $0.preference == nil } ? nil : pairs.map { Float($0.preference ?? 1) }
    }

    /// For ``SoftLabels``.
    public func preferences(on device: Device) -> Tensor? { probabilities.map { Tensor($0, on: device) } }

    /// Values per sequence [3B] as chosen and rejected, [B] each.
    public func split(_ values: Tensor) -> Pair<Tensor> {
        let sequences = values.reshaped([-1, 3])
        return Pair(chosen: 1, rejected: 2).map { sequences.narrowed(1, $0..<$0 + 1).squeezed(1) }
    }

    /// Which of the scored tokens are the chosen, and which the rejected responses', 1 or 0, [C] each.
    public func sides(of scores: TokenLikelihoods) -> Pair<Tensor> {
        Pair(chosen: 1, rejected: 2).map { side in
            Tensor(scores.sequences.map { $0 % 3 == side ? Float(1) : 0 }, on: scores.logProbabilities.device)
        }
    }

    /// Weights of the scored tokens [C]: 1 up to the length of the pair's shorter response, `tail` beyond.
    public func weights(of scores: TokenLikelihoods, tail: Double) -> Tensor {
        let scored = scores.countsPerSequence
        let weights = stride(from: 0, to: scored.count, by: 3).flatMap { prompt -> [Float] in
            let shared = min(scored[prompt + 1], scored[prompt + 2])
            return [scored[prompt + 1], scored[prompt + 2]].flatMap { length in
                (0..<length).map { $0 < shared ? 1 : Float(tail) }
            }
        }
        return Tensor(weights, on: scores.logProbabilities.device)
    }
}

extension TokenizedComparison: PromptedRow {
    public var family: (prefix: [Int], continuations: [[Int]]) { (prompt, [chosen, rejected]) }
}
