import Files
import Foundation

/// A zip archive, such as a Python wheel, opened for reading: entries stored or deflated, with their CRC-32
/// checked.
///
/// Encrypted, multi-disk and zip64 archives are errors that say so. Source: PKWARE's APPNOTE.TXT 6.3.
public struct ZipArchive: Sendable {
    public struct Entry: Equatable, Sendable {
        /// A relative path that stays within the folder it is extracted to; a folder's ends with a slash.
        public let name: String
        public let compressedByteCount: Int
        public let byteCount: Int
        let checksum: UInt32
        let method: Method
        /// Where the compressed bytes lie, counted from the start of the archive.
        let range: Range<Int>
    }

    enum Method: UInt16 {
        case stored = 0
        case deflated = 8
    }

    /// In the order of the archive's directory.
    public let entries: [Entry]
    private let file: MappedFile

    /// Reads the directory and checks every entry's place, size and name, before anything is extracted.
    public init(_ url: URL) throws {
        file = try MappedFile(url)
        let directory = ZipDirectory(file)
        entries = try directory.read()
    }

    /// Extracts an entry to `url`, atomically: with a wrong checksum nothing is left there.
    ///
    /// - Parameter progress: bytes done and bytes in all, four times a megabyte; what it throws ends it.
    public func extract(
        _ name: String, to url: URL, progress: ((_ done: Int, _ total: Int) throws -> Void)? = nil
    ) throws {
        let entry = try entry(name)
        try AtomicFile.write(to: url) { output in
            var done = 0
            try forEachPiece(of: entry) { piece in
                try output.write(piece)
                done += piece.count
                try progress?(done, entry.byteCount)
            }
        }
    }

    /// The content of an entry of at most `maximumByteCount` bytes.
    public func contents(of name: String, maximumByteCount: Int = 1 << 26) throws -> Data {
        let entry = try entry(name)
        guard entry.byteCount <= maximumByteCount else {
            throw CheckpointError.malformed(
                file.url, "entry \(quoted(name))", expected: "at most \(maximumByteCount) bytes",
                found: "\(entry.byteCount)", remedy: "extract it to a file")
        }
        var data = Data(capacity: entry.byteCount)
        try forEachPiece(of: entry) { data.append(contentsOf: $0) }
        return data
    }

    private func entry(_ name: String) throws -> Entry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw CheckpointError.malformed(
                file.url, nil, expected: "an entry \(quoted(name))",
                found: "only \(listed(entries.map(\.name)))",
                remedy: "check that this is the right archive")
        }
        return entry
    }

    /// Decompresses an entry piece by piece; throws at its end where the checksum is wrong.
    private func forEachPiece(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try file.withBytes(entry.range) { compressed in
            var checksum = CRC32()
            let check: (UnsafeRawBufferPointer) throws -> Void = { piece in
                checksum.update(piece)
                try body(piece)
            }
            do {
                switch entry.method {
                case .stored: try Self.copy(compressed, check)
                case .deflated: try Inflater.inflate(compressed, byteCount: entry.byteCount, check)
                }
            } catch let error as Inflater.Mismatch {
                throw CheckpointError.malformed(
                    file.url, "entry \(quoted(entry.name))", expected: error.expected, found: error.found)
            }
            guard checksum.value == entry.checksum else {
                throw CheckpointError.malformed(
                    file.url, "entry \(quoted(entry.name))",
                    expected: "CRC-32 \(String(entry.checksum, radix: 16))",
                    found: String(checksum.value, radix: 16))
            }
        }
    }

    /// Hands `bytes` on in pieces, as an inflater does with what it makes.
    private static func copy(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        let size = 1 << 18
        for start in stride(from: 0, to: bytes.count, by: size) {
            let end = min(start + size, bytes.count)
            try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
    }
}
