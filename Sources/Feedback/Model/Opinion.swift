/// All that a person says about one item. Answers are named by their position in the item, never by the side that they
/// were shown on.
public struct Opinion: Codable, Hashable, Sendable {
    /// What is said about each aspect, by its name; nothing where the item was only flagged or edited.
    public var verdicts: [String: ItemVerdict]
    /// What is wrong with answers, by position.
    public var flags: [Int: [Flag]]
    /// What answers should have been, by position.
    public var edits: [Int: String]
    /// Why, in the person's words.
    public var reason: String

    public init(
        verdicts: [String: ItemVerdict] = [:], flags: [Int: [Flag]] = [:], edits: [Int: String] = [:],
        reason: String = ""
    ) {
        self.verdicts = verdicts
        self.flags = flags
        self.edits = edits
        self.reason = reason
    }
}

/// What is said about one aspect of an item.
public enum ItemVerdict: Codable, Hashable, Sendable {
    /// The answer at this position of two is better, by 1 (slightly) to 4 (significantly).
    case better(Int, strength: Int)
    case tie
    /// Neither is any good.
    case bothBad
    /// The rank of each answer: 1 for the best, equal ranks for ties.
    case ranking([Int])
    /// The mark of each answer.
    case marks([Int])
    /// Whether each answer is good.
    case thumbs([Bool])
}

public enum Flag: String, Codable, CaseIterable, Hashable, Sendable {
    /// Nobody should be shown this.
    case unsafe
    /// Cut off, garbled, in the wrong language, not an answer.
    case broken
}
