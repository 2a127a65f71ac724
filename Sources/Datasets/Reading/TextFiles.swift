import Files
import Foundation

/// Plain text that is learned from: a text file is one text, a row of JSON Lines (or of a table) another; a folder stands for
/// the `.txt` and `.jsonl` files directly inside it, sorted by name. Each may be compressed with gzip (`.gz`).
public struct TextFiles: Sendable {
    public let files: [URL]
    /// Files of the folders that are not read, as their names do not end as text does.
    public let leftOut: [URL]

    /// - Throws: `DataError` where a path leads nowhere or a folder has no text.
    public init(_ urls: [URL]) throws {
        let found = try urls.map(Self.files)
        files = found.flatMap(\.files)
        leftOut = found.flatMap(\.leftOut)
    }

    /// What users should know of files that are left out; nil where none is.
    public var note: String? {
        guard let first = leftOut.first else { return nil }
        let folder = first.deletingLastPathComponent().relativePath
        return
            "\(folder): \(leftOut.count) file\(leftOut.count == 1 ? "" : "s") not read, such as "
            + "\(first.lastPathComponent): of a folder those are that end in .txt or .jsonl (name others one by one)"
    }

    /// Of all files, as they lie on the disk.
    public func byteCount() throws -> Int {
        try files.reduce(0) { $0 + Int(try FileSystem.size(of: $1)) }
    }

    /// The texts, whole.
    public func texts() throws -> [String] {
        var texts: [String] = []
        try forEachStretch(lastCut: { _ in nil }) { texts.append(String(decoding: $0.bytes, as: UTF8.self)) }
        return texts
    }

    /// Calls `body` with one stretch of a text after the other; memory is bounded where texts can be cut.
    ///
    /// - Parameters:
    ///   - byteLimit: nothing more is read once so many bytes were given.
    ///   - lastCut: the last place where text may be cut in two; nil where there is none.
    public func forEachStretch(
        upTo byteLimit: Int = .max, lastCut: (UnsafeBufferPointer<UInt8>) -> Int?,
        _ body: (TextStretch) throws -> Void
    ) throws {
        var given = 0
        func give(_ stretch: TextStretch) throws {
            try body(stretch)
            given += stretch.bytes.count
        }
        for file in files where given < byteLimit {
            guard Self.isText(file.lastPathComponent) else {
                let reader = try JSONLines(file).reader(of: TextRow.self)
                while given < byteLimit, let row = try reader.next() {
                    try give(TextStretch(bytes: Array(row.row.text.utf8), beginsText: true))
                }
                continue
            }
            let reader = try TextReader(file)
            while given < byteLimit, let stretch = try reader.next(lastCut: lastCut) { try give(stretch) }
        }
    }

    // MARK: Finding files

    private static let rowExtensions = ["jsonl", "json", "csv", "tsv", "ndjson"]

    private static func isText(_ name: String) -> Bool {
        let name = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
        return !rowExtensions.contains { name.lowercased().hasSuffix(".\($0)") }
    }

    private static func files(of url: URL) throws -> (files: [URL], leftOut: [URL]) {
        guard FileSystem.exists(url) else {
            throw DataError(
                .missingInput, file: url.relativePath,
                expected: "a text file, a .jsonl file or a folder of them",
                found: "nothing at this path", remedy: "check the path")
        }
        guard FileSystem.isFolder(url) else { return ([url], []) }
        let names = try FileSystem.contents(of: url).map(\.lastPathComponent).filter { !$0.hasPrefix(".") }
        func isRead(_ name: String) -> Bool {
            [".txt", ".jsonl"].contains { name.hasSuffix($0) || name.hasSuffix($0 + ".gz") }
        }
        func places(_ names: [String]) -> [URL] {
            names.map { URL(fileURLWithPath: url.relativePath + "/" + $0) }
        }
        let files = names.filter(isRead)
        guard !files.isEmpty else {
            throw DataError(
                .missingInput, file: url.relativePath, expected: "a folder with .txt or .jsonl files",
                found: "none in it", remedy: "check the path, or name the files")
        }
        let others = places(names.filter { !isRead($0) }).filter { !FileSystem.isFolder($0) }
        return (places(files), others)
    }
}

/// Part of a text, or all of it.
public struct TextStretch: Sendable {
    /// Valid UTF-8, without a zero byte.
    public let bytes: [UInt8]
    /// Whether nothing of its text comes before.
    public let beginsText: Bool
}

/// The text of one file.
private final class TextReader {
    /// A stretch may be as much longer as it takes to find where to cut.
    private static let stretchBytes = 4 << 20

    private let bytes: FileBytes
    private var beginsText = true
    private var line = 1

    init(_ file: URL) throws {
        bytes = try FileBytes(file)
        if try bytes.peek(3) == [0xEF, 0xBB, 0xBF] { bytes.consume(3) }
    }

    func next(lastCut: (UnsafeBufferPointer<UInt8>) -> Int?) throws -> TextStretch? {
        var length: Int?
        var wanted = Self.stretchBytes
        while length == nil {
            while bytes.pending.count < wanted, !bytes.isAtEnd { try bytes.readMore(at: line) }
            length =
                bytes.isAtEnd
                ? bytes.pending.count
                : bytes.buffer[bytes.pending].withUnsafeBufferPointer(lastCut).flatMap { $0 > 0 ? $0 : nil }
            wanted = bytes.pending.count + Self.stretchBytes
        }
        guard let length, length > 0 else {
            if beginsText {
                throw DataError(
                    file: bytes.file, expected: "text", found: "an empty file",
                    remedy: "add some or leave the file out")
            }
            return nil
        }
        let stretch = Array(bytes.buffer[bytes.pending.lowerBound..<bytes.pending.lowerBound + length])
        try check(stretch)
        bytes.consume(length)
        line += stretch.count { $0 == 0x0A }
        defer { beginsText = false }
        return TextStretch(bytes: stretch, beginsText: beginsText)
    }

    private func check(_ stretch: [UInt8]) throws {
        if let zero = stretch.firstIndex(of: 0) {
            throw error("a zero byte, as in files that are no text", at: zero, of: stretch)
        }
        guard String(validating: stretch, as: UTF8.self) == nil else { return }
        let valid = stretch.lengthOfValidUTF8
        throw error(
            "the byte 0x\(String(stretch[valid], radix: 16, uppercase: true))", at: valid, of: stretch)
    }

    private func error(_ found: String, at offset: Int, of stretch: [UInt8]) -> DataError {
        DataError(
            file: bytes.file, line: line + stretch[..<offset].count { $0 == 0x0A }, expected: "text in UTF-8",
            found: found, remedy: "convert the file (iconv -t UTF-8), or leave it out")
    }
}

extension [UInt8] {
    /// How many bytes there are before the first that is no UTF-8.
    fileprivate var lengthOfValidUTF8: Int {
        var decoder = UTF8.ForwardParser()
        var bytes = makeIterator()
        var length = 0
        while case .valid(let character) = decoder.parseScalar(from: &bytes) { length += character.count }
        return Swift.min(length, count - 1)
    }
}
