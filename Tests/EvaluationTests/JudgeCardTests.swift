import Datasets
import Foundation
import Rewards
import Testing

@testable import Evaluation

/// Judges whose habits are known by construction.
@Suite struct JudgeCardTests {
    /// Prefers by a function of both texts, with a preference for a place.
    private struct Habit: ComparingReward {
        let name = "habit"
        let description = "A judge of habits."
        var first: (String, String) -> Double

        func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { _ in 0 } }
        func preferencesAsGiven(in pairs: [AnswerPair]) -> [Double?] {
            pairs.map { first($0.first.text, $0.second.text) }
        }
        func ownLogProbabilities(of inputs: [RewardInput]) -> [Double?] {
            inputs.map { -Double($0.text.count) }
        }
    }

    /// Longer than three characters is better, or worse.
    private struct Length: Reward {
        let name = "length"
        let description = "A judge of lengths."
        func scores(of inputs: [RewardInput]) -> [Double?] {
            inputs.map { $0.text.contains("?") ? nil : Double($0.text.count) }
        }
    }

    private func row(_ number: Int, _ chosen: String, _ rejected: String, by annotator: String? = nil)
        -> SourcedRow<ComparisonRow>
    {
        SourcedRow(
            ComparisonRow(
                prompt: .plain("q\(number)"), chosen: .plain(chosen), rejected: .plain(rejected),
                context: JudgmentContext(annotator: annotator)),
            place: Place(file: "votes", line: number), index: number - 1)
    }

    private func card(_ reward: any Reward, _ rows: [SourcedRow<ComparisonRow>]) throws -> JudgeCard {
        let judge = PreferenceJudge(reward: reward, temperature: 1, errorRate: 0, seed: 1)
        let measurement = try JudgeCardMeasurement(
            judge, argument: reward.name, rows: rows, file: "votes", seed: 1)
        var last = -1
        let card = try measurement.card {
            #expect($0 > last)
            last = $0
        }
        #expect(last < measurement.questionCount)
        return card
    }

    /// People prefer the longer answer in three of four.
    private var rows: [SourcedRow<ComparisonRow>] {
        (1...40).map { $0.isMultiple(of: 4) ? row($0, "ab", "abcd") : row($0, "wxyz", "vw") }
    }

    @Test func aJudgeOfLengths() throws {
        let card = try card(Length(), rows)
        #expect(card.agreement.mean == 0.75)
        #expect(card.longerPreferred?.judge.mean == 1)
        #expect(card.longerPreferred?.people.mean == 0.75)
        #expect(card.repeatability.mean == 1)
        // What orders is longer.
        #expect(card.injection.mean == 1)
        // It sees one answer at a time, and writes none.
        #expect(card.orderConsistency == nil && card.identicalFirst == nil && card.selfPreference == nil)
        #expect(card.findings.contains { $0.contains("longer answer in 100 %") })
        #expect(card.lines.contains { $0.contains("0.75 (0.") })
    }

    /// Of two principles one is what people went by.
    @Test func principlesExplainJudgments() throws {
        struct Ruled: ComparingReward {
            let name = "ruled"
            let description = "A judge by rules."
            var rule: String?
            var principles: [String] { ["short", "long"] }
            func judging(by principle: String) -> any ComparingReward { Ruled(rule: principle) }
            func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { Double($0.text.count) } }
            func preferencesAsGiven(in pairs: [AnswerPair]) -> [Double?] {
                pairs.map { pair in
                    let isLonger = pair.first.text.count > pair.second.text.count
                    return isLonger == (rule == "long") ? 0.9 : 0.1
                }
            }
            func ownLogProbabilities(of inputs: [RewardInput]) -> [Double?] { inputs.map { _ in nil } }
        }
        let judge = PreferenceJudge(reward: Ruled(), temperature: 1, errorRate: 0, seed: 1)
        let card = try JudgeCardMeasurement(
            judge, argument: "ruled", rows: rows, file: "votes", seed: 1, comparesPrinciples: true
        ).card { _ in }
        let found = try #require(card.principles)
        #expect(found.map(\.principle) == ["long", "short"])
        #expect(
            abs(found[0].heldOut.mean - 0.75) < 0.2
                && abs(found[0].heldOut.mean + found[1].heldOut.mean - 1) < 1e-9)
        #expect(!found[0].against.isEmpty && found[0].against.allSatisfy { $0.hasPrefix("votes:") })
        // People preferred the longer answer of three in four, and so does a mark for length.
        #expect(card.marksAgreement?.mean == 0.75)
        #expect(card.counts["agreement"] == 40 && card.counts["longer_preferred"] == 40)
        #expect(card.lines.contains { $0.contains("by one principle alone") })
    }

    @Test func aJudgeOfPlaces() throws {
        let card = try card(Habit { _, _ in 0.9 }, rows)
        // Its two orders cancel, and nothing is preferred.
        #expect(card.agreement.mean == 0.5)
        #expect(card.kappa == nil && card.ties == 40)
        // Wilson's interval of 40 in 40.
        #expect(card.orderConsistency?.mean == 0)
        #expect(card.firstPreferred?.mean == 1 && abs((card.firstPreferred?.low ?? 0) - 0.9124) < 1e-4)
        #expect(abs((card.identicalFirst?.mean ?? 0) - 0.9) < 1e-12)
        #expect(card.findings.contains { $0.contains("judges places") })
        #expect(card.findings.contains { $0.contains("not clear of chance") })
    }

    @Test func aJudgeThatAgrees() throws {
        let card = try card(
            Habit { $0 < $1 ? 0.2 : $0 > $1 ? 0.7 : 0.5 }, (1...40).map { row($0, "wxyz", "vw") })
        #expect(card.agreement.mean == 1)
        #expect(card.orderConsistency?.mean == 1)
        #expect(card.firstPreferred?.mean == 0.5)
        #expect(card.identicalFirst?.mean == 0.5)
        // The mean of both orders, 0.7 and 1 − 0.2, in every pair.
        #expect(abs((card.calibration?.bins.first?.confidence ?? 0) - 0.75) < 1e-12)
        #expect(abs((card.calibration?.expectedError ?? 0) - 0.25) < 1e-12)
        // The likelier of its own answers is the shorter one, which neither it nor people prefer.
        #expect(card.selfPreference?.judge.mean == 0 && card.selfPreference?.people.mean == 0)
    }

    /// Two agree on q1 and q2 and differ on q3; the judge is with the first of them, and each pair is judged once.
    @Test func peopleAmongThemselves() throws {
        let votes = [
            row(1, "wxyz", "vw", by: "a"), row(1, "wxyz", "vw", by: "b"), row(2, "ab", "abcd", by: "a"),
            row(2, "ab", "abcd", by: "b"), row(3, "wxyz", "vw", by: "a"), row(3, "vw", "wxyz", by: "b"),
        ]
        let card = try card(Length(), votes)
        #expect(card.judgments == 6 && card.pairs == 3)
        #expect(abs((card.peopleAgreement?.mean ?? 0) - 2.0 / 3) < 1e-12)
        #expect(abs(card.agreement.mean - 0.5) < 1e-12)
    }

    @Test func whatCannotBeJudgedIsCounted() throws {
        let card = try card(Length(), rows + [row(41, "why?", "no"), row(42, "same", "same")])
        #expect(card.pairs == 41 && card.unjudged == 1)
        #expect(throws: DataError.self) { try self.card(Length(), [row(1, "same", "same")]) }
        #expect(throws: DataError.self) { try self.card(Length(), [row(1, "why?", "no")]) }
    }
}
