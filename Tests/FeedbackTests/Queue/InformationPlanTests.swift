import Foundation
import RandomNumbers
import Statistics
import Testing

@testable import Feedback

@Suite struct InformationPlanTests {
    @Test func votesAreSpreadOverThePairsThatTellMost() {
        // Models 0 and 1 have met forty times, 2 nobody yet.
        let votes = (0..<40).map { ArmVote(0, $0 % 2 == 0 ? .win : .loss, against: 1) }
        let items: [(id: Item.ID, models: [Int])] = (0..<30).map {
            (Item.ID($0), [[0, 1], [1, 2], [2, 0]][$0 % 3])
        }
        let priorities = InformationPlan.priorities(of: items, votes: votes, models: 3)
        let order = items.map(\.id).sorted { priorities[$0] ?? 0 > priorities[$1] ?? 0 }
        // The first ten are about model 2, in turn with either of the others.
        #expect(order.prefix(10).allSatisfy { $0 % 3 != 0 })
        #expect(abs(order.prefix(10).count { $0 % 3 == 1 } - 5) <= 1)
        #expect(Set(order.filter { $0 % 3 == 1 }) == Set(stride(from: 1, to: 30, by: 3)))
        #expect(order.filter { $0 % 3 == 1 } == order.filter { $0 % 3 == 1 }.sorted())
    }

    @Test func itemsOfOneModelTellNothing() {
        let priorities = InformationPlan.priorities(
            of: [(1, [0, 0]), (2, [0, 1]), (3, []), (4, [0, 1, 2])], votes: [], models: 3)
        #expect(priorities[1] == 0 && priorities[3] == 0)
        // A ranking compares three pairs.
        #expect(priorities[4] ?? 0 > 2 * (priorities[2] ?? 0))
        #expect(InformationPlan.priorities(of: [], votes: [], models: 0).isEmpty)
    }

    /// Five models; nine of ten items compare the first two, as happens when answers of two rounds are put together. How
    /// many votes does it take until every difference of strengths is known to ± 0.8?
    @Test func fewerVotesAreNeededThanAtRandom() throws {
        let truth = [0.9, 0.4, 0, -0.4, -0.9]
        var generator = SplitMix64(seed: 1)
        let needed = try [true, false].map { isPlanned in
            try (0..<5).map { _ in
                try Self.votesNeeded(isPlanned, truth: truth, using: &generator)
            }.reduce(0, +) / 5
        }
        print("votes until every difference is known to ± 0.8: planned \(needed[0]), at random \(needed[1])")
        #expect(Double(needed[0]) < 0.6 * Double(needed[1]))
    }

    private static func votesNeeded(
        _ isPlanned: Bool, truth: [Double], using generator: inout SplitMix64
    ) throws -> Int {
        let pairs = truth.indices.flatMap { first in truth.indices.dropFirst(first + 1).map { [first, $0] } }
        var items: [(id: Item.ID, models: [Int])] = (0..<3_000).map {
            (Item.ID($0), $0 % 10 == 0 ? pairs[$0 / 10 % pairs.count] : [0, 1])
        }
        items.shuffle(using: &generator)
        var votes: [ArmVote] = []
        while !items.isEmpty {
            if isPlanned {
                let priorities = InformationPlan.priorities(of: items, votes: votes, models: truth.count)
                items.sort { (priorities[$0.id] ?? 0, $1.id) > (priorities[$1.id] ?? 0, $0.id) }
            }
            for item in items.prefix(40) {
                let (first, second) = (item.models[0], item.models[1])
                let wins =
                    Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(truth[second] - truth[first]))
                votes.append(ArmVote(first, wins ? .win : .loss, against: second))
            }
            items.removeFirst(min(40, items.count))
            let information = try #require(VoteInformation(votes, arms: truth.count))
            if pairs.allSatisfy({ information.differenceVariance($0[0], $0[1]) < pow(0.8 / 1.96, 2) }) {
                break
            }
        }
        return votes.count
    }
}

@Suite struct DisagreementTests {
    @Test func membersThatSayTheSameDoNotDisagree() {
        #expect(Disagreement.priority(ofScores: [[1, 1], [3, 3], [-2, -2]]) == 0)
        #expect(abs(Disagreement.priority(ofScores: [[1, 0], [6, 5], [0.5, -0.5]])) < 1e-12)
        #expect(Disagreement.priority(ofScores: []) == 0)
        #expect(Disagreement.priority(ofScores: [[1], [2]]) == 0)
        // Two members, certain of the opposite: one bit.
        #expect(abs(Disagreement.priority(ofScores: [[40, 0], [0, 40]]) - log(2)) < 1e-12)
        // Of three answers the pair counts on which they part.
        #expect(abs(Disagreement.priority(ofScores: [[40, 0, -40], [0, 40, -40]]) - log(2)) < 1e-12)
    }

    @Test func deviationsOfTheTwoMostDoubtfulAnswers() {
        #expect(Disagreement.priority(ofDeviations: [3, 4]) == 5)
        #expect(Disagreement.priority(ofDeviations: [3, nil, 0.1, 4]) == 5)
        #expect(Disagreement.priority(ofDeviations: [3, nil]) == nil)
        #expect(Disagreement.priority(ofDeviations: [.nan, 1]) == nil)
    }
}
