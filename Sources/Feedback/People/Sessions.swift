import Foundation
import GRDB
import Hashing
import JSON

extension Session {
    /// How long a browser stays signed in that does not come back.
    public static let lifetime: TimeInterval = 30 * 86_400
    /// How old a session gets before it is prolonged, so that not every page writes to the store.
    static let renewalAge: TimeInterval = 86_400
}

extension StoreReader {
    /// Who holds the token; nil where it is unknown or has expired, or the person no longer takes part.
    public func annotator(session token: String) throws -> Annotator? { try session(token)?.annotator }

    /// The session that the token opens, with its person.
    public func session(_ token: String) throws -> Session? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT annotators.*, renewed_at, sessions.expires_at FROM sessions
                    JOIN annotators ON annotators.id = sessions.annotator
                    WHERE token_hash = ? AND sessions.expires_at > ? AND status = 'active'
                    """), arguments: [Secrets.hash(ofToken: token), now.timeIntervalSince1970])
        guard let row else { return nil }
        return Session(
            annotator: try Annotator(row), expiresAt: try row.date("expires_at"),
            isDueForRenewal: try now.timeIntervalSince(row.date("renewed_at")) > Session.renewalAge)
    }
}

extension StoreWriter {
    /// Signs somebody in who has been here before.
    ///
    /// - Returns: the token of the session.
    /// - Throws: ``FeedbackError/signInRefused``, whatever was wrong.
    public func signIn(name: String, code: String) throws -> String {
        let row = try Row.fetchOne(
            database, sql: "SELECT id, sign_in_hash FROM annotators WHERE name = ? AND status = 'active'",
            arguments: [name.trimmingCharacters(in: .whitespacesAndNewlines)])
        // Names that nobody has take as long as wrong codes.
        let expected: Data = try row?.optional("sign_in_hash") ?? Data(repeating: 0, count: 32)
        guard Secrets.hash(ofCode: code).isEqualInConstantTime(to: expected), let row else {
            throw FeedbackError.signInRefused
        }
        let id: Annotator.ID = try row.value("id")
        let token = try startSession(of: id)
        try StoreWriter(database: database, actor: id, now: now).record(.signedIn, "annotator \(id)")
        return token
    }

    /// Ends a session; one that is over already is fine.
    public func signOut(_ token: String) throws {
        let annotator = try reader.annotator(session: token)
        try execute("DELETE FROM sessions WHERE token_hash = ?", [Secrets.hash(ofToken: token)])
        if let annotator {
            try StoreWriter(database: database, actor: annotator.id, now: now)
                .record(.signedOut, "annotator \(annotator.id)")
        }
    }

    /// Prolongs a session that is in use. No entry in the audit: nothing that counts has changed.
    public func renew(session token: String) throws {
        try execute(
            "UPDATE sessions SET renewed_at = ?, expires_at = ? WHERE token_hash = ? AND expires_at > ?",
            [
                now.timeIntervalSince1970, now.addingTimeInterval(Session.lifetime).timeIntervalSince1970,
                Secrets.hash(ofToken: token), now.timeIntervalSince1970,
            ])
    }

    /// Signs in the lead on the machine that the store is on, without an account: whoever has the file may do
    /// everything anyway.
    ///
    /// - Returns: the token of the session.
    public func localLead(name: String) throws -> String {
        guard actor == nil else { throw FeedbackError.notALead }
        if let lead = try reader.annotator(named: name) {
            guard lead.role == .lead else { throw FeedbackError.notALead }
            guard lead.status == .active else { throw FeedbackError.notActive(lead.status) }
            try record(.signedIn, "annotator \(lead.id)")
            return try startSession(of: lead.id)
        }
        let id = try addAnnotator(name: name, role: .lead, groups: [:])
        try record(.joined, "annotator \(id)", ["role": "lead"])
        return try startSession(of: id)
    }

    /// Gives a person another sign-in code, as the old one is lost or may be known to others, and ends their
    /// sessions.
    public func changeSignInCode(of annotator: Annotator.ID) throws -> String {
        if actor != annotator { try requireLead() }
        let status = try reader.annotator(annotator).status
        guard status == .active else { throw FeedbackError.notActive(status) }
        try endSessions(of: annotator)
        try record(.codeChanged, "annotator \(annotator)")
        return try replaceSignInCode(of: annotator)
    }

    func startSession(of annotator: Annotator.ID) throws -> String {
        try execute(
            "DELETE FROM sessions WHERE annotator = ? AND expires_at <= ?",
            [annotator, now.timeIntervalSince1970])
        let token = Secrets.token()
        try execute(
            "INSERT INTO sessions (token_hash, annotator, renewed_at, expires_at) VALUES (?, ?, ?, ?)",
            [
                Secrets.hash(ofToken: token), annotator, now.timeIntervalSince1970,
                now.addingTimeInterval(Session.lifetime).timeIntervalSince1970,
            ])
        return token
    }

    func replaceSignInCode(of annotator: Annotator.ID) throws -> String {
        let code = Secrets.signInCode()
        try execute(
            "UPDATE annotators SET sign_in_hash = ? WHERE id = ?", [Secrets.hash(ofCode: code), annotator])
        return code
    }

    func endSessions(of annotator: Annotator.ID) throws {
        try execute("DELETE FROM sessions WHERE annotator = ?", [annotator])
    }
}
