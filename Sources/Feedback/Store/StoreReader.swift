import Foundation
import GRDB

/// Looks things up in a store, in one state of it. Queries are extensions, by concern.
public struct StoreReader {
    let database: Database
    /// When the transaction began.
    let now: Date

    func hasBegun() throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM store)") ?? false
    }
}

/// Changes a store, in one transaction. Changes are extensions, by concern; all of them call
/// ``record(_:_:_:)``.
public struct StoreWriter {
    let database: Database
    /// Who does it; nil for whoever has the file.
    public let actor: Annotator.ID?
    let now: Date

    /// For looking things up as they are after the changes so far.
    public var reader: StoreReader { StoreReader(database: database, now: now) }

    /// Makes sure that the one who does it may: a lead, or whoever has the file.
    func requireLead() throws {
        guard let actor else { return }
        let annotator = try reader.annotator(actor)
        guard annotator.status == .active else { throw FeedbackError.notActive(annotator.status) }
        guard annotator.role == .lead else { throw FeedbackError.notALead }
    }

    func execute(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Gives a new store what its random choices follow from. Of several processes that open it at once, one does.
    func begin(seed: UInt64) throws {
        try execute(
            "INSERT INTO store (only, seed, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
            [Int64(bitPattern: seed), now.timeIntervalSince1970])
        guard database.changesCount == 1 else { return }
        try record(.storeCreated, "store")
    }
}
