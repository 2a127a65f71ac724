// Weights of weighted preference optimisation (Zhou et al., "WPO: Enhancing RLHF with Weighted Preference Optimization", 2024,
// equation 2 with its sampled alignment).
//
// w = exp(mean over the response's tokens of [log p(token) − log Σ p(v)²]): 1 where the policy finds each token as likely as
// what it would write by itself, less for a response that is unlike it. A pair weighs the product of both, without gradient.
import LanguageModels
import Torch
import Training

public enum WPO {
    /// Weights of the pairs, [B].
    static func weights(_ tokens: TokenLikelihoods, _ pairs: ComparisonBatch, model: LanguageModel) -> Tensor
    {
        withoutGradients {
            let alignment = tokens.logProbabilities - model.collisionLogProbabilities(of: tokens.hiddenStates)
            let weights = pairs.split(tokens.averagedPerSequence(alignment).exp())
            return weights.chosen * weights.rejected
        }
    }
}

extension LanguageModel {
    /// log Σ p(v)² of the distributions that hidden states [C, H] predict, [C]: the log-probability that two draws agree.
    ///
    /// The logits are made for a few rows at a time.
    func collisionLogProbabilities(of hiddenStates: Tensor) -> Tensor {
        let rows = Array(0..<hiddenStates.size(0))
        return Tensor.concatenated(
            rows.chunked(64).map { part in
                let logits = logits(of: hiddenStates[part.startIndex..<part.endIndex])
                return (logits * 2).logSumExp(along: -1) - logits.logSumExp(along: -1) * 2
            })
    }
}
