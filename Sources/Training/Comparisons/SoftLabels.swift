// Labels that are probabilities (Bai et al., "Constitutional AI", 2022, section 4.1; for DPO Mitchell, "A note on DPO with noisy
// preferences", 2023): where the chosen answer is the better one with probability p, the loss is what is expected,
//
//   p · L(chosen, rejected) + (1 − p) · L(rejected, chosen)
//
// Label smoothing is this with one p for all rows.
import Torch

public enum SoftLabels {
    /// The expected loss of each pair, [B].
    ///
    /// - Parameters:
    ///   - preferences: p, [B]; nil: all pairs are certain, and the loss is that of the pairs as they stand.
    ///   - sides: the pairs.
    ///   - swapped: the same the other way round.
    ///   - loss: of pairs, [B].
    public static func expected<Sides>(
        _ preferences: Tensor?, _ sides: Sides, swapped: @autoclosure () -> Sides, loss: (Sides) -> Tensor
    ) -> Tensor {
        guard let preferences else { return loss(sides) }
        return loss(sides) * preferences + loss(swapped()) * (1 - preferences)
    }
}
