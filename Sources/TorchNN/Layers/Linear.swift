import Torch

/// `y = x·Wᵀ + b`, with an optional low-rank adapter beside it.
///
/// The weight is used in the type of its input: an fp32 weight under bf16 activations is a master weight, multiplied as its
/// working copy.
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
        return input.linear(
            weight: weight, bias: bias, down: adapter.down, up: adapter.up, scale: adapter.scale,
            dropout: adapter.dropout)
    }

    /// The weight with an enabled adapter added, in fp32; the weight itself where there is none.
    public func mergedWeight() -> Tensor {
        withoutGradients {
            guard let adapter, adapter.isEnabled else { return weight }
            return weight.to(.float32) + adapter.weightChange()
        }
    }
}
