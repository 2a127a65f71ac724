/// Two answers to one prompt.
public struct AnswerPair: Hashable, Sendable {
    public let first: RewardInput
    public let second: RewardInput

    public init(_ first: RewardInput, _ second: RewardInput) { (self.first, self.second) = (first, second) }

    public var swapped: AnswerPair { AnswerPair(second, first) }
}

/// A reward that also compares two answers which it sees side by side, and may be swayed by which of them comes first.
public protocol ComparingReward: Reward {
    /// Of each pair, asked in this order alone, the probability that its first answer is the better one; nil where it cannot
    /// be asked.
    func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?]

    /// Log-probability per token of each answer as one of the judge's own, in nats; nil where there is none.
    func ownLogProbabilities(of inputs: [RewardInput]) throws -> [Double?]
}

extension ComparingReward {
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
