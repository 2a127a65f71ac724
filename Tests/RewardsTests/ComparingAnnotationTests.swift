import Datasets
import JSON
import Testing

@testable import Rewards

/// Judgments of a judge who sees two answers side by side, whose habits are known.
@Suite struct ComparingAnnotationTests {
    /// Prefers the first place by a half more, and "good" by what is left.
    private struct Habit: ComparingReward {
        let name = "habit"
        let description = "A judge of habits."
        var place = 0.0
        func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { Double($0.text.count) } }
        func preferencesAsGiven(in pairs: [AnswerPair]) -> [Double?] {
            pairs.map { pair in
                guard !pair.first.text.contains("long"), !pair.second.text.contains("long") else {
                    return nil
                }
                let (first, second) = (pair.first.text.contains("good"), pair.second.text.contains("good"))
                return 0.5 + place + (first == second ? 0 : first ? 0.3 : -0.3)
            }
        }
        func principle(for pair: AnswerPair) -> String? { "Be good." }
        func ownLogProbabilities(of inputs: [RewardInput]) -> [Double?] { inputs.map { _ in nil } }
    }

    private func rows(_ texts: [String]...) -> [SourcedRow<ResponsesRow>] {
        texts.enumerated().map { index, texts in
            SourcedRow(
                ResponsesRow(
                    prompt: .plain("Well?"), responses: texts.map { Response(text: $0, finish: .stop) },
                    extra: ["chosen_score": 3, "topic": "tests"]),
                place: Place(file: "responses.jsonl", line: index + 1), index: index)
        }
    }

    private func comparisons(
        _ judge: Habit, _ rows: [SourcedRow<ResponsesRow>], errorRate: Double = 0,
        pairs: PairSelection = .all
    ) throws -> AnnotationPlan.Comparisons {
        let judge = PreferenceJudge(reward: judge, temperature: 0.2, errorRate: errorRate, seed: 1)
        return try AnnotationPlan(judge: judge, pairs: pairs, card: "abc").comparisons(of: rows)
    }

    @Test func theMeanOfBothOrdersIsTheLabel() throws {
        let rows = rows(["bad", "good", "bad ", "good too", "long"])
        let found = try comparisons(Habit(place: 0.1), rows)
        // Of four judged answers two are good: four pairs have one of them, and one of the others is twice the same.
        #expect(found.rows.map(\.chosen) == ["good", "good too", "good", "good too"].map(Text.plain))
        for row in found.rows { #expect(abs((row.preference ?? 0) - 0.8) < 1e-12) }
        #expect(
            (found.identicalPairs, found.tiedPairs, found.unjudgedPairs, found.flippedPairs) == (1, 1, 4, 0))
        #expect(
            found.rows[0].extra == [
                "card": "abc", "principle": "Be good.", "simulated": true, "topic": "tests",
            ])
        // A judge of places: the other order gives the other verdict, and the label is less sure of nothing.
        let places = try comparisons(Habit(place: 0.4), self.rows(["bad", "good"]))
        #expect(places.flippedPairs == 1 && places.rows[0].extra["flipped"] == true)
        #expect(abs((places.rows[0].preference ?? 0) - 0.8) < 1e-12)
        // With nothing but a place to go by it is of two minds, and that is told apart from having none.
        let minds = try comparisons(Habit(place: 0.25), self.rows(["bad", "worse", "worst"]))
        #expect((minds.rows.count, minds.tiedPairs, minds.contradictedPairs) == (0, 3, 3))
        #expect(found.contradictedPairs == 1)
    }

    @Test func slipsTurnJudgmentsRound() throws {
        let rows = rows(["bad", "good"], ["a bad one", "good"], ["worse, bad", "good"], ["bad?", "good"])
        let found = try (0..<8).map { _ in try comparisons(Habit(), rows, errorRate: 0.49) }
        #expect(found.allSatisfy { $0.rows == found[0].rows })
        let turned = found[0].rows.count { $0.chosen != .plain("good") }
        #expect(turned > 0 && turned < 4)
        #expect(found[0].rows.allSatisfy { abs(($0.preference ?? 0) - 0.8) < 1e-12 })
    }

    /// Marks say which pair is meant, both orders which of it is better.
    @Test func extremesAreFoundByMarks() throws {
        let found = try comparisons(Habit(), rows(["good", "bad, and tedious", "bad one"]), pairs: .extremes)
        #expect(found.rows.map(\.rejected) == [.plain("bad, and tedious")])
    }

    @Test func aPrincipleIsDrawnForEachPair() throws {
        func input(_ text: String) -> RewardInput {
            RewardInput(prompt: .plain("Well?"), text: text, isFinished: true)
        }
        let pairs = (0..<30).map { AnswerPair(input("a\($0)"), input("b")) }
        #expect(Set(pairs.map(\.seed)).count == 30)
        #expect(pairs.allSatisfy { $0.swapped.seed == $0.seed })
        #expect(pairs.allSatisfy { $0.adding(toFirst: " more").seed == $0.seed })
        let principles = Principles(["Be kind.", "Be brief."])
        let drawn = Set(pairs.map { principles.principle(for: "Well?", seed: $0.seed) })
        #expect(drawn == ["Be kind.", "Be brief."])
    }
}
