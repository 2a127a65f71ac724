import Files
import Foundation
import GRDB

/// The judgments of people, with everything that is known about them, in one SQLite file.
///
/// What a `write` has returned from is on the disk: it survives the end of the process and a loss of power. Several
/// processes may use one file.
public final class FeedbackStore: Sendable {
    public enum Access: Sendable {
        /// A file that is there.
        case existing
        /// A new file where there is none.
        case create
        /// A file that is there and stays as it is.
        case reading
    }

    public let url: URL
    let pool: DatabasePool
    /// Nil for a store that is only read.
    private let watch: FileWatch?
    private let now: @Sendable () -> Date

    /// Opens a store, and brings one of an older version up to date unless it is only read.
    ///
    /// - Parameters:
    ///   - seed: what a new store's order of items and sides follows from; by default drawn from the system.
    ///   - now: the clock, in tests.
    /// - Throws: ``FeedbackError`` if the file is not a store, one of a newer version or a damaged one; `FileError`.
    public init(
        at url: URL, _ access: Access = .existing, seed: UInt64? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.url = url
        self.now = now
        do {
            try Self.prepare(url, access)
            if let head = AuditHead(beside: url) { try Self.check(url, hasReached: head) }
            pool = try DatabasePool(path: url.path, configuration: Self.configuration(access))
            watch = access == .reading ? nil : try FileWatch(url)
            try Self.checkVersion(of: pool, at: url, access)
            guard access != .reading else { return }
            // GRDB's pools are content with NORMAL, under which a loss of power may take the last commits.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            if try !read({ try $0.hasBegun() }) {
                try write(by: nil) { try $0.begin(seed: seed ?? UInt64.random(in: .min ... .max)) }
                // The mark by which others know the file is in its header, not in the log beside it.
                try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                try FileSystem.synchronize(url.deletingLastPathComponent())
            }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    deinit { try? close() }

    /// Whether the file is an SQLite database, by its first bytes. Opening it tells whether it is a store.
    public static func isStore(_ url: URL) -> Bool { StoreFile.isSQLite(url) }

    /// Ends the use of the store, and brings what is still in SQLite's log (`-wal`) into the file, so that the file alone
    /// is the store. One that is not closed has lost nothing: whoever opens it next finds the log.
    public func close() throws {
        if watch?.isLost == true { return }
        do {
            // SQLite tidies up after the last connection, unless that one could only read.
            pool.invalidateReadOnlyConnections()
            try pool.close()
            // Where nobody else writes, the file is all there is.
            watch?.end()
            if watch != nil, !FileSystem.exists(URL(fileURLWithPath: url.path + "-wal")) {
                AuditHead.remove(beside: url)
            }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    /// Looks something up, in a state of the store that does not change meanwhile.
    public func read<T>(_ body: (StoreReader) throws -> T) throws -> T {
        do {
            return try pool.read { try body(StoreReader(database: $0, now: now())) }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> T) async throws -> T {
        do {
            return try await pool.read { [now] in try body(StoreReader(database: $0, now: now())) }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    /// Changes something: all of it or, where `body` throws, nothing. Every change leaves an entry in the audit.
    ///
    /// - Parameter actor: who does it; nil for whoever has the file.
    @discardableResult
    public func write<T>(by actor: Annotator.ID?, _ body: (StoreWriter) throws -> T) throws -> T {
        do {
            try checkFile()
            let (result, head) = try pool.write { database in
                (try body(StoreWriter(database: database, actor: actor, now: now())), try Self.mark(database))
            }
            try acknowledge(head)
            return result
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    @discardableResult
    public func write<T: Sendable>(
        by actor: Annotator.ID?, _ body: @escaping @Sendable (StoreWriter) throws -> T
    ) async throws -> T {
        do {
            try checkFile()
            let (result, head) = try await pool.write { [now] database in
                (try body(StoreWriter(database: database, actor: actor, now: now())), try Self.mark(database))
            }
            try acknowledge(head)
            return result
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    /// Puts the number of the last entry of the audit into the file's header, which ``FileWatch`` looks at.
    private static func mark(_ database: Database) throws -> AuditHead? {
        let head = try AuditHead(in: database)
        // As many bits as the header has room for.
        let number = Int32(truncatingIfNeeded: head?.sequence ?? 0)
        if try Int32.fetchOne(database, sql: "PRAGMA user_version") != number {
            try database.execute(sql: "PRAGMA user_version = \(number)")
        }
        return head
    }

    /// What was changed in a file that is no longer the store's is not acknowledged.
    private func acknowledge(_ head: AuditHead?) throws {
        try checkFile()
        head?.write(beside: url)
    }

    /// - Throws: ``FeedbackError/replaced(_:)``
    private func checkFile() throws {
        do {
            try watch?.check()
        } catch {
            // SQLite would bring its log into whatever is there now when the connections close: they never do.
            _ = Unmanaged.passRetained(pool)
            throw error
        }
    }
}

extension FeedbackStore {
    /// Brings SQLite's log into the file as far as nobody still reads what was before, so that the file alone is never more
    /// than moments behind. To be called again and again while a store is served.
    ///
    /// - Throws: ``FeedbackError/replaced(_:)`` where the file is no longer the one that was opened.
    public func settle() throws {
        try checkFile()
        do {
            try pool.writeWithoutTransaction { database in
                // Whoever reads is not waited for: people want to go on.
                try database.execute(sql: "PRAGMA busy_timeout = 0")
                defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Self.patience * 1_000)") }
                do {
                    try database.checkpoint(.truncate)
                } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                    // It is brought in as far as that went.
                }
            }
            try checkFile()
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    /// Seconds that a connection waits for another one.
    private static let patience = 10
}

extension FeedbackStore {
    /// Makes sure that there is a file that SQLite may open.
    private static func prepare(_ url: URL, _ access: Access) throws {
        switch try StoreFile.content(of: url) {
        case .store: break
        case .absent where access == .create:
            AuditHead.remove(beside: url)
            try FileSystem.createFolder(url.deletingLastPathComponent())
            try StoreFile.createEmpty(url)
            try StoreFile.mark(url)
        case .absent: throw FileError.refused(url, .read, code: ENOENT)
        // What a process leaves that was killed in between.
        case .empty where access == .create: try StoreFile.mark(url)
        case .empty: throw FeedbackError.notAStore(url, found: "an empty file")
        case .other(let found): throw FeedbackError.notAStore(url, found: found)
        }
    }

    private static func configuration(_ access: Access) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.readonly = access == .reading
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(TimeInterval(patience))
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // What is deleted is overwritten: people may withdraw their words.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    /// Holds a store against how far it had come. By a connection that can only read: another one would tidy up, and
    /// take away what is left of a damaged log.
    private static func check(_ url: URL, hasReached head: AuditHead) throws {
        let queue = try DatabaseQueue(path: url.path, configuration: configuration(.reading))
        try queue.read { database in
            guard try database.tableExists("audit"), try !head.isIn(database) else { return }
            let found = try AuditHead(in: database)?.sequence ?? 0
            throw FeedbackError.behind(url, acknowledged: head.sequence, found: found)
        }
        try queue.close()
    }

    private static func checkVersion(of pool: some DatabaseReader, at url: URL, _ access: Access) throws {
        try pool.read { database in
            if try Schema.migrator.hasBeenSuperseded(database) {
                let known = Set(Schema.migrator.migrations)
                let unknown = try Schema.migrator.appliedIdentifiers(database).subtracting(known)
                throw FeedbackError.madeByNewerHeed(url, unknown: unknown.sorted())
            }
            if access == .reading, try !Schema.migrator.hasCompletedMigrations(database) {
                throw FeedbackError.madeByOlderHeed(url)
            }
        }
    }
}
