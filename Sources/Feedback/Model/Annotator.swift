import Foundation

/// A person who judges, or who runs the study.
public struct Annotator: Identifiable, Codable, Hashable, Sendable {
    public typealias ID = Int64

    public enum Role: String, Codable, CaseIterable, Sendable {
        case annotator, lead
    }

    public enum Status: String, Codable, CaseIterable, Sendable {
        case active
        /// By a lead: judgments are kept and left out of figures and exports; it can be undone.
        case excluded
        /// By their own wish, for good: name, groups, words and conversations are gone.
        case withdrawn
    }

    public let id: ID
    public var name: String
    public var role: Role
    public var status: Status
    /// What the person declared, by the attribute's name.
    public var groups: [String: String]
    public var createdAt: Date
}

/// A signed-in browser.
public struct Session: Hashable, Sendable {
    public var annotator: Annotator
    public var expiresAt: Date
    /// Whether it has aged enough to be prolonged by ``StoreWriter/renew(session:)``.
    public var isDueForRenewal: Bool
}

/// A link that was given out. Its token is not stored.
public struct Invitation: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    public var role: Annotator.Role
    public var groups: [String: String]
    public var invitedBy: Annotator.ID?
    public var createdAt: Date
    public var expiresAt: Date
    public var usedBy: Annotator.ID?
}
