import Files
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

    private enum Target {
        case whole(AtomicFile)
        case growing(AppendableFile)
    }

    private let url: URL
    /// What errors call it.
    private let name: URL
    private let target: Target
    private var pending = ""

    /// - Parameter name: the file that errors name, where `url` is a hidden one that will become it.
    /// - Throws: `DataError` where the file cannot be created or opened, `FileError` where another writer replaces it.
    public init(_ url: URL, mode: Mode = .replace, for name: URL? = nil) throws {
        self.url = url
        self.name = name ?? url
        target = try Self.naming(self.name, insteadOf: url) {
            try FileSystem.createFolder(url.deletingLastPathComponent())
            switch mode {
            case .replace: return .whole(try AtomicFile(url))
            case .append:
                let file = try AppendableFile(url)
                try Self.endLastRow(of: file)
                return .growing(file)
            }
        }
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
        try Self.naming(name, insteadOf: url) {
            switch target {
            case .whole(let file): try file.write(data)
            case .growing(let file): try file.append(data)
            }
        }
    }

    /// Makes everything written so far durable and, in `replace` mode, puts the file in its place.
    public func finish() throws {
        try flush()
        try Self.naming(name, insteadOf: url) {
            switch target {
            case .whole(let file): try file.putInPlace()
            case .growing(let file): try file.synchronize()
            }
        }
    }

    /// A last line without line feed is complete if it is JSON (a file made by hand), else it is torn.
    private static func endLastRow(of file: AppendableFile) throws {
        let tail = try file.tail(after: UInt8(ascii: "\n"))
        if (try? JSONValue(parsing: tail, tolerating: .all)) != nil {
            try file.append(Data("\n".utf8))
        } else if !tail.isEmpty {
            try file.truncate(to: try file.byteCount - tail.count)
        }
    }

    /// The system's words about the file, under the name that its user knows.
    private static func naming<Result>(
        _ name: URL, insteadOf url: URL, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch FileError.refused(_, _, let code) {
            throw DataError(
                .inputOutput, file: name.relativePath, expected: "a file that can be written",
                found: String(cString: strerror(code)),
                remedy: "check the folder, its permissions and the free space")
        } catch let error as FileError {
            throw error.naming(name, insteadOf: url)
        }
    }
}
