import Foundation
import GRDB
import TestSupport
import Testing

@testable import Feedback

/// Stores as earlier versions left them, `Tests/Fixtures/feedback/store-N.sql`, where N counts migrations: dumps that are
/// never changed again. A migration comes with the dump of a store that it has made.
@Suite struct MigrationTests {
    private let folder: TemporaryFolder
    private static let dumps = [1]

    init() throws { folder = try TemporaryFolder() }

    private func restore(_ number: Int) throws -> URL {
        let file = folder.item("feedback.sqlite")
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = false
        let dump = Fixtures.root.appending(path: "feedback/store-\(number).sql")
        let sql = try String(contentsOf: dump, encoding: .utf8)
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
        return file
    }

    /// Every row of every table, in an order that does not depend on where it lies.
    private func rows(in database: Database) throws -> [String: [Row]] {
        let tables = try String.fetchAll(
            database,
            sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('grdb_migrations')")
        return try Dictionary(
            uniqueKeysWithValues: tables.map { table in
                let columns = try database.columns(in: table).map { "\"\($0.name)\"" }.joined(separator: ", ")
                return (table, try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY \(columns)"))
            })
    }

    @Test(arguments: dumps) func noRowIsLost(number: Int) throws {
        let file = try restore(number)
        let before = try DatabaseQueue(path: file.path).read(rows)
        #expect(before.values.filter(\.isEmpty).isEmpty, "the dump should have rows in every table")
        let store = try FeedbackStore(at: file)
        let after = try store.read { try rows(in: $0.database) }
        for (table, old) in before {
            let new = try #require(after[table])
            #expect(new.count == old.count, "\(table)")
            for (one, other) in zip(old, new) {
                for (column, value) in one { #expect(other[column] as DatabaseValue? == value, "\(table)") }
            }
        }
        try store.read { try $0.verifyIntegrity() }
    }

    @Test(arguments: dumps) func whatItHoldsIsUnderstood(number: Int) throws {
        let store = try FeedbackStore(at: restore(number))
        try store.read { reader in
            for project in try reader.projects() {
                let items = try reader.items(in: project.id)
                let judgments = try reader.judgments(in: project.id, .everything)
                #expect(!items.isEmpty && !judgments.isEmpty)
                for judgment in judgments { _ = try reader.assignment(judgment.assignment) }
                _ = try reader.progress(in: project.id)
            }
            #expect(
                try !reader.annotators().isEmpty && !reader.invitations().isEmpty && !reader.uses().isEmpty)
        }
    }

    /// A migration that has been released never changes.
    @Test(arguments: dumps) func migrationsStay(number: Int) throws {
        let schema =
            "SELECT sql FROM sqlite_schema WHERE sql NOT NULL AND name <> 'grdb_migrations' ORDER BY sql"
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue, upTo: Schema.migrator.migrations[number - 1])
        let made = try queue.read { try String.fetchAll($0, sql: schema) }
        let kept = try DatabaseQueue(path: restore(number).path).read { try String.fetchAll($0, sql: schema) }
        #expect(made == kept)
        #expect(Self.dumps == Array(1...Schema.migrator.migrations.count))
    }

    @Test func aMigrationThatFailsChangesNothing() throws {
        struct Stop: Error {}
        let queue = try DatabaseQueue(path: restore(1).path)
        let before = try queue.read(rows)
        var migrator = Schema.migrator
        migrator.registerMigration("999") {
            try $0.execute(sql: "ALTER TABLE items ADD COLUMN more TEXT; DROP TABLE used_judgments")
            throw Stop()
        }
        #expect(throws: Stop.self) { try migrator.migrate(queue) }
        #expect(try queue.read(rows) == before)
    }
}
