import Foundation
import LanguageModels
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

    @Test func offItIsNothing() throws {
        let none = try FollowingReference(
            ReferenceSynchronization(), reference: nil, policy: model("tiny-llama"))
        #expect(none == nil)
    }
}
