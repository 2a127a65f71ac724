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
            pool = try DatabasePool(path: url.path, configuration: Self.configuration(access))
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

    /// Whether the file is an SQLite database, by its first bytes. Opening it tells whether it is a store.
    public static func isStore(_ url: URL) -> Bool { StoreFile.isSQLite(url) }

    /// Ends the use of the store, and brings what is still in SQLite's log (`-wal`) into the file, so that the file alone
    /// is the store. One that is not closed has lost nothing: whoever opens it next finds the log.
    public func close() throws {
        do {
            // SQLite tidies up after the last connection, unless that one could only read.
            pool.invalidateReadOnlyConnections()
            try pool.close()
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
            return try pool.write { try body(StoreWriter(database: $0, actor: actor, now: now())) }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }

    @discardableResult
    public func write<T: Sendable>(
        by actor: Annotator.ID?, _ body: @escaping @Sendable (StoreWriter) throws -> T
    ) async throws -> T {
        do {
            return try await pool.write { [now] in
                try body(StoreWriter(database: $0, actor: actor, now: now()))
            }
        } catch {
            throw StoreFile.translated(error, in: url)
        }
    }
}

extension FeedbackStore {
    /// Makes sure that there is a file that SQLite may open.
    private static func prepare(_ url: URL, _ access: Access) throws {
        switch try StoreFile.content(of: url) {
        case .store: break
        case .absent where access == .create:
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
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // What is deleted is overwritten: people may withdraw their words.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
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
