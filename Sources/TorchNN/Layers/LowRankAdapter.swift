import Torch

/// LoRA: the change of a linear layer's weight as a product of two thin matrices, `ΔW = s·B·A`
/// (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, equation 3).
///
/// With a magnitude it is DoRA: the changed weight gives each row's direction, and its length is learned apart,
/// `m · (W + ΔW) / ‖W + ΔW‖` by rows, where the norm counts as a constant in backward
/// (Liu et al., "DoRA: Weight-Decomposed Low-Rank Adaptation", 2024, equations 5 and 11).
public final class LowRankAdapter {
    /// A, [rank, input]
    public let down: Tensor
    /// B, [output, rank]
    public let up: Tensor
    /// m, [output], fp32; nil for plain LoRA.
    public let magnitude: Tensor?
    /// s: α / r, or α / √r for rank-stabilised adapters.
    public let scale: Double
    /// Off gives the layer as it was before training: the reference policy.
    public var isEnabled = true
    /// Dropout of the adapter's input while training; nil outside training.
    public var dropout: (probability: Double, generator: Generator)?

    public init(down: Tensor, up: Tensor, scale: Double, magnitude: Tensor? = nil) {
        precondition(
            down.size(0) == up.size(1), "an adapter's rank differs: A is \(down.shape), B is \(up.shape)")
        self.down = down
        self.up = up
        self.scale = scale
        self.magnitude = magnitude
    }

    /// A fresh adapter that changes nothing yet: A uniform in ±1/√input (Kaiming with a = √5, as PEFT), B zero, the
    /// magnitude that of the layer's rows. fp32.
    public convenience init(
        beside layer: Linear, rank: Int, scale: Double, learnsMagnitude: Bool, generator: Generator
    ) {
        let device = layer.weight.device
        let bound = 1 / Double(layer.inputSize).squareRoot()
        let down = (generator.uniform([rank, layer.inputSize]) * (2 * bound) - bound).to(on: device)
        self.init(
            down: down, up: .zeros([layer.outputSize, rank], on: device), scale: scale,
            magnitude: learnsMagnitude ? layer.weight.detached().to(.float32).rowNorms() : nil)
    }

    /// The matrices that learn.
    public var parameters: [Tensor] { [down, up] + (magnitude.map { [$0] } ?? []) }

    /// ΔW, [output, input], fp32.
    func weightChange() -> Tensor { up.to(.float32).matrixProduct(down.to(.float32)) * scale }

    /// By what the rows of `weight + ΔW` are stretched, [output], fp32; nil: by nothing. The gradient goes to the
    /// magnitude alone.
    func stretch(of weight: Tensor) -> Tensor? {
        magnitude.map { magnitude in
            magnitude / withoutGradients { (weight.to(.float32) + weightChange()).rowNorms() }
        }
    }
}

extension Tensor {
    /// The Euclidean length of every row, [N, K] → [N].
    func rowNorms() -> Tensor { squared().sum(along: 1).squareRoot() }
}
