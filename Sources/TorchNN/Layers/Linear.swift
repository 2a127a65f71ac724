import Torch

/// `y = x·Wᵀ + b`, with an optional low-rank adapter beside it.
///
/// The weight is used in the type of its input: an fp32 weight under bf16 activations is a master weight, and its gradient
/// arrives in fp32.
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
        let output = input.linear(weight: weight.to(input.type), bias: bias?.to(input.type))
        guard let adapter, adapter.isEnabled else { return output }
        return output + adapter(input)
    }

    /// The weight with an enabled adapter added, in fp32; the weight itself where there is none.
    public func mergedWeight() -> Tensor {
        withoutGradients {
            guard let adapter, adapter.isEnabled else { return weight }
            return weight.to(.float32) + adapter.weightChange()
        }
    }
}
