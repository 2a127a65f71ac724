import Files
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Feedback

@Suite struct StoreFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func refusal(_ name: String, _ access: FeedbackStore.Access = .existing) -> String {
        do {
            _ = try FeedbackStore(at: folder.item(name), access)
            return "opened"
        } catch {
            return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "")
        }
    }

    @Test func aStoreSurvivesBeingClosed() throws {
        let file = folder.item("new/folder/feedback.sqlite")
        for access in [FeedbackStore.Access.create, .existing, .create] {
            let store = try FeedbackStore(at: file, access)
            try store.write(by: nil) {
                let count = try $0.reader.projects().count
                try $0.createProject("project \(count)", ProjectDefinition(task: .rate))
            }
        }
        let names = try FeedbackStore(at: file, .reading).read { try $0.projects().map(\.name) }
        #expect(names == ["project 0", "project 1", "project 2"])
        #expect(FeedbackStore.isStore(file))
    }

    @Test func whatIsNoStoreIsRefused() throws {
        try folder.write(
            "{\"prompt\": \"an ordinary file that has nothing to do with it\"}\n", to: "rows.jsonl")
        try folder.write("", to: "empty")
        try FileManager.default.createDirectory(at: folder.item("folder"), withIntermediateDirectories: true)
        try DatabaseQueue(path: folder.item("other.sqlite").path).write {
            try $0.execute(sql: "CREATE TABLE bookmarks (url TEXT)")
        }
        let expected = "expected a store of judgments, found"
        for access in [FeedbackStore.Access.existing, .reading] {
            #expect(
                refusal("missing", access)
                    == "missing: cannot read: No such file or directory; check the path")
            #expect(refusal("empty", access) == "empty: \(expected) an empty file; check the path")
        }
        for access in [FeedbackStore.Access.existing, .reading, .create] {
            #expect(
                refusal("rows.jsonl", access)
                    == "rows.jsonl: \(expected) a file that is no SQLite database; check the path")
            #expect(refusal("folder", access) == "folder: \(expected) a folder; check the path")
            #expect(
                refusal("other.sqlite", access)
                    == "other.sqlite: \(expected) an SQLite database of another program; check the path")
        }
        #expect(try folder.text(of: "rows.jsonl").hasPrefix("{\"prompt\""))
        for (name, isStore) in [
            ("rows.jsonl", false), ("empty", false), ("missing", false), ("other.sqlite", true),
        ] {
            #expect(FeedbackStore.isStore(folder.item(name)) == isStore)
        }
    }

    @Test func aStoreOfANewerHeedIsRefused() throws {
        let file = folder.item("feedback.sqlite")
        let store = try FeedbackStore(at: file, .create)
        try store.write(by: nil) {
            try $0.database.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 telepathy')")
        }
        for access in [FeedbackStore.Access.existing, .reading, .create] {
            #expect(
                refusal("feedback.sqlite", access)
                    == "feedback.sqlite: made by a newer Heed (it has \"99 telepathy\", which this one does not know); "
                    + "update Heed")
        }
    }

    @Test func aStoreThatWasNeverFinishedIsMadeAnew() throws {
        // What is left by a process that was killed before its first transaction.
        try folder.write("", to: "feedback.sqlite")
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
        try store.write(by: nil) { try $0.createProject("p", ProjectDefinition(task: .rate)) }
        try store.read { try $0.verifyAudit() }
    }

    @Test func damageIsNamed() throws {
        let file = folder.item("feedback.sqlite")
        do {
            let store = try FeedbackStore(at: file, .create)
            try store.write(by: nil) {
                let project = try $0.createProject("p", ProjectDefinition(task: .compare))
                try $0.addItems((0..<400).map { .pair("item \($0)") }, to: project.id)
            }
            try store.close()
        }
        let handle = try FileHandle(forUpdating: file)
        let size = try handle.seekToEnd()
        for page in stride(from: UInt64(4_096), to: size, by: 4_096) {
            try handle.seek(toOffset: page)
            try handle.write(contentsOf: Data(repeating: 0xEE, count: 64))
        }
        try handle.close()
        let error = #expect(throws: FeedbackError.self) {
            let store = try FeedbackStore(at: file)
            _ = try store.read { try $0.items(in: 1) }
        }
        guard case .damaged(file, _) = error else {
            Issue.record("expected to hear of the damage, found \(String(describing: error))")
            return
        }
    }

    @Test func readingChangesNothing() throws {
        let file = folder.item("feedback.sqlite")
        do {
            let store = try FeedbackStore(at: file, .create)
            try store.write(by: nil) { try $0.createProject("p", ProjectDefinition(task: .rate)) }
            try store.close()
        }
        #expect(try folder.names == ["feedback.sqlite"])
        let before = try Data(contentsOf: file)
        let store = try FeedbackStore(at: file, .reading)
        #expect(try store.read { try $0.projects().count } == 1)
        #expect(throws: (any Error).self) { try store.write(by: nil) { try $0.closeProject(1) } }
        #expect(try Data(contentsOf: file) == before)
    }

    @Test func onlyItsOwnerCanReadIt() throws {
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
        try store.write(by: nil) { try $0.createProject("p", ProjectDefinition(task: .rate)) }
        for name in try folder.names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.item(name).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func whatIsAcknowledgedIsOnTheDisk() throws {
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
        let settings = try store.pool.writeWithoutTransaction { database in
            try ["journal_mode", "synchronous", "foreign_keys", "secure_delete"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["wal", "2", "1", "1"])
        let tables = try store.read {
            try Row.fetchAll(
                $0.database, sql: "SELECT * FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        }
        for table in tables where !["grdb_migrations", "sqlite_schema"].contains(table["name"] as String) {
            #expect(table["strict"] as Bool, "\(table)")
        }
    }
}
