// Efficient exact optimisation (Ji et al., "Towards Efficient Exact Optimization of Language Model Alignment", 2024,
// equation 16 for two responses): reverse KL between the policy's choice (σ(x), σ(−x)) and the judgment (1 − ε, ε).
//
// x = β(chosen − rejected), [B]. ε must be above 0: a judgment without doubt is infinitely far from any policy. The paper uses
// 0.001.
import Foundation
import Torch

public enum EXO {
    public static func loss(_ x: Tensor, _ smoothing: Double) -> Tensor {
        let chosen = x.sigmoid() * (x.logSigmoid() - Foundation.log1p(-smoothing))
        let rejected = (-x).sigmoid() * ((-x).logSigmoid() - Foundation.log(smoothing))
        return chosen + rejected
    }
}
