import Torch
import TorchNN

/// The gated MLP of llama-like decoders: `down(silu(gate(x)) · up(x))` (Shazeer, "GLU Variants", 2020, SwiGLU).
final class FeedForward {
    let gate: Linear
    let up: Linear
    let down: Linear

    init(_ configuration: DecoderShape, weights: WeightScope) {
        let (hidden, inner) = (configuration.hiddenSize, configuration.feedForwardSize)
        gate = weights.linear("gate_proj", input: hidden, output: inner)
        up = weights.linear("up_proj", input: hidden, output: inner)
        down = weights.linear("down_proj", input: inner, output: hidden)
    }

    /// [N, H] → [N, H]
    func callAsFunction(_ input: Tensor) -> Tensor { down(gate: gate(input), up: up(input)) }
}
