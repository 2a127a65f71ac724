import Checkpoints
import Foundation
import LanguageModels
import Settings
import TestSupport
import Testing
import Torch

@testable import Training

@Suite struct FollowingReferenceTests {
    private func settings(mixture: Double, every interval: Int = 1) -> ReferenceSynchronization {
        var settings = ReferenceSynchronization()
        (settings.isOn, settings.mixture, settings.interval) = (true, mixture, interval)
        return settings
    }

    private func model(_ name: String, _ options: LoadingOptions = LoadingOptions()) throws -> LanguageModel {
        try LanguageModel.load(from: Fixtures.golden(name), options: options)
    }

    /// Two steps with a share of 1/4 leave 9/16 of what it was.
    @Test func itIsAMovingAverage() throws {
        let (policy, reference) = (try model("tiny-llama"), try model("tiny-llama-ref"))
        let start = reference.weights.map { $0.tensor.doubles() }
        let following = try #require(
            try FollowingReference(settings(mixture: 0.25), reference: reference, policy: policy))
        for step in 1...2 { following.update(after: step) }
        for (index, weight) in reference.weights.enumerated() {
            let expected = zip(start[index], policy.weights[index].tensor.doubles()).map {
                $0 * 9 / 16 + $1 * 7 / 16
            }
            expectClose(weight.tensor.doubles(), expected, relative: 1e-6, weight.name)
        }
    }

    @Test func itMovesAtItsInterval() throws {
        let (policy, reference) = (try model("tiny-llama"), try model("tiny-llama-ref"))
        let start = reference.weights[0].tensor.doubles()
        let following = try #require(
            try FollowingReference(settings(mixture: 1, every: 2), reference: reference, policy: policy))
        following.update(after: 1)
        #expect(reference.weights[0].tensor.doubles() == start)
        following.update(after: 2)
        #expect(reference.weights[0].tensor.doubles() == policy.weights[0].tensor.doubles())
    }

    /// A thousandth of a difference is less than bf16 can add: kept in fp32, the reference moves all the same, and what it says
    /// moves with it.
    @Test func smallStepsAreNotLostInBF16() throws {
        let policy = try model("tiny-llama", LoadingOptions(precision: .bf16, trainability: .full))
        let reference = try model("tiny-llama-ref", LoadingOptions(precision: .bf16, trainability: .full))
        let said = { () -> [Double] in
            let batch = PackedBatch([[5, 9, 3, 40, 7]])
            return ReferencePolicy.model(reference).tokenLikelihoods(
                of: batch, counts: batch.tokens.map { _ in true }, policy: policy
            ).logProbabilities.doubles()
        }
        let (start, before) = (reference.weights[0].tensor.doubles(), said())
        let following = try #require(
            try FollowingReference(settings(mixture: 0.001), reference: reference, policy: policy))
        for step in 1...300 { following.update(after: step) }
        let kept = pow(0.999, 300.0)
        let expected = zip(start, policy.weights[0].tensor.doubles()).map { $0 * kept + $1 * (1 - kept) }
        expectClose(reference.weights[0].tensor.doubles(), expected, relative: 1e-5, "weights")
        #expect(said() != before)
    }

    /// What adapters add is handed over too: with a share of 1 both say the same.
    @Test(arguments: [false, true]) func adaptersAreMergedIn(learnsMagnitude: Bool) throws {
        let policy = try model("tiny-llama", LoadingOptions(trainability: .adapters))
        try policy.attachAdapters(
            AdapterConfiguration(
                rank: 2, alpha: 4, targetModules: ["q_proj", "down_proj"], learnsMagnitude: learnsMagnitude),
            generator: Generator(seed: 3))
        // A fresh adapter changes nothing yet.
        for parameter in policy.trainableParameters where parameter.name.contains("lora_B") {
            withoutGradients {
                parameter.tensor.assign(Generator(seed: 4).uniform(parameter.tensor.shape))
            }
        }
        let reference = try model("tiny-llama", LoadingOptions(trainability: .full))
        let said = { (model: LanguageModel) -> [Double] in
            let batch = PackedBatch([[5, 9, 3, 40, 7]])
            return withoutGradients {
                model.tokenLikelihoods(of: batch, counts: batch.tokens.map { _ in true })
            }.logProbabilities.doubles()
        }
        let (start, wanted) = (said(reference), said(policy))
        let following = try #require(
            try FollowingReference(settings(mixture: 1), reference: reference, policy: policy))
        following.update(after: 1)
        expectClose(said(reference), wanted, relative: 1e-4, "log-probabilities")
        #expect(zip(start, wanted).contains { abs($0 - $1) > 0.01 })
        // And a model with adapters becomes one without that says the same.
        policy.mergeAdapters()
        #expect(policy.adapterConfiguration == nil && policy.adaptableLayers.contains("q_proj"))
        expectClose(said(policy), wanted, relative: 1e-4, "merged")
    }

    @Test func aReferenceOfAnotherShapeCannotFollow() throws {
        let error = try #require(throws: InvalidSetting.self) {
            _ = try FollowingReference(
                settings(mixture: 1), reference: model("tiny-qwen2"), policy: model("tiny-llama"))
        }
        #expect(error.description.contains("a reference of the policy's shape"))
    }

    @Test func offItIsNothing() throws {
        let none = try FollowingReference(
            ReferenceSynchronization(), reference: nil, policy: model("tiny-llama"))
        #expect(none == nil)
    }
}
