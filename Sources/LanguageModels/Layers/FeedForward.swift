import Checkpoints
import Torch
import TorchNN

/// What stands behind attention in a layer.
protocol FeedForwardBlock: AnyObject {
    /// [N, H] → [N, H]
    /// - Parameter routing: where a block that chooses experts writes its choice down.
    func callAsFunction(_ input: Tensor, routing: RouterRecord?) -> Tensor
}

/// The gated MLP of llama-like decoders: `down(act(gate(x)) · up(x))` (Shazeer, "GLU Variants", 2020).
final class FeedForward: FeedForwardBlock {
    let input: Input
    let down: Linear
    let activation: ModelConfiguration.Activation

    /// The layers of gate and up.
    enum Input {
        case apart(gate: Linear, up: Linear)
        /// Gate above up in one weight.
        case together(Linear)
    }

    /// - Parameter fuses: whether gate and up are one matrix.
    init(_ configuration: ModelConfiguration, size: Int, fuses: Bool = false, weights: WeightScope) {
        let (hidden, bias) = (configuration.hiddenSize, configuration.feedForwardHasBias)
        func linear(_ name: String, _ size: Int) -> Linear {
            weights.linear(name, input: hidden, output: size, bias: bias)
        }
        input =
            fuses
            ? .together(linear("gate_up_proj", 2 * size))
            : .apart(gate: linear("gate_proj", size), up: linear("up_proj", size))
        down = weights.linear("down_proj", input: size, output: hidden, bias: bias)
        activation = configuration.activation
    }

    func callAsFunction(_ states: Tensor, routing: RouterRecord?) -> Tensor {
        switch (input, activation) {
        case (.apart(let gate, let up), .silu): return down(gate: gate(states), up: up(states))
        case (.apart(let gate, let up), .geluTanh): return down(gate(states).geluTanh() * up(states))
        case (.together(let both), .silu): return down(both(states).swiGLU())
        case (.together(let both), .geluTanh):
            let (gate, up) = Self.halves(of: both(states), along: 1)
            return down(gate.geluTanh() * up)
        }
    }

    /// Gate and up of what one layer makes of them.
    static func halves(of joined: Tensor, along dimension: Int) -> (gate: Tensor, up: Tensor) {
        let size = joined.size(dimension) / 2
        return (joined.narrowed(dimension, 0..<size), joined.narrowed(dimension, size..<2 * size))
    }
}
