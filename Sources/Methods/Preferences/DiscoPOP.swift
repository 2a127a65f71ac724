// Discovered preference optimisation (Lu et al., "Discovering Preference Optimization Algorithms with and for Large Language
// Models", 2024, equation 5): the log-ratio modulated loss that a language model wrote.
//
// (1 − m)·(−log σ(x)) + m·exp(−x) with m = σ(x/τ) and x = β(chosen − rejected), [B]. The exponent is cut at 80: far below 0
// exp(−x) is infinite where m is 0, and their product would be no number.
import Torch

public enum DiscoPOP {
    public static func loss(_ x: Tensor, temperature: Double) -> Tensor {
        let mixture = (x / temperature).sigmoid()
        return LogisticLoss.plain(x) * (1 - mixture) + (-x).boundedExp() * mixture
    }
}
