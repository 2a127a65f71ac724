// Which of two answers is better, or that neither is.
//
//     P(i ≻ j) = e^{d/2} / (e^{d/2} + e^{−d/2} + ν)    P(i ~ j) = ν / (e^{d/2} + e^{−d/2} + ν)    d = s_i − s_j − margin
//
// Without ties (ν = 0) this is Bradley and Terry's model, P(i ≻ j) = σ(d) ("Rank Analysis of Incomplete Block Designs",
// 1952). The tie term is Davidson's ("On Extending the Bradley–Terry Model to Accommodate Ties in Paired Comparison
// Experiments", 1970) rather than Rao and Kupper's: given that there is a preference its odds stay e^d, so a score means
// the same with and without ties, and it is the case of two of the ranking likelihood (RankingLikelihood.swift).
// Margins: Touvron et al., "Llama 2", 2023, equation 2.
import Torch

public enum PairLikelihood {
    /// −log P of the first being preferred, [N].
    /// - Parameters:
    ///   - differences: first minus second score, less the margin, [N].
    ///   - logTies: log ν, [N]; nil where there are no ties.
    ///   - errorRates: the chance that the judgment is the opposite of what its annotator meant, [N]. The label is smoothed
    ///     by it: the loss is the mean over what may have been meant (Szegedy et al., "Rethinking the Inception
    ///     Architecture", 2016, §7).
    public static func losses(
        differences: Tensor, logTies: Tensor? = nil, errorRates: Tensor? = nil
    ) -> Tensor {
        let asJudged = preference(differences, logTies)
        guard let errorRates else { return asJudged }
        return asJudged + errorRates * (preference(-differences, logTies) - asJudged)
    }

    /// −log P of a tie, [N].
    public static func tieLosses(differences: Tensor, logTies: Tensor) -> Tensor {
        logTotal(differences, logTies) - logTies
    }

    private static func preference(_ differences: Tensor, _ logTies: Tensor?) -> Tensor {
        guard let logTies else { return -differences.logSigmoid() }
        return logTotal(differences, logTies) - differences * 0.5
    }

    private static func logTotal(_ differences: Tensor, _ logTies: Tensor) -> Tensor {
        Tensor.stacked([differences * 0.5, differences * -0.5, logTies], along: 1).logSumExp(along: 1)
    }
}
