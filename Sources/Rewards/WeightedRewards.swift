/// One of the rewards that are added up.
public struct WeightedReward {
    /// In metrics: `rewards/NAME/mean`.
    public let name: String
    public let weight: Double
    public let reward: any Reward

    public init(name: String? = nil, weight: Double = 1, reward: any Reward) {
        self.name = name ?? reward.name
        self.weight = weight
        self.reward = reward
    }
}

extension [WeightedReward] {
    /// All of them as one, at least one. A single one of weight 1 is itself.
    public var sum: any Reward { count == 1 && self[0].weight == 1 ? self[0].reward : RewardSum(self) }
}

/// The scores of some answers by every reward.
public struct RewardTable {
    public let columns: [(name: String, weight: Double, scores: [Double?])]

    public init(columns: [(name: String, weight: Double, scores: [Double?])]) { self.columns = columns }

    public init(of inputs: [RewardInput], by rewards: [WeightedReward]) throws {
        columns = try rewards.map { ($0.name, $0.weight, try $0.reward.checkedScores(of: inputs)) }
    }

    /// The weighted sum of each answer's scores; nil where not a single reward could score it. A reward of weight 0 is
    /// reported alone, and gives no answer a score.
    public var totals: [Double?] { totals(after: { $0 }) }

    /// The scores of the reward that says which answers are right: the first, one of weight 0 aside.
    public var leading: [Double?] {
        (columns.first { $0.weight != 0 } ?? columns.first)?.scores ?? []
    }

    /// Which answers are right: those that the leading reward gives at least `score`. Nil where it gives none.
    public func passes(at score: Double = RewardTable.passScore) -> [Bool?] {
        leading.map { $0.map { $0 >= score } }
    }

    /// What verifiers give for what is right.
    public static let passScore = 1.0

    /// Those of some of the answers, in the order given.
    public func selecting(_ indices: [Int]) -> RewardTable {
        RewardTable(
            columns: columns.map { column in
                (column.name, column.weight, indices.map { column.scores[$0] })
            })
    }

    /// The scores of these answers and of further ones by the same rewards.
    public func appending(_ other: RewardTable) -> RewardTable {
        RewardTable(columns: zip(columns, other.columns).map { ($0.name, $0.weight, $0.scores + $1.scores) })
    }

    /// The same after a change to the scores of each reward.
    public func totals(after change: ([Double?]) -> [Double?]) -> [Double?] {
        let changed = columns.filter { $0.weight != 0 }.map { (weight: $0.weight, scores: change($0.scores)) }
        return (columns.first?.scores.indices ?? 0..<0).map { index in
            let known = changed.compactMap { column in column.scores[index].map { $0 * column.weight } }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
    }
}

/// Several rewards as one: the weighted sum of those that can score an answer.
public struct RewardSum: Reward {
    private let rewards: [WeightedReward]

    /// - Parameter rewards: at least one.
    public init(_ rewards: [WeightedReward]) {
        precondition(!rewards.isEmpty, "a sum of no rewards")
        self.rewards = rewards
    }

    public var name: String { rewards.map(\.name).joined(separator: "+") }

    public var description: String {
        let parts = rewards.map { "\($0.weight) × \($0.name)" }.joined(separator: " + ")
        let descriptions = rewards.map(\.reward.description)
        guard let opening = Self.opening(of: descriptions) else {
            return "The score is \(parts). " + descriptions.joined(separator: " ")
        }
        let rest = zip(rewards, descriptions).map { "\($0.name): \($1.dropFirst(opening.count))" }
        return "\(opening)The score is \(parts). " + rest.joined(separator: " ")
    }

    /// The first sentence of all of several descriptions, which is said once; nil where they differ.
    private static func opening(of descriptions: [String]) -> Substring? {
        guard descriptions.count > 1, let end = descriptions[0].firstRange(of: ". ") else { return nil }
        let opening = descriptions[0][..<end.upperBound]
        return descriptions.allSatisfy { $0.hasPrefix(opening) } ? opening : nil
    }

    public var notes: [String] { rewards.flatMap(\.reward.notes) }

    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        try RewardTable(of: inputs, by: rewards).totals
    }

    public func canScore(answersTo question: RewardInput) throws -> Bool {
        try rewards.map { try $0.reward.canScore(answersTo: question) }.contains(true)
    }

    public func obstacle(to input: RewardInput) throws -> String {
        try rewards.map { try $0.reward.obstacle(to: input) }.joined(separator: "; ")
    }
}
