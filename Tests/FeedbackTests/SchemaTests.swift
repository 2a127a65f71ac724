import GRDB
import Testing

@testable import Feedback

@Suite struct SchemaTests {
    @Test func anEmptyStoreGetsEveryTable() throws {
        let database = try DatabaseQueue()
        try Schema.migrator.migrate(database)
        let tables = try database.read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        #expect(
            Set(tables).isSuperset(of: [
                "annotators", "projects", "items", "responses", "assignments", "judgments", "audit",
            ]))
    }
}
