// The losses of the Bradley–Terry model on a difference of scores x = β(chosen − rejected), [B].
//
//   sigmoid   −log σ(x)                                        Rafailov et al., "Direct Preference Optimization", 2023, eq. 7
//   cdpo      −(1 − ε) log σ(x) − ε log σ(−x)                  Mitchell, "A note on DPO with noisy preferences", 2023
//   robust    [−(1 − ε) log σ(x) + ε log σ(−x)] / (1 − 2ε)     Chowdhury et al., "Provably Robust DPO", 2024
//
// ε is the share of comparisons that are flipped. cDPO expects them: its optimum has σ(x) = 1 − ε. Robust DPO
// undoes them: its expectation over flips is the loss without flips, and single pairs may cost less than nothing.
// What TRL calls `sigmoid` has no ε (1.16 ignores `label_smoothing` there; older releases gave cDPO).
import Torch

public enum LogisticLoss {
    public static func plain(_ x: Tensor) -> Tensor { -x.logSigmoid() }

    public static func smoothed(_ x: Tensor, _ smoothing: Double) -> Tensor {
        guard smoothing > 0 else { return plain(x) }
        return plain(x) * (1 - smoothing) + plain(-x) * smoothing
    }

    public static func robust(_ x: Tensor, _ smoothing: Double) -> Tensor {
        (plain(x) * (1 - smoothing) - plain(-x) * smoothing) / (1 - 2 * smoothing)
    }
}
