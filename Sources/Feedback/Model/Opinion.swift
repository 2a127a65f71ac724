/// All that a person says about one item. Answers are named by their position in the item, never by the side that they
/// were shown on.
public struct Opinion: Hashable, Sendable {
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
public enum ItemVerdict: Hashable, Sendable {
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

extension Opinion {
    /// Whether all that it says is about so many answers.
    func isAbout(_ count: Int) -> Bool {
        verdicts.values.allSatisfy { $0.isAbout(count) }
            && (Array(flags.keys) + edits.keys).allSatisfy((0..<count).contains)
    }

    /// Whether this says what a known answer says, as gold and training items are scored: the same verdict on every
    /// aspect that the known answer speaks of, whatever the strength, the same order, exactly the same marks and
    /// thumbs, and its flags among the flags. Words do not count.
    public func agrees(with expected: Opinion) -> Bool {
        expected.verdicts.allSatisfy { aspect, verdict in
            verdicts[aspect].map { $0.agrees(with: verdict) } ?? false
        }
            && expected.flags.allSatisfy { position, flags in
                Set(flags).isSubset(of: self.flags[position] ?? [])
            }
    }
}

extension ItemVerdict {
    fileprivate func isAbout(_ count: Int) -> Bool {
        switch self {
        case .better(let position, let strength):
            position >= 0 && position < count && (1...4).contains(strength)
        case .tie, .bothBad: true
        case .ranking(let values): values.count == count && values.allSatisfy((1...count).contains)
        case .marks(let values): values.count == count
        case .thumbs(let values): values.count == count
        }
    }

    func agrees(with expected: ItemVerdict) -> Bool {
        switch (self, expected) {
        case (.better(let one, _), .better(let other, _)): one == other
        case (.ranking(let one), .ranking(let other)): Self.order(of: one) == Self.order(of: other)
        default: self == expected
        }
    }

    /// Ranks without gaps: 1, 1, 3 and 1, 1, 2 say the same.
    private static func order(of ranks: [Int]) -> [Int] {
        let levels = Set(ranks).sorted()
        return ranks.compactMap { levels.firstIndex(of: $0) }
    }
}
