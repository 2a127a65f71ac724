import Torch

extension Tensor {
    /// Normal numbers from a seed of their own.
    static func normal(_ shape: Int..., seed: UInt64, scale: Double = 1) -> Tensor {
        Generator(seed: seed).normal(shape) * scale
    }
}
