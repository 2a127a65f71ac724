import Torch

/// `y = x·Wᵀ + b`, with an optional low-rank adapter beside it.
///
/// The weight is used in the type of its input: an fp32 weight under bf16 activations is a master weight, multiplied as its
/// working copy; a frozen bf16 one under fp32 activations is widened, which loses nothing.
public final class Linear {
    /// [output, input]
    public let weight: Tensor
    /// [output]
    public let bias: Tensor?
    /// Trained in place of the weight; nil for a plain layer.
    public var adapter: LowRankAdapter?

    public init(weight: Tensor, bias: Tensor? = nil) {
        self.weight = weight
        self.bias = bias
    }

    public var inputSize: Int { weight.size(1) }
    public var outputSize: Int { weight.size(0) }

    /// […, input] → […, output]
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let (weight, bias) = (weight.working(in: input.type), bias?.working(in: input.type))
        guard let adapter, adapter.isEnabled else { return input.linear(weight: weight, bias: bias) }
        guard let stretch = adapter.stretch(of: weight) else {
            return input.linear(weight: weight, bias: bias, adapter, dropout: adapter.dropout)
        }
        return stretched(input, weight: weight, bias: bias, adapter, by: stretch)
    }

    /// The layer of `swiGLU(gate:up:)`, […, input] each → […, output]. A weight or an adapter that learns needs its
    /// input again in backward, which this input is cheap enough to be computed for; beside an adapter's products in bf16, which
    /// take a third of the time, and whose input takes half the memory, it is not.
    public func callAsFunction(gate: Tensor, up: Tensor) -> Tensor {
        if let adapter, adapter.isEnabled, adapter.magnitude == nil, gate.type == .float32 {
            return gate.linear(
                weight: weight.working(in: gate.type), bias: bias?.working(in: gate.type), adapter,
                dropout: adapter.dropout, gating: up)
        }
        guard weight.requiresGradient, bias == nil, adapter == nil else {
            return self(.swiGLU(gate: gate, up: up))
        }
        return .gatedLinear(gate: gate, up: up, weight: weight.working(in: gate.type))
    }

    /// DoRA, as PEFT computes it: with dropout the stretched part of the layer sees the dropped input, the layer itself
    /// the whole one. The stretch is near 1, where bf16 is coarse: the product is taken in fp32.
    private func stretched(
        _ input: Tensor, weight: Tensor, bias: Tensor?, _ adapter: LowRankAdapter, by stretch: Tensor
    ) -> Tensor {
        guard let dropout = adapter.dropout else {
            let product = input.linear(weight: weight, bias: nil, adapter, dropout: nil) * stretch
            return (bias.map { product + $0 } ?? product).to(input.type)
        }
        let kept = input.dropout(dropout.probability, using: dropout.generator)
        let change =
            kept.linear(weight: weight, bias: nil, adapter, dropout: nil) * stretch
            - kept.linear(weight: weight)
        return (input.linear(weight: weight, bias: bias) + change).to(input.type)
    }

    /// The weight with an enabled adapter added, in fp32; the weight itself where there is none.
    /// - Parameter type: of the layer's input. What an adapter is added to is rounded to it, as beside the adapter in training.
    public func mergedWeight(in type: ScalarType) -> Tensor {
        withoutGradients {
            guard let adapter, adapter.isEnabled else { return weight }
            let weight = weight.to(type)
            let changed = weight.to(.float32) + adapter.weightChange()
            return adapter.stretch(of: weight).map { changed * $0.unsqueezed(1) } ?? changed
        }
    }
}

extension Tensor {
    fileprivate func linear(
        weight: Tensor, bias: Tensor?, _ adapter: LowRankAdapter,
        dropout: (probability: Double, generator: Generator)?, gating values: Tensor? = nil
    ) -> Tensor {
        linear(
            weight: weight, bias: bias, down: adapter.down, up: adapter.up, scale: adapter.scale,
            dropout: dropout, gating: values)
    }
}
