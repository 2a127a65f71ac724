// Whether an answer is good, without another one beside it: P(good) = σ(s − offset). The offset is learned: it is the score
// at which people are of two minds, which comparisons leave open.
import Torch

public enum ThumbLikelihood {
    /// −log P of each verdict, [N].
    /// - Parameters:
    ///   - scores: less the offset, [N].
    ///   - errorRates: as of pairs, [N].
    public static func losses(scores: Tensor, areGood: [Bool], errorRates: Tensor? = nil) -> Tensor {
        let signs = Tensor(areGood.map { $0 ? Float(1) : -1 }, on: scores.device)
        return PairLikelihood.losses(differences: scores * signs, errorRates: errorRates)
    }
}
