import Files
import Foundation
import GRDB

/// The file of a store, before and beside SQLite.
enum StoreFile {
    /// "Heed", by which SQLite's header tells whose file it is.
    static let applicationID: Int32 = 0x4865_6564
    private static let magic = Array("SQLite format 3".utf8) + [0]
    private static let applicationIDOffset = 68

    enum Content {
        case absent, empty, store
        case other(String)
    }

    static func content(of url: URL) throws -> Content {
        guard FileSystem.exists(url) else { return .absent }
        if FileSystem.isFolder(url) { return .other("a folder") }
        let header = try header(of: url)
        if header.isEmpty { return .empty }
        guard header.starts(with: magic) else { return .other("a file that is no SQLite database") }
        guard header.count >= applicationIDOffset + 4 else {
            return .other("the beginning of an SQLite database")
        }
        let mark = header[applicationIDOffset..<applicationIDOffset + 4].reduce(Int32(0)) {
            $0 << 8 | Int32($1)
        }
        return mark == applicationID ? .store : .other("an SQLite database of another program")
    }

    /// The number that every change writes into the header; nil for a header of a file that is not kept with a log.
    static func sequence(inHeader header: [UInt8]) -> UInt32? {
        // Versions 2 of the format are those with a log; https://sqlite.org/fileformat2.html#the_database_header
        guard header.starts(with: magic), header[18...19].allSatisfy({ $0 == 2 }) else { return nil }
        return header[60..<64].reduce(0) { $0 << 8 | UInt32($1) }
    }

    static func isSQLite(_ url: URL) -> Bool {
        (try? header(of: url).starts(with: magic)) ?? false
    }

    /// An empty file that only its owner can read: people's names and words will be in it. SQLite gives its
    /// companions the same permissions.
    static func createEmpty(_ url: URL) throws {
        let descriptor = open(url.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.refused(url, .create, code: errno) }
        close(descriptor)
    }

    /// Makes an empty file one of Heed. Its header says so from then on: what is in SQLite's log, as everything later is
    /// at first, would not be seen there.
    static func mark(_ url: URL) throws {
        let queue = try DatabaseQueue(path: url.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = \(applicationID)") }
        try queue.close()
    }

    private static func header(of url: URL) throws -> [UInt8] {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.refused(url, .read, code: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw FileError.refused(url, .read, code: errno) }
        return Array(bytes[..<count])
    }

    /// What an error of SQLite means for whoever uses the store.
    static func translated(_ error: any Error, in url: URL) -> any Error {
        switch error {
        case let error as DatabaseError: translated(error, in: url)
        case is StoredValueProblem, is RowDecodingError: FeedbackError.damaged(url, found: "\(error)")
        default: error
        }
    }

    private static func translated(_ error: DatabaseError, in url: URL) -> any Error {
        switch error.extendedResultCode {
        // The index of the log grows by a byte in each of its pages, which fails for want of space.
        case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE: FileError.refused(url, .write, code: ENOSPC)
        case .SQLITE_IOERR: FileError.refused(url, .write, code: EIO)
        case .SQLITE_READONLY: FileError.refused(url, .write, code: EROFS)
        case .SQLITE_PERM, .SQLITE_AUTH: FileError.refused(url, .write, code: EACCES)
        case .SQLITE_CANTOPEN: FileError.refused(url, .read, code: EACCES)
        case .SQLITE_BUSY, .SQLITE_LOCKED: FileError.inUse(url, process: nil)
        // A plain error is a schema that is not ours, or a format that SQLite does not know.
        case .SQLITE_CORRUPT, .SQLITE_ERROR:
            FeedbackError.damaged(url, found: error.message ?? "a page that makes no sense")
        case .SQLITE_NOTADB: FeedbackError.notAStore(url, found: "a file that is no SQLite database")
        default: error
        }
    }
}
