import Foundation
import GRDB
import Hashing
import JSON

/// What can happen to a store.
public enum AuditAction: String, Codable, CaseIterable, Hashable, Sendable {
    case storeCreated = "store created"
    case projectCreated = "project created"
    case projectChanged = "project changed"
    case projectClosed = "project closed"
    case projectReopened = "project reopened"
    case itemsAdded = "items added"
    case goldMade = "gold made"
    case prioritiesSet = "priorities set"
    case invited
    case invitationRevoked = "invitation revoked"
    case joined
    case signedIn = "signed in"
    case signedOut = "signed out"
    case codeChanged = "sign-in code changed"
    case groupsSet = "groups set"
    case excluded, readmitted, withdrawn
    case dealt, released, skipped, judged
    case conversationStarted = "conversation started"
    case conversationEnded = "conversation ended"
    case used
}

/// One entry of the audit: who did what to what, and when. Names, words and codes are never in it.
public struct AuditEntry: Identifiable, Hashable, Sendable {
    /// Counts from 1, without gaps.
    public let id: Int64
    public var at: Date
    /// Nil for whoever has the file.
    public var annotator: Annotator.ID?
    public var action: AuditAction
    /// What it was done to, such as `item 12`.
    public var subject: String
    public var detail: JSONObject
    /// SHA-256 of the chain of the entry before, and of this one.
    public var chain: Data
}

/// The hash chain: each entry vouches for all before it.
enum AuditChain {
    /// What the first entry follows.
    static let start = Data(repeating: 0, count: 32)

    static func next(
        after chain: Data, sequence: Int64, at: Double, annotator: Int64?, action: String, subject: String,
        detail: String
    ) -> Data {
        let row: JSONValue = .array([
            .integer(Int(sequence)), .number(at), annotator.map { .integer(Int($0)) } ?? .null,
            .string(action), .string(subject), .string(detail),
        ])
        var hash = SHA256()
        hash.update(chain)
        hash.update(row.text(.compact))
        return hash.finalize()
    }

    /// SHA-256 of a judgment's row, as 64 hexadecimal digits. People's words are not in it, as they may have to go.
    static func digest(ofJudgment row: Row) throws -> String {
        let request: Data = try row.value("request")
        let content: JSONValue = .array([
            .integer(try row.value("id")), .integer(try row.value("assignment")),
            .integer(try row.value("annotator")), .integer(try row.value("revision")),
            .integer(try row.value("version")), .string(try row.value("opinion")),
            .number(try row.value("seconds")), .string(request.base64EncodedString()),
            .number(try row.value("created_at")),
        ])
        return SHA256.hash(of: content.text(.compact)).hexadecimal
    }
}

extension StoreWriter {
    /// Adds an entry to the audit.
    func record(_ action: AuditAction, _ subject: String, _ detail: JSONObject = [:]) throws {
        let last = try Row.fetchOne(
            database, sql: "SELECT sequence, chain FROM audit ORDER BY sequence DESC LIMIT 1")
        let before: Int64 = try last?.value("sequence") ?? 0
        let sequence = before + 1
        let at = now.timeIntervalSince1970
        let text = JSONValue.object(detail).text(.compact)
        let chain = try AuditChain.next(
            after: last?.value("chain") ?? AuditChain.start, sequence: sequence, at: at, annotator: actor,
            action: action.rawValue, subject: subject, detail: text)
        try execute(
            """
            INSERT INTO audit (sequence, at, annotator, action, subject, detail, chain)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, [sequence, at, actor, action.rawValue, subject, text, chain])
    }
}

extension StoreReader {
    /// Entries in their order.
    public func auditEntries(after id: Int64 = 0, limit: Int = 1_000) throws -> [AuditEntry] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?",
            arguments: [id, limit])
        return try rows.map { row in
            let id: Int64 = try row.value("sequence")
            let name: String = try row.value("action")
            guard let action = AuditAction(rawValue: name) else {
                throw FeedbackError.auditBroken(entry: id, found: "the action \"\(name)\"")
            }
            return AuditEntry(
                id: id, at: try row.date("at"), annotator: try row.optional("annotator"), action: action,
                subject: try row.value("subject"), detail: try row.object("detail"),
                chain: try row.value("chain"))
        }
    }

    /// Walks along the chain, and compares the judgments with what was recorded of them.
    ///
    /// - Throws: ``FeedbackError/auditBroken(entry:found:)`` for the first entry that was changed, removed or
    ///   put in between, and for the entry of a judgment that was changed or removed.
    public func verifyAudit() throws {
        var chain = AuditChain.start
        var expected: Int64 = 1
        var judged = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
        while let row = try rows.next() {
            let sequence: Int64 = try row.value("sequence")
            guard sequence == expected else {
                throw FeedbackError.auditBroken(entry: expected, found: "the next entry is \(sequence)")
            }
            chain = try AuditChain.next(
                after: chain, sequence: sequence, at: row.value("at"), annotator: row.optional("annotator"),
                action: row.value("action"), subject: row.value("subject"), detail: row.value("detail"))
            let (stored, action): (Data, String) = (try row.value("chain"), try row.value("action"))
            guard chain == stored else {
                throw FeedbackError.auditBroken(
                    entry: sequence, found: "another entry or other ones before it")
            }
            if action == AuditAction.judged.rawValue { judged += try verifyJudgment(of: row) }
            expected += 1
        }
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM judgments") ?? 0
        guard judged == count else {
            throw FeedbackError.auditBroken(
                entry: expected, found: "the end, with \(judged) judgments recorded and \(count) stored")
        }
    }

    /// - Returns: 1, to be counted.
    private func verifyJudgment(of entry: Row) throws -> Int {
        let (sequence, subject): (Int64, String) = (try entry.value("sequence"), try entry.value("subject"))
        let judgment = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM judgments WHERE id = ?"),
            arguments: [Int64(subject.dropFirst("judgment ".count)) ?? 0])
        guard let judgment else {
            throw FeedbackError.auditBroken(entry: sequence, found: "\(subject) is gone")
        }
        let recorded = try entry.object("detail")["sha256"]?.string
        guard try recorded == AuditChain.digest(ofJudgment: judgment) else {
            throw FeedbackError.auditBroken(entry: sequence, found: "\(subject) has been changed")
        }
        return 1
    }
}
