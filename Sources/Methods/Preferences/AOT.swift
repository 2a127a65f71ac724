// Alignment via optimal transport (Melnyk et al., "Distributional Preference Alignment of LLMs via Optimal Transport",
// 2024): not every pair, but the distribution of chosen rewards of a micro-batch must lie above that of the
// rejected ones. In one dimension the optimal transport pairs sorted with sorted.
//
// The loss is cDPO's on β times the difference of the i-th smallest elements; with a micro-batch of one it is cDPO. Equal
// elements are interchangeable: the order among them changes no loss, and gradients stay with the elements.
import Torch
import Training

public enum AOT {
    /// aot: sorted margins of the policy against sorted margins of the reference, [B].
    public static func paired(_ likelihoods: PreferenceLikelihoods, beta: Double, _ smoothing: Double)
        -> Tensor
    {
        let policy = sorted(likelihoods.policy.margin)
        let difference = likelihoods.reference.map { policy - sorted($0.margin) } ?? policy
        return LogisticLoss.smoothed(difference * beta, smoothing)
    }

    /// aot_unpaired: sorted log-ratios of chosen against those of rejected responses, [B].
    public static func unpaired(_ ratios: Pair<Tensor>, beta: Double, _ smoothing: Double) -> Tensor {
        LogisticLoss.smoothed(ratios.map(sorted).margin * beta, smoothing)
    }

    private static func sorted(_ values: Tensor) -> Tensor { values.sorted(along: 0).values }
}
