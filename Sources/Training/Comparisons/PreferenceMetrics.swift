import LanguageModels
import Torch

extension Metrics {
    /// What every method on comparisons logs.
    ///
    /// - Parameters:
    ///   - rewards: implicit rewards, [B] each.
    ///   - logProbabilities: of the responses as the method measures them, [B] each.
    public init(
        rewards: Pair<Tensor>, logProbabilities: Pair<Tensor>, scores: TokenLikelihoods,
        pairs: ComparisonBatch
    ) {
        let sides = pairs.sides(of: scores)
        self.init([
            "entropy": scores.entropies.mean(over: sides.chosen + sides.rejected),
            "mean_token_accuracy": scores.isTop.mean(over: sides.chosen),
            "rewards/chosen": rewards.chosen.mean().item(),
            "rewards/rejected": rewards.rejected.mean().item(),
            "rewards/accuracies": (rewards.chosen .> rewards.rejected).to(.float32).mean().item(),
            "rewards/margins": rewards.margin.mean().item(),
            "logps/chosen": logProbabilities.chosen.mean().item(),
            "logps/rejected": logProbabilities.rejected.mean().item(),
            "logits/chosen": scores.meanLogits.mean(over: sides.chosen),
            "logits/rejected": scores.meanLogits.mean(over: sides.rejected),
        ])
    }
}

extension Tensor {
    /// The mean of the elements whose weight is 1, the others' being 0; not a number where no weight is 1.
    public func mean(over weights: Tensor) -> Double { maskedMean(over: weights).item() }

    /// The same as a scalar with its graph.
    public func maskedMean(over weights: Tensor) -> Tensor { (to(.float32) * weights).sum() / weights.sum() }
}
