import Foundation
import Statistics
import TestSupport
import Testing

@testable import Evaluation

/// What wins are made of, on the numbers of a real study: 64 prompts, 80 tokens, of which a start ends few answers.
@Suite struct CompositionTests {
    private func comparisons(
        _ outcomes: [Outcome], arm: (ended: Bool, length: Int), reference: (ended: Bool, length: Int),
        from prompt: Int
    ) -> [ArmComparison] {
        outcomes.enumerated().map { index, outcome in
            ArmComparison(
                prompt: prompt + index, outcome: outcome,
                arm: .init(isFinished: arm.ended, length: arm.length + index),
                reference: .init(isFinished: reference.ended, length: reference.length + 2 * index))
        }
    }

    private func outcomes(wins: Int, ties: Int = 0, losses: Int) -> [Outcome] {
        Array(repeating: .win, count: wins) + Array(repeating: .tie, count: ties)
            + Array(repeating: .loss, count: losses)
    }

    private var study: ComparisonStatistics {
        ComparisonStatistics(
            comparisons:
                comparisons(outcomes(wins: 35, losses: 0), arm: (true, 150), reference: (false, 300), from: 0)
                + comparisons(
                    outcomes(wins: 0, losses: 2), arm: (false, 300), reference: (true, 200), from: 35)
                + comparisons(
                    outcomes(wins: 7, losses: 7), arm: (false, 310), reference: (false, 305), from: 37)
                + comparisons(
                    outcomes(wins: 7, ties: 1, losses: 5), arm: (true, 140), reference: (true, 160), from: 51),
            seed: 7)
    }

    private func report(_ statistics: ComparisonStatistics) -> Report {
        Report(
            title: "t", created: Date(timeIntervalSince1970: 0),
            arms: [
                .init(name: "start"),
                .init(
                    name: "ppo", winRate: statistics.winRate?.rate,
                    lengthControlledWinRate: statistics.lengthControlled,
                    composition: statistics.composition),
            ],
            reference: "start", prompts: 64,
            annotator: .init(name: "warm", isSimulated: true, description: ""), seconds: 1, command: "heed")
    }

