import Foundation
import JSON

/// Writes rows as JSON Lines, with the keys of every row in a fixed order.
///
/// A file is either replaced as a whole, when `finish()` is called and not before, or appended to.
public final class JSONLinesWriter {
    public enum Mode: Sendable {
        /// Rows gather in a temporary file beside the target, which `finish()` puts in its place. Without `finish()`
        /// the target stays as it was.
        case replace
        /// Rows are added to what is there. An unfinished last line, left by a process that was killed, is removed.
        case append
    }

    private static let flushThreshold = 64 * 1024

    private let url: URL
    /// What errors call it.
    private let name: URL
    private let mode: Mode
    private let destination: URL
    private let handle: FileHandle
    private var pending = ""
    private var isFinished = false

    /// - Parameter name: the file that errors name, where `url` is a hidden one that will become it.
    /// - Throws: `DataError` where the file cannot be created or opened.
    public init(_ url: URL, mode: Mode = .replace, for name: URL? = nil) throws {
        self.url = url
        self.name = name ?? url
        self.mode = mode
        let folder = url.deletingLastPathComponent()
        destination =
            switch mode {
            case .replace: folder.appendingPathComponent(".\(url.lastPathComponent).\(UUID().uuidString)")
            case .append: url
            }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            if !FileManager.default.fileExists(atPath: destination.path) {
                try Data().write(to: destination)
            }
            handle = try FileHandle(forUpdating: destination)
        } catch {
            throw Self.failure(self.name, error)
        }
        if mode == .append { try perform { try Self.seekBehindLastRow(handle) } }
    }

    deinit {
        guard !isFinished else { return }
        // Nobody is left to tell; without `finish()` nothing was promised.
        try? handle.close()
        if mode == .replace { try? FileManager.default.removeItem(at: destination) }
    }

    public func append(_ row: some DatasetRow) throws {
        try append(row.columns)
    }

    /// Writes one object with the columns in the given order, and what is inside them in the order of names.
    public func append(_ columns: [(name: String, value: JSONValue)]) throws {
        let row = JSONObject(columns.lazy.map { (key: $0.name, value: $0.value.sortingNames()) })
        pending += JSONValue.object(row).text() + "\n"
        if pending.utf8.count >= Self.flushThreshold { try flush() }
    }

    /// Hands everything written so far to the operating system.
    public func flush() throws {
        let data = Data(pending.utf8)
        pending = ""
        try perform { try handle.write(contentsOf: data) }
    }

    /// Makes everything written so far durable and, in `replace` mode, puts the file in its place.
    public func finish() throws {
        try flush()
        try perform {
            try handle.synchronize()
            try handle.close()
            if mode == .replace {
                guard rename(destination.path, url.path) == 0 else {
                    throw Self.systemError
                }
                try Self.synchronizeFolder(of: url)
            }
        }
        isFinished = true
    }

    /// A new name is durable only once the folder that holds it is.
    private static func synchronizeFolder(of url: URL) throws {
        let descriptor = open(url.deletingLastPathComponent().path, O_RDONLY)
        guard descriptor >= 0 else { throw Self.systemError }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.systemError }
    }

    // MARK: Appending

    /// A last line without line feed is complete if it is JSON (a file made by hand), else it is torn.
    private static func seekBehindLastRow(_ handle: FileHandle) throws {
        let size = try handle.seekToEnd()
        let tail = try unterminatedTail(of: handle, size: size)
        let isComplete = (try? JSONValue(parsing: tail, tolerating: .all)) != nil
        if !isComplete { try handle.truncate(atOffset: size - UInt64(tail.count)) }
        try handle.seekToEnd()
        if isComplete { try handle.write(contentsOf: Data("\n".utf8)) }
    }

    /// The bytes behind the last line feed; leaves the handle anywhere.
    private static func unterminatedTail(of handle: FileHandle, size: UInt64) throws -> [UInt8] {
        let chunkSize: UInt64 = 64 * 1024
        var tail: [UInt8] = []
        var start = size
        while start > 0 {
            let end = start
            start = end > chunkSize ? end - chunkSize : 0
            try handle.seek(toOffset: start)
            let chunk = [UInt8](try handle.read(upToCount: Int(end - start)) ?? Data())
            if let lineFeed = chunk.lastIndex(of: UInt8(ascii: "\n")) {
                return chunk[(lineFeed + 1)...] + tail
            }
            tail = chunk + tail
        }
        return tail
    }

    // MARK: Errors

    private static var systemError: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    private func perform(_ body: () throws -> Void) throws {
        do { try body() } catch { throw Self.failure(name, error) }
    }

    /// The system's own words: Foundation's would name the file that is written, a hidden one.
    private static func failure(_ name: URL, _ error: Error) -> DataError {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        return DataError(
            .inputOutput, file: name.relativePath, expected: "a file that can be written",
            found: cause.localizedDescription,
            remedy: "check the folder, its permissions and the free space")
    }
}
