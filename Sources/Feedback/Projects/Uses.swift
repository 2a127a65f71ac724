import Foundation
import GRDB
import JSON

/// A run that learned from judgments.
public struct Use: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    /// The run's folder or name, and the verb that ran.
    public var run: String
    public var verb: String
    /// The schema of the rows that judgments were turned into, and their hash.
    public var schema: String
    public var rowsHash: String
    public var createdAt: Date
    /// How many judgments it read; of one person, where they were asked for.
    public var judgments: Int
}

extension StoreReader {
    /// All runs that learned from this store, the newest first.
    public func uses() throws -> [Use] {
        try uses("SELECT u.*, count(*) AS judgments FROM uses u JOIN used_judgments ON use = u.id")
    }

    /// The runs that learned from a person's judgments, with how many of them: what to train again once the person is
    /// excluded or has withdrawn.
    public func uses(ofJudgmentsBy annotator: Annotator.ID) throws -> [Use] {
        try uses(
            """
            SELECT u.*, count(*) AS judgments FROM uses u JOIN used_judgments ON use = u.id
            JOIN judgments j ON j.id = judgment WHERE j.annotator = ?
            """, [annotator])
    }

    private func uses(_ selection: String, _ arguments: StatementArguments = StatementArguments()) throws
        -> [Use]
    {
        try Row.fetchAll(database, sql: selection + " GROUP BY u.id ORDER BY u.id DESC", arguments: arguments)
            .map { row in
                Use(
                    id: try row.value("id"), run: try row.value("run"), verb: try row.value("verb"),
                    schema: try row.value("schema"), rowsHash: try row.value("rows_hash"),
                    createdAt: try row.date("created_at"), judgments: try row.value("judgments"))
            }
    }
}

extension StoreWriter {
    /// Notes which judgments a run learns from. Noted again, as by a run that is resumed, it changes nothing.
    public func recordUse(
        run: String, verb: String, schema: String, rowsHash: String, judgments: some Sequence<Judgment.ID>
    ) throws {
        try execute(
            """
            INSERT INTO uses (run, verb, schema, rows_hash, created_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """, [run, verb, schema, rowsHash, now.timeIntervalSince1970])
        guard database.changesCount == 1 else { return }
        let use = database.lastInsertedRowID
        var count = 0
        for judgment in Set(judgments) {
            try execute("INSERT INTO used_judgments (use, judgment) VALUES (?, ?)", [use, judgment])
            count += 1
        }
        try record(.used, "use \(use)", ["run": .string(run), "judgments": .integer(count)])
    }
}
