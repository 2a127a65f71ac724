import Datasets
import Foundation
import RandomNumbers

/// Turns a reward's scores into choices that err as people do.
///
/// The model of Bradley and Terry (*Rank Analysis of Incomplete Block Designs*, 1952) with slips:
///
///     P(a preferred to b) = e + (1 − 2e) · σ((score(a) − score(b)) / temperature)
///
/// The judge means the choice of the logistic model, and with probability e, the error rate, the other answer is
/// written down. So however clear a pair is, a share e of such pairs is wrong; and e is the label noise that the
/// `robust` and `cdpo` losses ask for.
///
/// A choice is drawn by a number derived from the seed, the reward's name, the prompt and the two texts. It is
/// the same whichever answer comes first, in whatever order the rows are judged, and on every machine.
public struct PreferenceJudge {
    public let reward: any Reward
    /// The score difference at which the better answer is meant 2.718… times as often as the other; at 0 the better
    /// answer is always meant.
    public let temperature: Double
    public let errorRate: Double
    public let seed: UInt64
    /// What its verdicts follow from; nil where it was made by no settings.
    public var origin: JudgeOrigin?

    public init(reward: any Reward, temperature: Double, errorRate: Double, seed: UInt64) {
        precondition(temperature >= 0, "temperature is \(temperature), expected at least 0")
        precondition((0..<0.5).contains(errorRate), "errorRate is \(errorRate), expected 0 to below 0.5")
        self.reward = reward
        self.temperature = temperature
        self.errorRate = errorRate
        self.seed = seed
    }

    /// What a reader of the screen or the report should know about the judgments.
    public var description: String {
        reward.description
            + " It prefers the higher score with the probability of a Bradley–Terry model at temperature "
            + "\((temperature * 1e4).rounded() / 1e4), and \(errorPercent) % of its choices are flipped at random, as slips."
    }

    /// The same where it compares answers side by side and is asked to.
    public var descriptionOfComparing: String {
        guard comparing != nil else { return description }
        return reward.description
            + " It compares two answers at a time, in both orders; the mean of both probabilities is the label"
            + (errorRate == 0
                ? "." : ", and \(errorPercent) % of its judgments are turned round at random, as slips.")
    }

    /// The reward, where it sees two answers side by side.
    var comparing: (any ComparingReward)? { reward as? any ComparingReward }

    private var errorPercent: String {
        let tenths = Int((errorRate * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// The probability that an answer with `score` is written down as preferred to one with `other`.
    public func probability(ofScore score: Double, over other: Double) -> Double {
        let meant: Double
        if score == other {
            meant = 0.5
        } else if temperature == 0 {
            meant = score > other ? 1 : 0
        } else {
            meant = 1 / (1 + exp((other - score) / temperature))
        }
        return errorRate + (1 - 2 * errorRate) * meant
    }

    /// Whether `first` is preferred to `second`, two answers to one prompt.
    public func prefers(_ first: ScoredResponse, to second: ScoredResponse) -> Bool {
        let isFirstByText = first.input.text.utf8.lexicographicallyPrecedes(second.input.text.utf8)
        let (earlier, later) = isFirstByText ? (first, second) : (second, first)
        let prefersEarlier =
            draw(earlier.input, later.input) < probability(ofScore: earlier.score, over: later.score)
        return prefersEarlier == isFirstByText
    }

    /// Whether the judgment of a pair that it sees side by side is a slip, written down the other way round.
    func slips(on pair: AnswerPair) -> Bool {
        let isInOrder = pair.first.text.utf8.lexicographicallyPrecedes(pair.second.text.utf8)
        return (isInOrder ? draw(pair.first, pair.second) : draw(pair.second, pair.first)) < errorRate
    }

    /// A number from 0 to below 1 that follows from the seed, the reward and both answers.
    private func draw(_ earlier: RewardInput, _ later: RewardInput) -> Double {
        var hash = StableHash()
        hash.combine(seed)
        for text in [reward.name, earlier.prompt.identity, earlier.text, later.text] { hash.combine(text) }
        return hash.fraction
    }

    /// The answers with the reward's scores.
    ///
    /// - Throws: ``RewardError/unscored(_:why:)`` for an answer without a score, as nothing can be chosen beside it;
    ///   ``RewardError/scoreNotFinite(reward:score:text:)``, or what the reward throws.
    public func scored(_ inputs: [RewardInput]) throws -> [ScoredResponse] {
        try zip(inputs, try reward.checkedScores(of: inputs)).map { input, score in
            guard let score else {
                throw RewardError.unscored(input, why: try reward.obstacle(to: input))
            }
            return ScoredResponse(input: input, score: score)
        }
    }
}

/// What the verdicts of a judge follow from: the same judge has the same, wherever its files lie.
public struct JudgeOrigin: Hashable, Sendable {
    /// As settings name it.
    public let argument: String
    /// Its rewards with those options that are no files.
    public let definition: String
    public let files: [URL]
    /// Whether it was learned, or is a program: what it is worth is measured, not read off its rule.
    public let needsCard: Bool
}

public struct ScoredResponse: Hashable, Sendable {
    public var input: RewardInput
    public var score: Double

    public init(input: RewardInput, score: Double) {
        self.input = input
        self.score = score
    }
}

extension Text {
    /// A text that is the same for the same prompt, on every machine.
    var identity: String {
        if case .plain(let text) = self { text } else { json.sortingNames().text() }
    }
}
