import Datasets
import Foundation
import JSON
import Statistics
import Testing

@testable import Evaluation

/// Whose preferences: shares, habits and shifts, worked out by hand.
@Suite struct GroupsTests {
    /// exp(−4 · 0.7) = 0.06081 and exp(−4 · 0.3) = 0.30119.
    @Test func theWorstOffGetTheLargerShare() {
        let shares = GroupsInput.shares(winRates: [("served", 0.7), ("left", 0.3)], favour: 4)
        #expect(abs(shares[0].share - 0.06081 / 0.36200) < 1e-4)
        #expect(abs(shares[1].share - 0.30119 / 0.36200) < 1e-4)
        #expect(
            GroupsInput.shares(winRates: [("a", 0.9), ("b", 0.1)], favour: 0).map(\.share) == [0.5, 0.5])
    }

    // MARK: Habits

    private func row(
        _ prompt: Int, _ chosen: String, _ rejected: String, by annotator: String, first: Bool? = nil
    ) -> SourcedRow<ComparisonRow> {
        let row = ComparisonRow(
            prompt: .plain("Question \(prompt)?"), chosen: .plain(chosen), rejected: .plain(rejected),
            context: JudgmentContext(annotator: annotator),
            extra: first.map { [JudgmentHabits.chosenFirst: .boolean($0)] } ?? [:])
        return SourcedRow(row, place: Place(file: "rows.jsonl", line: prompt + 1), index: prompt)
    }

    /// Answers of equal length, of which one says "yes": the groups agree on three of four prompts, and nothing but a coin is
    /// expected of them.
    @Test func agreementWithoutHabitsIsCorrectedForACoin() throws {
        let rows = { (name: String, choices: [Bool]) in
            choices.enumerated().map { prompt, yes in
                yes
                    ? self.row(prompt, "yes", "no.", by: name) : self.row(prompt, "no.", "yes", by: name)
            }
        }
        let habits = try JudgmentHabits([
            ("one", rows("a", [true, true, false, false])), ("two", rows("b", [true, true, false, true])),
        ])
        let pair = try #require(habits.pairs.first)
        #expect(pair.compared == 4 && pair.agreement?.mean == 0.75)
        #expect(pair.corrected?.mean == 0.5)
        #expect(habits.raters.map(\.judgments) == [4, 4] && habits.raters.allSatisfy { $0.longer == nil })
    }

    /// Both choose whatever is longer: they agree always, and next to nothing of it is more than the habit.
    @Test func agreementByLengthAloneIsCorrectedAway() throws {
        let rows = { (name: String) in
            (0..<200).map { self.row($0, "a long answer \($0)", "short", by: name) }
        }
        let habits = try JudgmentHabits([("one", rows("a")), ("two", rows("b"))])
        let pair = try #require(habits.pairs.first)
        #expect(pair.agreement?.mean == 1 && habits.raters[0].longer?.mean == 1)
        // Of a habit that tells (almost) everything nothing is left to say.
        #expect(pair.corrected == nil || (pair.corrected?.mean ?? 1) <= 1)
        #expect(habits.raters[0].first == nil)
    }

    /// One chooses what is shown first, the other what is longer; shown first and longer are independent of each other, so that
    /// they agree by chance, and the correction leaves that at nothing.
    @Test func habitsOfPlaceAndLengthAreTold() throws {
        var (one, two): ([SourcedRow<ComparisonRow>], [SourcedRow<ComparisonRow>]) = ([], [])
        for prompt in 0..<40 {
            let (long, short) = ("a long answer \(prompt)", "brief \(prompt)")
            let longFirst = prompt.isMultiple(of: 2)
            one.append(
                longFirst
                    ? row(prompt, long, short, by: "a", first: true)
                    : row(prompt, short, long, by: "a", first: true))
            two.append(row(prompt, long, short, by: "b", first: longFirst))
        }
        let habits = try JudgmentHabits([("one", one), ("two", two)])
        #expect(habits.raters[0].first?.mean == 1 && habits.raters[0].longer?.mean == 0.5)
        #expect(habits.raters[1].first?.mean == 0.5 && habits.raters[1].longer?.mean == 1)
        let pair = try #require(habits.pairs.first)
        #expect(pair.agreement?.mean == 0.5)
        #expect(abs(try #require(pair.corrected).mean) < 0.01)
    }

    @Test func severalAnnotatorsOfAGroupStandAlone() throws {
        let habits = try JudgmentHabits([
            ("one", [row(0, "x", "y", by: "a"), row(0, "y", "x", by: "b")]), ("two", []),
        ])
        #expect(habits.raters.map(\.annotator) == [nil, "a", "b", nil])
        #expect(habits.pairs == [.init(first: "one", second: "two", compared: 0)])
    }

    // MARK: Shifts

    /// (1, 2, 3, 4) against itself, against its reverse and against (1, −1, −1, 1): correlations 1, −1 and 0.
    @Test func correlationsByHand() throws {
        func measured(_ shifts: [Double]?) -> ArmMeasurement {
            ArmMeasurement(
                prompts: ["a", "b", "c", "d"],
                answers: (0..<4).map {
                    .init(prompt: $0, text: "x", tokens: 1, isFinished: true, scores: [:])
                },
                stations: [], distinct2: nil, perplexity: nil, cost: .init(), shifts: shifts)
        }
        let start = measured(nil)
        func correlation(_ other: [Double]?) -> Double? {
            GroupsAnalysis.correlation(of: [measured([1, 2, 3, 4])], with: [measured(other)], start: start)?
                .value
        }
        #expect(abs((correlation([1, 2, 3, 4]) ?? 0) - 1) < 1e-12)
        #expect(abs((correlation([4, 3, 2, 1]) ?? 0) + 1) < 1e-12)
        #expect(abs(correlation([1, -1, -1, 1]) ?? 1) < 1e-12)
        #expect(correlation(nil) == nil && correlation([1, 1, 1, 1]) == nil)
    }
}
