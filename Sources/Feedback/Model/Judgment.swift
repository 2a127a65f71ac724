import Foundation

/// What a person said about an item, once. A change of mind is another judgment with a higher revision.
public struct Judgment: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    public var assignment: Assignment.ID
    public var item: Item.ID
    public var kind: ItemKind
    public var annotator: Annotator.ID
    public var annotatorName: String
    public var groups: [String: String]
    public var showing: Int
    public var drawn: Drawn
    /// The response's position for each place on the screen.
    public var arrangement: [Int]
    public var revision: Int
    public var opinion: Opinion
    public var seconds: Double
    public var createdAt: Date
    /// The version of the definition that it was given under.
    public var projectVersion: Int
}

/// Which judgments are asked for.
public struct JudgmentFilter: Hashable, Sendable {
    /// Whether those of excluded and withdrawn people are among them.
    public var includesInactive: Bool
    /// Whether those that were changed later are among them.
    public var includesRevised: Bool
    /// The kinds of items; nil for all.
    public var kinds: Set<ItemKind>?
    /// Only those about this item.
    public var item: Item.ID?
    /// Only those with a greater number, for readers that come back for what is new.
    public var after: Judgment.ID

    public init(
        includesInactive: Bool = false, includesRevised: Bool = false, kinds: Set<ItemKind>? = nil,
        after: Judgment.ID = 0
    ) {
        self.includesInactive = includesInactive
        self.includesRevised = includesRevised
        self.kinds = kinds
        self.after = after
    }

    /// The latest revisions of people who take part: what figures and exports are made of.
    public static let counted = JudgmentFilter()
    /// All that was ever said, for audits.
    public static let everything = JudgmentFilter(includesInactive: true, includesRevised: true)
}
