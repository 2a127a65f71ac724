import LanguageModels
import Torch

/// Responses after their prompts as one batch, in order. Neighbours with the same prompt share it: it is computed once.
public struct ResponseBatch {
    public let packed: PackedBatch
    /// True for the responses' tokens.
    public let counts: [Bool]

    public init(_ rows: [(prompt: [Int], response: [Int])]) {
        var families: [(prefix: [Int], continuations: [[Int]])] = []
        for row in rows {
            if families.last?.prefix != row.prompt { families.append((row.prompt, [])) }
            families[families.count - 1].continuations.append(row.response)
        }
        self.init(families: families)
    }

    /// - Parameter families: prompts, each with the responses that continue it.
    public init(families: [(prefix: [Int], continuations: [[Int]])]) {
        packed = PackedBatch(sharing: families)
        counts = families.flatMap { prompt, responses in
            prompt.map { _ in false } + responses.joined().map { _ in true }
        }
    }

    /// Values per sequence of the batch, prompts included, as values per response.
    public func perResponse(_ values: Tensor) -> Tensor {
        values.selecting(Tensor(packed.wholeSequences, on: values.device))
    }
}

extension TokenLikelihoods {
    /// Means of `values` [C] per sequence; 0 for a sequence without a counted token.
    public func averagedPerSequence(_ values: Tensor) -> Tensor {
        let counts = countsPerSequence.map { Float(max(1, $0)) }
        return summedPerSequence(values) / Tensor(counts, on: values.device)
    }
}
