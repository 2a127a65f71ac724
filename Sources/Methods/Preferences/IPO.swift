// Identity preference optimisation (Azar et al., "A General Theoretical Paradigm to Understand Learning from Human
// Preferences", 2023, equation 17): the difference of scores is drawn to a finite 1/(2β), so that pairs on which everybody
// agrees do not pull without end. β is the paper's τ.
//
// The paper does not say whether a response's score is the sum or the mean of its tokens' log-ratios. Its authors
// confirmed the mean to the makers of TRL, which takes it: `ipo`. The sum, which OpenRLHF takes and where
// the pull grows with length, is `ipo_sum`.
import Torch

public enum IPO {
    /// - Parameter difference: of scores, chosen minus rejected, [B].
    public static func loss(_ difference: Tensor, beta: Double) -> Tensor {
        (difference - 1 / (2 * beta)).squared()
    }
}
