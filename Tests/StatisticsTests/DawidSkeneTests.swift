import Foundation
import RandomNumbers
import Statistics
import TestSupport
import Testing

@Suite struct DawidSkeneTests {
    /// Simulated annotators of known error rates judge the same comparisons; the rates must come back.
    @Test func ratesAreRecovered() throws {
        let truth = [("ann", 0.02), ("bob", 0.15), ("cid", 0.35), ("dee", 0.08)]
        var random = RandomSource(seed: 8)
        var votes: [Vote] = []
        for item in 0..<1_500 {
            let right = random.uniform() < 0.5
            // Each comparison is given to three of the four.
            let absent = random.integer(below: 4)
            for (index, annotator) in truth.enumerated() where index != absent {
                let errs = random.uniform() < annotator.1
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
}
