// Anchored preference optimisation (D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions", 2024).
//
//   apo_zero           1 − σ(c) + σ(r)        equation 7: chosen up, rejected down; for answers better than the policy's own
//   apo_down           σ(c) + 1 − σ(c − r)    equation 8: both down, rejected more; for answers worse than the policy's own
//   apo_zero_unpaired  1 − σ(c) or σ(r)       equation 7 for single judged answers (`heed kto`)
//
// c and r are β times the log-ratios of chosen and rejected, any shape.
import Torch
import Training

public enum APO {
    public static func zero(_ rewards: Pair<Tensor>) -> Tensor {
        liked(rewards.chosen) + disliked(rewards.rejected)
    }

    public static func down(_ rewards: Pair<Tensor>) -> Tensor {
        disliked(rewards.chosen) + liked(rewards.margin)
    }

    public static func liked(_ reward: Tensor) -> Tensor { 1 - reward.sigmoid() }
    public static func disliked(_ reward: Tensor) -> Tensor { reward.sigmoid() }
}
