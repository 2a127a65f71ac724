import RandomNumbers

/// Two answers to one prompt.
public struct AnswerPair: Hashable, Sendable {
    public private(set) var first: RewardInput
    public private(set) var second: RewardInput
    /// What is drawn for the pair follows from it: the same for both orders.
    let seed: UInt64

    public init(_ first: RewardInput, _ second: RewardInput) {
        (self.first, self.second) = (first, second)
        var hash = StableHash()
        hash.combine(first.prompt.identity)
        for text in [first.text, second.text].sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            hash.combine(text)
        }
        seed = hash.value
    }

    public var swapped: AnswerPair {
        var pair = self
        (pair.first, pair.second) = (second, first)
        return pair
    }

    /// The same question about answers with something added, judged by what it would be judged by without.
    public func adding(toFirst: String = "", toSecond: String = "") -> AnswerPair {
        var pair = self
        pair.first.text += toFirst
        pair.second.text += toSecond
        return pair
    }
}

/// A reward that also compares two answers which it sees side by side, and may be swayed by which of them comes first.
public protocol ComparingReward: Reward {
    /// Of each pair, asked in this order alone, the probability that its first answer is the better one; nil where it cannot
    /// be asked.
    func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?]

    /// What a pair is judged by, in words; nil where nothing is drawn.
    func principle(for pair: AnswerPair) -> String?

    /// The principles of which one is drawn; empty where it knows none.
    var principles: [String] { get }

    /// The same judge by one principle alone.
    func judging(by principle: String) -> any ComparingReward

    /// Log-probability per token of each answer as one of the judge's own, in nats; nil where there is none.
    func ownLogProbabilities(of inputs: [RewardInput]) throws -> [Double?]
}

extension ComparingReward {
    public func principle(for pair: AnswerPair) -> String? { nil }
    public var principles: [String] { [] }
    public func judging(by principle: String) -> any ComparingReward { self }

    /// Both orders' probabilities that the first answer is the better one: their mean is what the judge prefers (Lee et al.,
    /// *RLAIF vs. RLHF*, 2024, section 2.1), and where they lie on different sides of a half it prefers a place.
    public func preferences(in pairs: [AnswerPair]) throws -> [(forwards: Double, backwards: Double)?] {
        let answers = try preferencesAsGiven(in: pairs + pairs.map(\.swapped))
        return zip(answers.prefix(pairs.count), answers.suffix(pairs.count)).map { first, second in
            guard let first, let second else { return nil }
            return (first, 1 - second)
        }
    }
}
