import Datasets
import Foundation
import TestSupport
import Testing

@testable import Alignment

@Suite struct DawidSkeneTests {
    /// Simulated annotators of known error rates judge the same comparisons; the rates must come back.
    @Test func ratesAreRecovered() throws {
        let truth = [("ann", 0.02), ("bob", 0.15), ("cid", 0.35), ("dee", 0.08)]
        var people = SimulatedPeople(seed: 8)
        var votes: [Vote] = []
        for item in 0..<1_500 {
            let right = people.uniform() < 0.5
            // Each comparison is given to three of the four.
            let absent = people.index(below: 4)
            for (index, annotator) in truth.enumerated() where index != absent {
                let errs = people.uniform() < annotator.1
                votes.append(Vote(item: item, annotator: annotator.0, answer: right != errs))
            }
        }
        let found = DawidSkene.reliabilities(of: votes)
        #expect(found.map(\.name) == ["ann", "bob", "cid", "dee"])
        for (estimate, (name, rate)) in zip(found, truth) {
            print(
                "Dawid–Skene: \(name) recovered \(String(format: "%.3f", estimate.errorRate)), "
                    + "true \(String(format: "%.3f", rate))")
            // The standard error of a share of n votes, half as much again because what is right is estimated too, and
            // what ten votes of prior pull by.
            let count = Double(estimate.overlapping)
            let error = 1.5 * (rate * (1 - rate) / count).squareRoot()
            #expect(abs(estimate.errorRate - rate) < 4 * error + 10 / count, "\(name)")
            #expect(estimate.overlapping == estimate.judgments)
        }
    }

    @Test func withoutOverlapNothingIsEstimated() {
        let votes = (0..<20).map { Vote(item: $0, annotator: $0 < 10 ? "a" : "b", answer: true) }
        #expect(DawidSkene.reliabilities(of: votes).isEmpty)
        // The same annotator twice is no overlap.
        #expect(DawidSkene.reliabilities(of: votes + votes).isEmpty)
    }

    @Test func whoJudgedAloneHasTheRateOfTheOthers() throws {
        let shared = (0..<50).flatMap { item in
            ["a", "b", "c"].map { Vote(item: item, annotator: $0, answer: $0 != "c" || item % 5 > 0) }
        }
        let found = DawidSkene.reliabilities(of: shared + [Vote(item: 99, annotator: "d", answer: true)])
        let alone = try #require(found.last)
        #expect(alone.name == "d" && alone.judgments == 1 && alone.overlapping == 0)
        expectClose(
            alone.errorRate, found.dropLast().map(\.errorRate).reduce(0, +) / 3, relative: 1e-9)
        // c is outvoted ten times of fifty; nobody else ever is.
        expectClose(found[2].errorRate, 11.0 / 60, relative: 0.02)
        #expect(found[0].errorRate < 0.03)
    }

    @Test func judgmentsBecomeVotes() {
        let (first, second) = ([1, 2], [1, 3])
        func judgment(_ sequences: [[Int]], _ verdict: Verdict, _ annotator: String?) -> TokenizedJudgment {
            TokenizedJudgment(
                sequences: sequences, verdict: verdict, context: JudgmentContext(annotator: annotator))
        }
        let votes = DawidSkene.votes(of: [
            judgment([first, second], .preferred(margin: nil), "a"),
            judgment([second, first], .preferred(margin: 1), "b"),
            judgment([second, first], .ranked([2, 1]), "c"),
            judgment([first, second], .ranked([1, 1]), "d"),
            judgment([first], .good(false), "a"), judgment([first], .good(true), "b"),
            judgment([first, second], .preferred(margin: nil), nil),
        ])
        #expect(
            votes == [
                Vote(item: 0, annotator: "a", answer: true), Vote(item: 0, annotator: "b", answer: false),
                Vote(item: 0, annotator: "c", answer: true), Vote(item: 1, annotator: "a", answer: false),
                Vote(item: 1, annotator: "b", answer: true),
            ])
    }

    /// Where groups have heads of their own, what people of one say about those of another is an opinion.
    @Test func anotherOpinionIsNoError() {
        let judgments = (0..<30).flatMap { item in
            [("a", "north", true), ("b", "north", true), ("c", "south", false), ("d", "south", false)].map {
                TokenizedJudgment(
                    sequences: [[item]], verdict: .good($0.2),
                    context: JudgmentContext(annotator: $0.0, group: $0.1))
            }
        }
        let together = DawidSkene.reliabilities(of: DawidSkene.votes(of: judgments))
        #expect(together.allSatisfy { $0.errorRate > 0.3 })
        let apart = DawidSkene.reliabilities(of: DawidSkene.votes(of: judgments, groups: .group))
        #expect(apart.count == 4 && apart.allSatisfy { $0.errorRate < 0.05 })
        let alone = DawidSkene.votes(of: judgments, groups: .annotator)
        #expect(DawidSkene.reliabilities(of: alone).isEmpty)
    }
}
