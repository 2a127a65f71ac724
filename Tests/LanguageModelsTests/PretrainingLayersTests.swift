import Foundation
import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// What only training from plain text needs of a model.
@Suite struct PretrainingLayersTests {
    private let batch = PackedBatch(tokens: [0, 5, 9, 7, 0, 3, 4], lengths: [4, 3])

    private func model() throws -> LanguageModel {
        try LanguageModel.load(
            from: Fixtures.golden("tiny-llama"), options: LoadingOptions(trainability: .full))
    }

    private func gradients(_ model: LanguageModel, _ loss: Tensor) -> [[Float]] {
        loss.backward()
        defer { model.weights.forEach { $0.tensor.clearGradient() } }
        return model.weights.map { $0.tensor.gradient?.floats() ?? [] }
    }

    /// The logarithm of the sum of the exponentials of all logits, and its gradient, without recomputation.
    @Test func logPartitions() throws {
        let model = try model()
        let states = model.transformer.hiddenStates(of: batch)
        let plain = states.linear(weight: model.headWeight).logSumExp(along: 1)
        let expected = gradients(model, plain.squared().sum())
        let again = model.logPartitions(of: model.transformer.hiddenStates(of: batch))
        #expect(zip(again.doubles(), plain.doubles()).allSatisfy { abs($0 - $1) < 1e-5 })
        for (found, wanted) in zip(gradients(model, again.squared().sum()), expected) {
            #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
        }
    }

    /// Dropout changes what is learned, follows from its generator, is the same where blocks run again, and ends.
    @Test func dropoutOfLayers() throws {
        let model = try model()
        func run(_ probability: Double, seed: UInt64 = 1, recomputing: Bool = false) -> ([Double], [[Float]])
        {
            model.transformer.recomputesActivations = recomputing
            if probability > 0 { model.setDropout(ofLayers: probability, using: Generator(seed: seed)) }
            defer { model.setDropout() }
            let scores = model.tokenLikelihoods(of: batch, counts: batch.predictors.map { $0 != nil })
            return (scores.logProbabilities.doubles(), gradients(model, scores.logProbabilities.sum()))
        }
        let (plain, dropped) = (run(0), run(0.3))
        #expect(plain.0 != dropped.0 && run(0).0 == plain.0)
        #expect(run(0.3).0 == dropped.0 && run(0.3, seed: 2).0 != dropped.0)
        let again = run(0.3, recomputing: true)
        #expect(again.0 == dropped.0 && again.1 == dropped.1)
    }
}
