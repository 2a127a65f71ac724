// The hinge of sequence likelihood calibration (Zhao et al., "SLiC-HF", 2023), on DPO's scores as Liu et al.
// ("Statistical Rejection Sampling Improves Preference Optimization", 2023) state it.
//
// max(0, 1 − x) with x = β(chosen − rejected), [B]: nothing is learned from a pair whose margin is 1 already. SLiC's own
// loss has no reference (`cpo --loss hinge`, or `dpo --loss hinge --reference none`).
import Torch

public enum HingeLoss {
    public static func loss(_ x: Tensor) -> Tensor { Tensor.maximum(1 - x, 0) }
}
