import Foundation
import GRDB
import JSON

extension StoreReader {
    /// Why a lead has excluded somebody; empty where nobody said or nobody is excluded.
    public func exclusionReason(of annotator: Annotator.ID) throws -> String {
        try String.fetchOne(
            database, sql: "SELECT status_reason FROM annotators WHERE id = ?", arguments: [annotator]) ?? ""
    }
}

extension StoreWriter {
    /// Leaves a person's judgments out of figures and exports, and lets others judge their items. Their sessions end.
    ///
    /// - Parameter reason: for leads; it goes when the person withdraws.
    public func exclude(_ annotator: Annotator.ID, reason: String) throws {
        try requireLead()
        try change(annotator, from: [.active, .excluded], to: .excluded, reason: reason)
        try endSessions(of: annotator)
        try record(.excluded, "annotator \(annotator)")
    }

    /// Takes back an exclusion.
    public func readmit(_ annotator: Annotator.ID) throws {
        try requireLead()
        try change(annotator, from: [.active, .excluded], to: .active, reason: "")
        try record(.readmitted, "annotator \(annotator)")
    }

    /// A person withdraws for good: by themselves, or by a lead on their behalf.
    ///
    /// Name, groups, sign-in, drafts, words (reasons and edits) and conversations are overwritten. The verdicts stay in
    /// the file without them, under a pseudonym, so that the audit can be verified and it is known which models learned
    /// from them; no figure and no export has them. Backups made before still hold what they held.
    public func withdraw(_ annotator: Annotator.ID) throws {
        if actor != annotator { try requireLead() }
        try change(annotator, from: [.active, .excluded], to: .withdrawn, reason: "")
        try endSessions(of: annotator)
        try execute(
            "UPDATE annotators SET name = ?, groups = '{}', sign_in_hash = NULL WHERE id = ?",
            ["\(Annotator.pseudonymPrefix)\(annotator)", annotator])
        try execute(
            "DELETE FROM remarks WHERE judgment IN (SELECT id FROM judgments WHERE annotator = ?)",
            [annotator])
        try execute(
            "DELETE FROM drafts WHERE assignment IN (SELECT id FROM assignments WHERE annotator = ?)",
            [annotator])
        try eraseConversations(of: annotator)
        try record(.withdrawn, "annotator \(annotator)")
        // SQLite overwrites what is deleted; what was written may still be in its log, which is emptied into the file.
        // While somebody reads, that waits until SQLite does it by itself.
        database.afterNextTransaction { _ = try? $0.checkpoint(.truncate) }
    }

    private func change(
        _ annotator: Annotator.ID, from allowed: Set<Annotator.Status>, to status: Annotator.Status,
        reason: String
    ) throws {
        let current = try reader.annotator(annotator).status
        guard allowed.contains(current) else { throw FeedbackError.notActive(current) }
        try execute(
            "UPDATE annotators SET status = ?, status_reason = ? WHERE id = ?",
            [status.rawValue, reason, annotator])
        if status != .active {
            try execute(
                "UPDATE assignments SET state = 'released' WHERE annotator = ? AND state = 'open'",
                [annotator])
        }
        try recountPlaces(ofItemsDealtTo: annotator)
    }

    /// What a person wrote in conversations, and what was answered to it.
    private func eraseConversations(of annotator: Annotator.ID) throws {
        let theirs =
            "SELECT items.id FROM items JOIN conversations ON conversations.id = items.conversation WHERE annotator = ?"
        try execute("UPDATE responses SET text = '', extra = '{}' WHERE item IN (\(theirs))", [annotator])
        try execute(
            "UPDATE items SET prompt = '\"\"', extra = '{}' WHERE id IN (\(theirs))", [annotator])
    }
}
