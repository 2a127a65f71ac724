import Foundation
import LanguageModels
import Torch

/// How the scores of groups of people differ from the shared model's: r_g(x) = (w + δ_g)·h(x).
///
/// Each δ_g is a draw around zero, so a group with few judgments stays with the shared model and one with many goes its own
/// way: partial pooling (Gelman and Hill, "Data Analysis Using Regression and Multilevel/Hierarchical Models", 2007, §12).
public final class GroupHeads {
    public let names: [String]
    public let aspectCount: Int
    /// δ, [G·A, H], fp32; row g·A + a is of group g and aspect a.
    public let weights: Tensor

    static let file = "group_heads.safetensors"
    private static let name = "group_heads.weight"

    /// Heads that do not differ from the shared one yet.
    public init(names: [String], aspectCount: Int, hiddenSize: Int, device: Device) {
        self.names = names
        self.aspectCount = aspectCount
        weights = .zeros([names.count * aspectCount, hiddenSize], on: device)
    }

    public var parameters: [NamedTensor] { [NamedTensor(name: Self.name, tensor: weights)] }

    /// What is added to the shared score of each sequence, [S].
    /// - Parameters:
    ///   - states: the hidden states that scores are read from, [S, H].
    ///   - heads: group and aspect of each; nil: nothing is added.
    public func deviations(of states: Tensor, heads: [(group: Int, aspect: Int)?]) -> Tensor {
        let rows = heads.map { head in head.map { $0.group * aspectCount + $0.aspect } ?? 0 }
        let counts = Tensor(heads.map { $0 == nil ? Float(0) : 1 }, on: states.device)
        return (states * weights.selecting(Tensor(rows, on: states.device))).sum(along: 1) * counts
    }

    /// All scores: of the shared model and of each group, [B, 1 + G, A].
    public func scores(of states: Tensor, shared: Tensor) -> Tensor {
        let deviations = states.linear(weight: weights).reshaped([-1, names.count, aspectCount])
        return Tensor.concatenated([shared.unsqueezed(1), shared.unsqueezed(1) + deviations], along: 1)
    }

    /// −log of the prior up to a constant, a scalar: (shrinkage·H/2)·Σ‖δ_g‖².
    ///
    /// Normalised hidden states have about unit size an entry, so δ·h has about the variance H·Var(δ): a shrinkage of 1 expects
    /// groups to stray by about one unit of the score from the shared model, 4 by half a unit.
    public func penalty(shrinkage: Double) -> Tensor {
        weights.squared().sum() * (shrinkage * Double(weights.size(1)) / 2)
    }

    package func write(to folder: URL) throws {
        try TensorFile.write(parameters, to: folder.appendingPathComponent(Self.file))
    }

    package func restore(from folder: URL) throws {
        try TensorFile.restore(parameters, from: folder.appendingPathComponent(Self.file))
    }
}
