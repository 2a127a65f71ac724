import Torch

/// What the model says about the counted tokens of a batch. `C` is their number.
public struct TokenLikelihoods {
    /// Log-probability of each counted token given all before it, [C], fp32.
    public let logProbabilities: Tensor
    /// Entropy of the distribution it was drawn from, in nats, [C], fp32.
    public let entropies: Tensor
    /// Whether it was the most probable token, [C].
    public let isTop: Tensor
    /// Mean logit over the vocabulary at its position, [C].
    public let meanLogits: Tensor
    /// The sequence each counted token belongs to, [C].
    public let sequences: [Int]
    /// Hidden states from which the tokens were predicted, [C, H]: what a value head reads.
    public let hiddenStates: Tensor
    /// How many sequences the batch has.
    public let sequenceCount: Int
    /// Where the model came from, for messages.
    let model: String

    /// Sums of `values` [C] per sequence, [B].
    public func summedPerSequence(_ values: Tensor) -> Tensor {
        Tensor.zeros([sequenceCount], on: values.device)
            .adding(values, at: Tensor(sequences, on: values.device))
    }

    /// Counted tokens per sequence.
    public var countsPerSequence: [Int] {
        sequences.reduce(into: [Int](repeating: 0, count: sequenceCount)) { $0[$1] += 1 }
    }
}

/// Hidden states from which the counted tokens of a batch are predicted. `C` is their number.
public struct PredictingStates {
    /// [C, H]
    public let states: Tensor
    /// The tokens that come after them, [C].
    public let tokens: [Int]
    /// The sequence that each token belongs to, [C].
    public let sequences: [Int]
}

extension LanguageModel {
    /// One forward pass over `batch`, of which the states before the tokens remain for which `counts` is true. A token with
    /// nothing before it never counts.
    public func predictingStates(of batch: PackedBatch, counts: [Bool]) -> PredictingStates {
        precondition(
            counts.count == batch.tokens.count, "\(counts.count) flags for \(batch.tokens.count) tokens")
        let predicting = batch.predictors
        let targets = counts.indices.filter { counts[$0] && predicting[$0] != nil }
        let sequenceOfRow = batch.sequenceOfRow
        return PredictingStates(
            states: transformer.states(before: targets, of: batch),
            tokens: targets.map { batch.tokens[$0] }, sequences: targets.map { sequenceOfRow[$0] })
    }

    /// Scores the tokens of `batch` for which `counts` is true. The head runs on the rows before them only.
    /// - Parameter temperature: divides the logits, as it did when the tokens were sampled.
    public func tokenLikelihoods(of batch: PackedBatch, counts: [Bool], temperature: Double = 1)
        -> TokenLikelihoods
    {
        let predicting = predictingStates(of: batch, counts: counts)
        let scores = predicting.states.tokenLogProbabilities(
            weight: headWeight, targets: Tensor(predicting.tokens, on: device),
            temperature: temperature * configuration.scales.logits)
        return TokenLikelihoods(
            logProbabilities: scores.logProbabilities, entropies: scores.entropies, isTop: scores.isTop,
            meanLogits: scores.meanLogits, sequences: predicting.sequences,
            hiddenStates: predicting.states, sequenceCount: batch.sequenceCount, model: origin)
    }
}

extension LanguageModel {
    /// log Z, the logarithm of the sum of the exponentials of all logits, for hidden states [C, H] → [C], fp32. Logits are built
    /// for some rows at a time, and again in backward.
    public func logPartitions(of hiddenStates: Tensor) -> Tensor {
        .concatenated(
            stride(from: 0, to: hiddenStates.size(0), by: Self.partitionRows).map { start in
                let rows = start..<min(start + Self.partitionRows, hiddenStates.size(0))
                return hiddenStates.narrowed(0, rows).recomputing { [self] in
                    logits(of: $0).logSumExp(along: 1)
                }
            })
    }

    private static let partitionRows = 512
}
