// Self-play preference optimisation (Wu et al., "Self-Play Preference Optimization for Language Model Alignment", 2024,
// equation 4.7 with the win probabilities 1 and 0 in place of estimates).
//
// The log-ratio of a chosen response is drawn to 1/(2β), that of a rejected one to −1/(2β): (c − 1/(2β))² + (r + 1/(2β))²
// with the log-ratios c and r, [B].
import Torch
import Training

public enum SPPO {
    public static func loss(_ ratios: Pair<Tensor>, beta: Double) -> Tensor {
        (ratios.chosen - 0.5 / beta).squared() + (ratios.rejected + 0.5 / beta).squared()
    }
}
