import Foundation
import Rewards
import Statistics

/// What a judge says of pairs of answers.
struct JudgedPairs {
    /// Of one pair the probabilities that its first answer is the better one: asked as it stands, and the other way round.
    struct Verdict {
        let forwards: Double
        let backwards: Double

        var preference: Double { (forwards + backwards) / 2 }
        /// 1 for the first answer, 0 for the second; one half where the judge has no preference.
        var choice: Double { preference == 0.5 ? 0.5 : preference > 0.5 ? 1 : 0 }
    }

    private let judge: PreferenceJudge
    private let comparing: (any ComparingReward)?

    init(_ judge: PreferenceJudge) {
        self.judge = judge
        comparing = judge.reward as? any ComparingReward
    }

    /// Whether it sees two answers side by side, and one of them first.
    var seesPlaces: Bool { comparing != nil }

    /// Nil where it has no verdict. A reward that scores answers one by one compares them by their scores.
    func verdicts(on pairs: [AnswerPair]) throws -> [Verdict?] {
        if let comparing {
            return try comparing.preferences(in: pairs).map {
                $0.map { Verdict(forwards: $0.forwards, backwards: $0.backwards) }
            }
        }
        return try verdictsByMarks(on: pairs)
    }

    /// The same by the marks that it gives to single answers.
    func verdictsByMarks(on pairs: [AnswerPair]) throws -> [Verdict?] {
        let scores = try judge.reward.checkedScores(of: pairs.flatMap { [$0.first, $0.second] })
        return pairs.indices.map { index in
            guard let first = scores[2 * index], let second = scores[2 * index + 1] else { return nil }
            let preference = judge.probability(ofScore: first, over: second)
            return Verdict(forwards: preference, backwards: preference)
        }
    }

    /// Those of which one is drawn for a pair.
    var principles: [String] { comparing?.principles ?? [] }

    /// By one of them alone.
    func judging(by principle: String) -> JudgedPairs {
        guard let comparing else { return self }
        return JudgedPairs(
            PreferenceJudge(
                reward: comparing.judging(by: principle), temperature: judge.temperature,
                errorRate: judge.errorRate, seed: judge.seed))
    }

    /// Of each pair whether its first answer is the more likely one to be written by the judge itself; nil where it writes
    /// nothing.
    func ownPreferences(in pairs: [AnswerPair]) throws -> [Bool?] {
        guard let comparing else { return pairs.map { _ in nil } }
        let values = try comparing.ownLogProbabilities(of: pairs.flatMap { [$0.first, $0.second] })
        return pairs.indices.map { index in
            guard let first = values[2 * index], let second = values[2 * index + 1], first != second else {
                return nil
            }
            return first > second
        }
    }
}
