import Torch

/// LoRA: the change of a linear layer's weight as a product of two thin matrices, `ΔW = (α/r)·B·A`
/// (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, equation 3).
public final class LowRankAdapter {
    /// A, [rank, input]
    public let down: Tensor
    /// B, [output, rank]
    public let up: Tensor
    /// α / r
    public let scale: Double
    /// Off gives the layer as it was before training: the reference policy.
    public var isEnabled = true
    /// Dropout of the adapter's input while training; nil outside training.
    public var dropout: (probability: Double, generator: Generator)?

    public init(down: Tensor, up: Tensor, scale: Double) {
        precondition(
            down.size(0) == up.size(1), "an adapter's rank differs: A is \(down.shape), B is \(up.shape)")
        self.down = down
        self.up = up
        self.scale = scale
    }

    /// A fresh adapter that changes nothing yet: A uniform in ±1/√input (Kaiming with a = √5, as PEFT), B zero. fp32.
    public convenience init(
        inputSize: Int, outputSize: Int, rank: Int, alpha: Double, generator: Generator, device: Device
    ) {
        let bound = 1 / Double(inputSize).squareRoot()
        let down = (generator.uniform([rank, inputSize]) * (2 * bound) - bound).to(on: device)
        let up = Tensor.zeros([outputSize, rank], on: device)
        self.init(down: down, up: up, scale: alpha / Double(rank))
    }

    /// ΔW, [output, input], fp32.
    public func weightChange() -> Tensor { up.to(.float32).matrixProduct(down.to(.float32)) * scale }
}
