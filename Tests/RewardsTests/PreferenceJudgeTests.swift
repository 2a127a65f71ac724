import Foundation
import RunTestSupport
import Testing

@testable import Rewards

private func scored(_ score: Double, prompt: String) -> ScoredResponse {
    ScoredResponse(
        input: RewardInput(prompt: .plain(prompt), text: "\(score)", isFinished: true), score: score)
}

@Suite struct PreferenceJudgeTests {
    private func judge(temperature: Double = 0.5, errorRate: Double = 0.1, seed: UInt64 = 42)
        -> PreferenceJudge
    {
        PreferenceJudge(
            reward: NumberReward(), temperature: temperature, errorRate: errorRate, seed: seed)
    }

    /// How often the first of two answers with these scores wins over many prompts.
    private func frequency(of first: Double, over second: Double, _ judge: PreferenceJudge, pairs: Int)
        -> Double
    {
        let wins = (0..<pairs).count { index in
            judge.prefers(scored(first, prompt: "p\(index)"), to: scored(second, prompt: "p\(index)"))
        }
        return Double(wins) / Double(pairs)
    }

    @Test func probabilityIsBradleyTerryWithSlips() {
        #expect(judge().probability(ofScore: 1, over: 1) == 0.5)
        let expected = 0.1 + 0.8 / (1 + exp(-2))
        #expect(abs(judge().probability(ofScore: 1, over: 0) - expected) < 1e-12)
        #expect(abs(judge().probability(ofScore: 1000, over: -1000) - 0.9) < 1e-12)
        #expect(judge(temperature: 0, errorRate: 0).probability(ofScore: 0.1, over: 0) == 1)
        for (first, second) in [(0.0, 3.0), (-1.5, 0.2), (4.0, 4.0)] {
            let both =
                judge().probability(ofScore: first, over: second)
                + judge().probability(ofScore: second, over: first)
            #expect(abs(both - 1) < 1e-12)
        }
    }

    @Test func choiceDoesNotDependOnWhichAnswerComesFirst() {
        for index in 0..<500 {
            let first = scored(Double(index % 7) / 3, prompt: "p\(index)")
            let second = scored(Double(index % 5) / 2 + 0.1, prompt: "p\(index)")
            #expect(judge().prefers(first, to: second) != judge().prefers(second, to: first))
        }
    }

    @Test func choiceIsFixedByTheSeed() {
        let choices = { (seed: UInt64) in
            (0..<64).map { index in
                judge(seed: seed).prefers(
                    scored(1, prompt: "p\(index)"), to: scored(0.8, prompt: "p\(index)"))
            }
        }
        #expect(choices(1) == choices(1))
        #expect(choices(1) != choices(2))
    }

    @Test(arguments: [0, 0.05, 0.2, 0.4])
    func clearPairsGoWrongAtTheStatedRate(errorRate: Double) {
        let judge = judge(temperature: 0.01, errorRate: errorRate)
        let recovered = 1 - frequency(of: 5, over: 1, judge, pairs: 20_000)
        print("error rate: true \(errorRate), recovered \(recovered)")
        #expect(abs(recovered - errorRate) < 0.012)
    }

    @Test(arguments: [-1.0, 0.1, 0.3, 1.0])
    func choicesComeAtTheStatedProbability(difference: Double) {
        let judge = judge()
        let expected = judge.probability(ofScore: 2 + difference, over: 2)
        let recovered = frequency(of: 2 + difference, over: 2, judge, pairs: 20_000)
        print("P(preferred) at a difference of \(difference): true \(expected), recovered \(recovered)")
        #expect(abs(recovered - expected) < 0.015)
    }

    @Test func refusesAScoreThatIsNoNumber() {
        let error = #expect(throws: RewardError.self) {
            try judge().scored([RewardInput(prompt: .plain("p"), text: "many", isFinished: true)])
        }
        #expect(error?.description.contains("expected a finite number; it begins 'many'") == true)
    }

    @Test func describesItsSlips() {
        #expect(judge().description.contains("10 % of its choices are flipped"))
    }
}
