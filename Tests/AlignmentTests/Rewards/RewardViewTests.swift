import Datasets
import Foundation
import TestSupport
import Testing

@testable import Alignment

@Suite struct RewardViewTests {
    private var description: RewardDescription {
        var description = RewardDescription(aspects: ["helpful", "safe"])
        description.groups = .init(column: .group, names: ["north", "south"])
        return description
    }

    private func view(_ options: String) throws -> RewardView {
        try RewardView(AnnotatorSpecification("reward-model" + (options.isEmpty ? "" : ":" + options)))
    }

    /// The shared scores are 2 and 1; north has 3 and 1, south 0 and −1.
    private let scores: [[Double]] = [[2, 1], [3, 1], [0, -1]]

    @Test(arguments: [
        ("", 1.5), ("weights=helpful", 2), ("weights=helpful*2+safe*-1", 3), ("group=north", 2),
        ("group=south", -0.5), ("group=mean", 0.75), ("group=worst", -0.5),
        // σ(1) = 0.73: safe enough, and the other aspect counts.
        ("gate=safe", 2), ("gate=safe,threshold=0.8", 1),
        // In the south it is σ(−1) = 0.27.
        ("gate=safe,threshold=0.3,group=south", -1), ("gate=safe,threshold=0.3,group=worst", -1),
    ]) func oneNumberOfMany(_ options: String, _ expected: Double) throws {
        expectClose(try view(options).score([scores], [description]), expected, relative: 1e-12, options)
    }

    @Test func cautionTakesDeviationsOff() throws {
        let members: [[[Double]]] = [[[1]], [[3]], [[8]]]
        let description = RewardDescription(aspects: ["LABEL_0"])
        // Mean 4, deviation √((9 + 1 + 16) / 2).
        let score = try view("k=2").score(members, [description, description, description])
        expectClose(score, 4 - 2 * 13.0.squareRoot(), relative: 1e-12)
        expectClose(try view("k=2").score([[[5]]], [description]), 5, relative: 1e-12)
    }

    @Test func normalisedScoresAreInDeviations() throws {
        var description = RewardDescription(aspects: ["helpful", "safe"])
        description.normalizer = ScoreNormalizer([[[1, 5]], [[3, 5]]])
        // Mean 2, deviation √2; the second aspect never varied and says nothing.
        let score = try view("normalize=true").score([[[4, 9]]], [description])
        expectClose(score, (2 / 2.0.squareRoot()) / 2, relative: 1e-12)
        #expect(ScoreNormalizer([[[1]]]) == nil)
    }

    @Test func whatTheModelLacksIsRefused() throws {
        let plain = RewardDescription(aspects: ["LABEL_0"])
        for options in ["group=east", "group=worst", "weights=kind", "gate=safe", "normalize=true"] {
            #expect(throws: InvalidSetting.self, "\(options)") { try view(options).check(plain, model: "m") }
        }
        for options in ["weights=helpful*x", "k=-1", "normalize=maybe", "threshold=2"] {
            #expect(throws: AnnotatorError.self, "\(options)") { try view(options) }
        }
        try view("group=worst,gate=safe,weights=helpful*2").check(description, model: "m")
    }
}

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
        let learnt = description.likelihood
        // Two of three thumbs are up: 2.5 to 1.5.
        expectClose(try #require(learnt.thumbOffsets), [-log(2.5 / 1.5), -log(2.5 / 1.5)], relative: 1e-12)
        // One of two is a tie: ν / (2 + ν) = 1/2.
        #expect(learnt.logTies == [[log(2)], [log(2)]])
        #expect(learnt.ratings.map(\.scale.edges) == [[3.5], [1.5, 3]])
        // Half of the marks are above the lowest level, a quarter is above the next.
        expectClose(learnt.ratings[1].lowestThresholds, [0, 0], relative: 1e-12)
        expectClose(learnt.ratings[1].logGaps[0], [log(log(3.5 / 1.5))], relative: 1e-12)
        #expect(learnt.groupLeniencies == nil && description.annotators == nil)
    }

    @Test func comparisonsAloneLearnNothingBesides() throws {
        let description = try RewardDescription(
            of: [judgment(.preferred(margin: nil))], aspects: ["LABEL_0"], .init())
        #expect(description.likelihood == LearntLikelihood())
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
