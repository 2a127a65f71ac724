import TestSupport
import Testing
import Torch

@testable import LanguageModels

/// Sequences that share what they begin with: computed once, with the numbers and gradients of sequences that stand alone.
@Suite struct SharedPrefixTests {
    private let families: [(prefix: [Int], continuations: [[Int]])] = [
        ([5, 6, 7, 8], [[9, 10], [11, 12, 13], [9]]), ([], [[14, 15, 16]]), ([20], [[21], [22, 23]]),
    ]
    private var shared: PackedBatch { PackedBatch(sharing: families) }
    private var apart: PackedBatch {
        PackedBatch(families.flatMap { family in family.continuations.map { family.prefix + $0 } })
    }

    @Test func places() {
        #expect(shared.tokens == [5, 6, 7, 8, 9, 10, 11, 12, 13, 9, 14, 15, 16, 20, 21, 22, 23])
        #expect(shared.lengths == [4, 2, 3, 1, 0, 3, 1, 1, 2])
        #expect(shared.prefixes == [nil, 0, 0, 0, nil, 4, nil, 6, 6])
        #expect(shared.positions == [0, 1, 2, 3, 4, 5, 4, 5, 6, 4, 0, 1, 2, 0, 1, 1, 2])
        #expect(
            shared.predictors == [nil, 0, 1, 2, 3, 4, 3, 6, 7, 3, nil, 10, 11, nil, 13, 13, 15])
        #expect(shared.wholeSequences == [1, 2, 3, 5, 7, 8])
        #expect(shared.lastRows == [5, 8, 9, 12, 14, 16])
        #expect(apart.predictors.filter { $0 == nil }.count == apart.sequenceCount)
        #expect(apart.lastRows == [5, 12, 17, 20, 22, 25])
    }

    /// Counts the tokens of the continuations.
    private func counts(shared: Bool) -> [Bool] {
        families.flatMap { family in
            let prefix = family.prefix.map { _ in false }
            let own = family.continuations.map { $0.map { _ in true } }
            return shared ? prefix + own.flatMap { $0 } : own.flatMap { prefix + $0 }
        }
    }

    @Test(arguments: ForwardTests.models) func numbersAndGradients(model name: String) throws {
        let outcome = { (batch: PackedBatch, counts: [Bool]) in
            let model = try LanguageModel.load(
                from: Fixtures.golden(name), options: LoadingOptions(trainability: .full))
            let scores = model.tokenLikelihoods(of: batch, counts: counts)
            let weights = Tensor((0..<scores.sequences.count).map { Float($0 % 3) - 0.7 })
            (scores.logProbabilities * weights).sum().backward()
            return (model, scores)
        }
        let (sharing, sharedScores) = try outcome(shared, counts(shared: true))
        let (alone, apartScores) = try outcome(apart, counts(shared: false))
        expectClose(
            sharedScores.logProbabilities.doubles(), apartScores.logProbabilities.doubles(), relative: 1e-5)
        for (found, expected) in zip(sharing.weights, alone.weights) {
            let gradient = try #require(expected.tensor.gradient).doubles()
            let size = gradient.map(abs).max() ?? 0
            expectClose(
                try #require(found.tensor.gradient).doubles(), gradient, relative: 1e-4, floor: size,
                found.name)
        }
    }

    @Test func scoresOfWholeSequences() throws {
        let model = try RewardModel.load(from: Fixtures.golden("tiny-reward"))
        withoutGradients {
            expectClose(model.scores(of: shared).doubles(), model.scores(of: apart).doubles(), relative: 1e-5)
        }
    }
}
