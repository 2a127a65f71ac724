import Foundation
import GRDB
import JSON

/// Who has just joined, with what they prove it by: shown once, not stored.
public struct Admission: Sendable {
    public var annotator: Annotator
    /// For this browser.
    public var session: String
    /// For other browsers, with the name.
    public var signInCode: String
}

extension StoreReader {
    /// All that were given out, the newest first.
    public func invitations() throws -> [Invitation] {
        try Row.fetchAll(database, sql: "SELECT * FROM invitations ORDER BY id DESC").map(Invitation.init)
    }

    /// The invitation that a token opens, to be shown before it is accepted.
    /// - Throws: ``FeedbackError/invitationRefused(_:)``
    public func invitation(token: String) throws -> Invitation {
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM invitations WHERE token_hash = ?",
            arguments: [Secrets.hash(ofToken: token)])
        guard let row else { throw FeedbackError.invitationRefused(.unknown) }
        let invitation = try Invitation(row)
        guard invitation.usedBy == nil else { throw FeedbackError.invitationRefused(.used) }
        guard now < invitation.expiresAt else { throw FeedbackError.invitationRefused(.expired) }
        return invitation
    }
}

extension StoreWriter {
    /// Makes an invitation for one person.
    ///
    /// - Parameter lifetime: in seconds.
    /// - Returns: the token for the link. Only its hash is stored, so that it cannot be shown again.
    public func invite(
        role: Annotator.Role = .annotator, groups: [String: String] = [:],
        expiresIn lifetime: TimeInterval = 7 * 86_400
    ) throws -> String {
        try requireLead()
        try validate(groups: groups)
        let token = Secrets.token()
        try execute(
            """
            INSERT INTO invitations (token_hash, role, groups, invited_by, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                Secrets.hash(ofToken: token), role.rawValue, try StoredJSON.text(groups), actor,
                now.timeIntervalSince1970, now.addingTimeInterval(lifetime).timeIntervalSince1970,
            ])
        try record(
            .invited, "invitation \(database.lastInsertedRowID)", ["role": .string(role.rawValue)])
        return token
    }

    /// An invitation for a lead of a store in which nobody could let the others in; nil where a lead can sign in.
    public func inviteFirstLead() throws -> String? {
        let hasLead = try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM annotators
                    WHERE role = 'lead' AND status = 'active' AND sign_in_hash IS NOT NULL)
                """)
        return hasLead == true ? nil : try invite(role: .lead)
    }

    /// Takes back an invitation that nobody has accepted.
    public func revoke(invitation id: Invitation.ID) throws {
        try requireLead()
        try execute("DELETE FROM invitations WHERE id = ? AND used_by IS NULL", [id])
        guard database.changesCount == 1 else { throw FeedbackError.noInvitation(id) }
        try record(.invitationRevoked, "invitation \(id)")
    }

    /// Makes whoever holds the token a person of this store, once.
    ///
    /// - Parameter groups: what they declare about themselves, beside what the invitation says.
    public func accept(invitation token: String, name: String, groups: [String: String] = [:]) throws
        -> Admission
    {
        let invitation = try reader.invitation(token: token)
        let groups = groups.merging(invitation.groups) { _, given in given }
        try validate(groups: groups)
        let id = try addAnnotator(name: name, role: invitation.role, groups: groups)
        try execute("UPDATE invitations SET used_by = ? WHERE id = ?", [id, invitation.id])
        let writer = StoreWriter(database: database, actor: id, now: now)
        try writer.record(
            .joined, "annotator \(id)",
            ["invitation": .integer(Int(invitation.id)), "role": .string(invitation.role.rawValue)])
        return Admission(
            annotator: try reader.annotator(id), session: try startSession(of: id),
            signInCode: try replaceSignInCode(of: id))
    }
}

extension Invitation {
    init(_ row: Row) throws {
        self.init(
            id: try row.value("id"), role: try row.enumeration("role"), groups: try row.json("groups"),
            invitedBy: try row.optional("invited_by"), createdAt: try row.date("created_at"),
            expiresAt: try row.date("expires_at"), usedBy: try row.optional("used_by"))
    }
}
