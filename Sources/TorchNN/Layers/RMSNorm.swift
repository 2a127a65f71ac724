import Torch

/// Root-mean-square normalisation over the last dimension (Zhang & Sennrich, 2019).
public final class RMSNorm {
    /// [size]
    public let weight: Tensor
    public let epsilon: Double
    /// What is added to the weight: 1 where it is kept as the difference from that.
    public let offset: Double

    public init(weight: Tensor, epsilon: Double, offset: Double = 0) {
        self.weight = weight
        self.epsilon = epsilon
        self.offset = offset
    }

    /// What normalised elements are multiplied by, [size].
    public var scale: Tensor { offset == 0 ? weight : weight.to(.float32) + offset }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.rmsNormalized(weight: scale, epsilon: epsilon)
    }
}
