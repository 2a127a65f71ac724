import Checkpoints
import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// Activations that backward computes again: the same numbers, bit by bit.
@Suite struct RecomputationTests {
    private let batch = PackedBatch(sharing: [
        ([5, 6, 7, 8], [[9, 10], [11, 12, 13], [9]]), ([20], [[21], [22, 23]]),
    ])

    private func gradients(
        of model: LanguageModel, recomputing: Bool, dropout: Double = 0
    ) -> (scores: [Double], gradients: [[Float]]) {
        model.transformer.recomputesActivations = recomputing
        if dropout > 0 { model.setDropout(ofAdapters: dropout, using: Generator(seed: 3)) }
        defer { model.setDropout() }
        var scores: [Double] = []
        // Two passes, as accumulation has them.
        for _ in 0..<2 {
            let found = model.tokenLikelihoods(of: batch, counts: batch.predictors.map { $0 != nil })
            (-found.logProbabilities.mean()).backward()
            scores += found.logProbabilities.doubles()
        }
        let gradients = model.trainableParameters.map { $0.tensor.gradient?.floats() ?? [] }
        model.trainableParameters.forEach { $0.tensor.clearGradient() }
        return (scores, gradients)
    }

    @Test(arguments: ForwardTests.models, [Precision.fp32, .bf16])
    func gradientsAreTheSame(model name: String, precision: Precision) throws {
        let options = LoadingOptions(precision: precision, trainability: .full)
        let model = try LanguageModel.load(from: Fixtures.golden(name), options: options)
        let kept = gradients(of: model, recomputing: false)
        let recomputed = gradients(of: model, recomputing: true)
        #expect(recomputed.scores == kept.scores)
        #expect(recomputed.gradients == kept.gradients)
        #expect(kept.gradients.allSatisfy { $0.contains { $0 != 0 } })
    }

    /// Behind frozen embeddings too, and with the dropout of the first time.
    @Test(arguments: [(0, Precision.fp32), (0.3, .fp32), (0.3, .bf16)], [false, true])
    func gradientsOfAdaptersAreTheSame(draw: (dropout: Double, Precision), learnsMagnitude: Bool) throws {
        let (dropout, precision) = draw
        let model = try LanguageModel.load(
            from: Fixtures.golden("tiny-llama"),
            options: LoadingOptions(precision: precision, trainability: .adapters))
        try model.attachAdapters(
            AdapterConfiguration(
                rank: 4, alpha: 8, targetModules: model.adaptableLayers, learnsMagnitude: learnsMagnitude),
            generator: Generator(seed: 1))
        for parameter in model.trainableParameters where parameter.name.contains("lora_B") {
            withoutGradients {
                parameter.tensor.assign(Generator(seed: 2).normal(parameter.tensor.shape) * 0.1)
            }
        }
        let kept = gradients(of: model, recomputing: false, dropout: dropout)
        let recomputed = gradients(of: model, recomputing: true, dropout: dropout)
        #expect(recomputed.scores == kept.scores)
        #expect(recomputed.gradients == kept.gradients)
        #expect(kept.gradients.allSatisfy { $0.contains { $0 != 0 } })
    }

    /// Fewer tensors live between forward and backward, and none after.
    @Test func nothingIsKept() throws {
        let model = try LanguageModel.load(
            from: Fixtures.golden("tiny-llama"), options: LoadingOptions(trainability: .full))
        _ = gradients(of: model, recomputing: true)
        let before = Tensor.liveCount
        for _ in 0..<3 { _ = gradients(of: model, recomputing: true) }
        #expect(Tensor.liveCount == before)
        // A graph that nobody runs back through is freed as well.
        _ = model.tokenLikelihoods(of: batch, counts: batch.predictors.map { $0 != nil })
        #expect(Tensor.liveCount == before)
    }
}
