import Foundation

/// A study: what is asked, and the items it is asked about.
public struct Project: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    public var name: String
    /// Counts the definitions it has had.
    public var version: Int
    public var definition: ProjectDefinition
    public var createdAt: Date
    /// Nil while items are dealt out.
    public var closedAt: Date?
}