    @Test func tiesAloneAreSaid() {
        let tied = ComparisonStatistics(
            comparisons: comparisons(
                outcomes(wins: 0, ties: 3, losses: 0), arm: (true, 9), reference: (true, 9), from: 0), seed: 7
        )
        #expect(
            report(tied).summary == [
                "All 3 comparisons of ppo with start are ties: what judges finds no difference between their answers."
            ])
    }

    @Test func winsAreSplitByWhoEnded() throws {
        let composition = try #require(study.composition)
        #expect(composition.byEnding.map(\.side) == [.both, .arm, .reference, .neither])
        let counts = composition.byEnding.map { [$0.rate.wins, $0.rate.ties, $0.rate.losses] }
        #expect(counts == [[7, 1, 5], [35, 0, 0], [0, 0, 2], [7, 0, 7]])
        let same = try #require(composition.sameEnding)
        #expect((same.wins, same.ties, same.losses) == (14, 1, 12))
        #expect(abs(same.rate.mean - 14.5 / 27) < 1e-12)
        #expect(composition.count == 64)
        #expect(study.winRate?.rate.mean == 49.5 / 64)
    }

    @Test func winsAreSplitByWhoIsLonger() throws {
        let split = ComparisonStatistics(
            comparisons: [
                .init(
                    prompt: 0, outcome: .win, arm: .init(isFinished: true, length: 5),
                    reference: .init(isFinished: true, length: 4)),
                .init(
                    prompt: 1, outcome: .loss, arm: .init(isFinished: true, length: 3),
                    reference: .init(isFinished: true, length: 4)),
                .init(
                    prompt: 2, outcome: .tie, arm: .init(isFinished: true, length: 4),
                    reference: .init(isFinished: true, length: 4)),
            ], seed: 1)
        let parts = try #require(split.composition).byLength
        #expect(parts.map(\.side) == [.arm, .reference, .neither])
        #expect(parts.map(\.rate.rate.mean) == [1, 0, 0.5])
    }

    @Test func theHeadlineSaysWhatIsLeft() throws {
        let report = report(study)
        let headline = try #require(report.summary.first)
        #expect(
            headline.hasPrefix(
                "ppo's answers were preferred to those of start on 77 % of 64 held-out prompts"))
        let same = try #require(study.composition?.sameEnding?.rate)
        let bounds = try #require(Report.interval(same))
        #expect(
            headline.contains(
                "35 of its 49 wins are over answers of start that were cut off where its own ended; where both ended or "
                    + "neither did, ppo was preferred on 54 % (\(bounds)) of 27 comparisons, which includes 50 %: without "
                    + "the difference in ending, these data do not show that ppo is better than start."))
        #expect(headline.contains("At equal length it would be preferred on "))
        let page = report.html()
        #expect(page.contains("35 of its 49 wins") && page.contains("What wins are made of"))
        #expect(page.contains("only ppo ended") && page.contains("both cut off"))
    }

    @Test func aWinThatHoldsIsNotTalkedDown() throws {
        let clear = ComparisonStatistics(
            comparisons: comparisons(
                outcomes(wins: 30, losses: 4), arm: (true, 150), reference: (true, 150), from: 0)
                + comparisons(
                    outcomes(wins: 4, losses: 0), arm: (true, 100), reference: (false, 300), from: 34),
            seed: 3)
        let headline = try #require(report(clear).summary.first)
        #expect(headline.contains("4 of its 34 wins are over answers of start"))
        #expect(!headline.contains("do not show") && !headline.contains("includes 50 %"))
    }

    @Test func lossesAreQualifiedToo() throws {
        let worse = ComparisonStatistics(
            comparisons: comparisons(
                outcomes(wins: 0, losses: 30), arm: (false, 300), reference: (true, 150), from: 0)
                + comparisons(
                    outcomes(wins: 6, losses: 6), arm: (true, 100), reference: (true, 100), from: 30),
            seed: 3)
        let headline = try #require(report(worse).summary.first)
        #expect(headline.contains("it became worse"))
        #expect(headline.contains("30 of its 36 losses are answers that were cut off where start's ended"))
        #expect(headline.contains("these data do not show that ppo is worse than start"))
    }

    @Test func withoutAnyCommonEndingNothingElseIsKnown() throws {
        let apart = ComparisonStatistics(
            comparisons: comparisons(
                outcomes(wins: 30, losses: 2), arm: (true, 150), reference: (false, 300), from: 0), seed: 3)
        #expect(apart.composition?.sameEnding == nil)
        #expect(
            try #require(report(apart).summary.first).contains(
                "in no comparison did both end or neither, so what else ppo learned cannot be told."))
    }

    @Test func lengthThatTellsEverythingIsSaid() throws {
        let byLength = ComparisonStatistics(
            comparisons: comparisons(
                outcomes(wins: 20, losses: 0), arm: (true, 900), reference: (true, 100), from: 0)
                + comparisons(outcomes(wins: 0, losses: 4), arm: (true, 90), reference: (true, 600), from: 20),
            seed: 3)
        #expect(byLength.lengthControlled == nil)
        let report = report(byLength)
        #expect(
            try #require(report.summary.first).contains(
                "Length alone tells its wins from its losses, so what ppo would win at equal length cannot be told"
            ))
        #expect(report.html().contains("cannot be told"))
    }

    @Test func equalArmsHaveNothingToQualify() throws {
        let equal = ComparisonStatistics(
            comparisons: (0..<20).map {
                .init(
                    prompt: $0, outcome: .tie, arm: .init(isFinished: true, length: $0),
                    reference: .init(isFinished: true, length: $0))
            }, seed: 3)
        #expect(equal.lengthControlled == Estimate(mean: 0.5, low: 0.5, high: 0.5))
        let report = report(equal)
        #expect(report.qualification(of: report.arms[1]).isEmpty)
        #expect(ComparisonStatistics(comparisons: [], seed: 1).composition == nil)
    }

    @Test func topicsAreKeptApartAndFewAreSaid() throws {
        let names: [String?] = (0..<64).map {
            $0 < 20 ? "food" : $0 < 23 ? "health" : $0 < 40 ? "history" : nil
        }
        let topics = try #require(study.topics(names))
        #expect(topics.map(\.topic) == ["food", "health", "history"])
        #expect(topics.map(\.prompts) == [20, 3, 17])
        #expect(topics.map(\.isEnough) == [true, false, true])
        #expect(topics[0].rate.rate.mean == 1)
        #expect(study.topics(Array(repeating: nil, count: 64)) == nil)

        var report = report(study)
        report.arms[1].topics = topics
        let page = report.html()
        #expect(
            page.contains("food (20 prompts)") && page.contains("Too few prompts") && page.contains("health.")
        )
        #expect(try Report(json: report.json()) == report)
    }

    /// The keys of the contract, as shares like the plain win rate.
    @Test func jsonHasTheLengthControlledRate() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: report(study).json()) as? [String: Any])
        let arms = try #require(object["arms"] as? [[String: Any]])
        #expect(arms[0]["length_controlled_win_rate"] is NSNull)
        let rate = try #require(arms[1]["length_controlled_win_rate"] as? [String: Double])
        #expect(Set(rate.keys) == ["mean", "low", "high"])
        #expect(try #require(rate["mean"]) > 0 && #require(rate["mean"]) < 1)
        #expect(arms[1]["composition"] is [String: Any])
    }
}
