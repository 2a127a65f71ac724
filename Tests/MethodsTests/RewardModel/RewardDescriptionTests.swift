import Datasets
import Foundation
import Rewards
import Settings
import TestSupport
import Testing

@testable import Methods

@Suite struct RewardDescriptionTests {
    private func judgment(
        _ verdict: Verdict, lengths: [Int] = [3, 2], group: String? = nil
    ) -> TokenizedJudgment {
        TokenizedJudgment(
            sequences: lengths.map { Array(repeating: 1, count: $0) }, verdict: verdict,
            context: JudgmentContext(group: group))
    }

    private func mark(_ mark: Double, _ range: ClosedRange<Double>? = 1...5) -> TokenizedJudgment {
        judgment(.rated(mark, scale: range), lengths: [2])
    }

    @Test func parametersBeginAtTheFrequenciesOfTheRows() throws {
        let rows =
            [1, 1, 2, 4].map { mark($0) } + [mark(3, nil), mark(4, nil)]
            + [true, true, false].map { judgment(.good($0), lengths: [2]) }
            + [judgment(.preferred(margin: nil)), judgment(.ranked([1, 1]))]
        let description = try RewardDescription(of: rows, aspects: ["a", "b"], .init())
        let learned = description.likelihood
        // Two of three thumbs are up: 2.5 to 1.5.
        expectClose(try #require(learned.thumbOffsets), [-log(2.5 / 1.5), -log(2.5 / 1.5)], relative: 1e-12)
        // One of two is a tie: ν / (2 + ν) = 1/2.
        #expect(learned.logTies == [[log(2)], [log(2)]])
        #expect(learned.ratings.map(\.scale.edges) == [[3.5], [1.5, 3]])
        // Half of the marks are above the lowest level, a quarter is above the next.
        expectClose(learned.ratings[1].lowestThresholds, [0, 0], relative: 1e-12)
        expectClose(learned.ratings[1].logGaps[0], [log(log(3.5 / 1.5))], relative: 1e-12)
        #expect(learned.groupLeniencies == nil && description.annotators == nil)
    }

    @Test func comparisonsAloneLearnNothingBesides() throws {
        let description = try RewardDescription(
            of: [judgment(.preferred(margin: nil))], aspects: ["LABEL_0"], .init())
        #expect(description.likelihood == LearnedLikelihood())
    }

    @Test func manyMarksBecomeTenths() {
        let scale = RatingScale(0...100, marks: (0..<200).map { Double($0) / 2 })
        #expect(scale.levelCount == 10)
        let counts = (0..<200).reduce(into: [Int: Int]()) {
            $0[scale.level(of: Double($1) / 2), default: 0] += 1
        }
        #expect(counts.values.allSatisfy { (18...22).contains($0) }, "\(counts)")
    }

    @Test func whatTheRowsDoNotServeIsRefused() {
        #expect(throws: InvalidSetting.self) {
            try RewardDescription(of: [mark(5), mark(5)], aspects: ["a"], .init())
        }
        var configuration = RewardModeling.Configuration()
        configuration.groups = .group
        #expect(throws: InvalidSetting.self) {
            try RewardDescription(of: [judgment(.preferred(margin: nil))], aspects: ["a"], configuration)
        }
    }

    /// From a simulated habit: the longer answer is preferred with the log-odds 0.8 · ln(1 + n).
    @Test func theLengthBaselineIsRecovered() {
        var people = SimulatedPeople(seed: 9)
        let rows = (0..<4_000).map { _ -> TokenizedJudgment in
            let (short, difference) = (5 + people.index(below: 20), 1 + people.index(below: 30))
            let longerWins = 0.8 * log1p(Double(difference)) + people.logistic() > 0
            let lengths = [short + difference, short]
            return judgment(.preferred(margin: nil), lengths: longerWins ? lengths : lengths.reversed())
        }
        let baseline = LengthOnlyModel(rows)
        print("length baseline: recovered \(baseline.slope), true 0.8")
        // Information n · E[x² p (1 − p)], with x about 2.5 and p about 0.88: a standard error of 0.02.
        #expect(abs(baseline.slope - 0.8) < 0.08)
        #expect(baseline.logOdds(tokensLonger: 7) == -baseline.logOdds(tokensLonger: -7))
        #expect(LengthOnlyModel.longerIsBetter.logOdds(tokensLonger: 1) > 0)
    }

    @Test func thumbsHaveALengthBaselineToo() {
        var people = SimulatedPeople(seed: 10)
        let rows = (0..<4_000).map { _ -> TokenizedJudgment in
            let length = 1 + people.index(below: 40)
            let isGood = 1.2 * log(Double(length)) - 3 + people.logistic() > 0
            return judgment(.good(isGood), lengths: [length])
        }
        let baseline = LengthOnlyModel(rows)
        print("thumbs by length: recovered \(baseline.thumbSlope), \(baseline.thumbIntercept), true 1.2, −3")
        #expect(abs(baseline.thumbSlope - 1.2) < 0.25 && abs(baseline.thumbIntercept + 3) < 0.7)
        #expect(baseline.slope == 0)
    }
}
