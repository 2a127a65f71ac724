import Torch

/// Root-mean-square normalisation over the last dimension (Zhang & Sennrich, 2019).
public final class RMSNorm {
    /// [size]
    public let weight: Tensor
    public let epsilon: Double

    public init(weight: Tensor, epsilon: Double) {
        self.weight = weight
        self.epsilon = epsilon
    }

    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.rmsNormalized(weight: weight, epsilon: epsilon)
    }
}
