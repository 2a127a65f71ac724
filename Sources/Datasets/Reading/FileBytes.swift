import Files
import Foundation

/// The bytes of one file, decompressed, seen through a window that its reader moves on and widens.
final class FileBytes {
    /// A row longer than this is taken for a file without rows.
    static let maximumRowBytes = 256 * 1024 * 1024

    let file: String
    private(set) var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// The bytes of `buffer` that are read and not yet consumed.
    private(set) var pending = 0..<0
    private(set) var isAtEnd = false
    private let stream: ByteStream

    init(_ url: URL) throws {
        file = url.relativePath
        do {
            stream = try ByteStream(url)
        } catch {
            throw Self.dataError(error, at: Place(file: url.relativePath, line: 1))
        }
    }

    /// The first bytes that are pending, as many as `count` or as there are.
    func peek(_ count: Int) throws -> [UInt8] {
        while pending.count < count, !isAtEnd { try readMore(at: 1) }
        return Array(buffer[pending].prefix(count))
    }

    /// Goes on by `count` bytes.
    func consume(_ count: Int) { pending = pending.lowerBound + count..<pending.upperBound }

    /// Reads on behind what is pending.
    /// - Parameter line: that an error is about.
    func readMore(at line: Int) throws {
        if pending.lowerBound > 0 {
            buffer.replaceSubrange(0..<pending.count, with: Array(buffer[pending]))
            pending = 0..<pending.count
        }
        if pending.count == buffer.count {
            guard buffer.count < Self.maximumRowBytes else { throw overlongRow(at: line) }
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        do {
            let count = try buffer.withUnsafeMutableBufferPointer { storage in
                try stream.read(into: UnsafeMutableBufferPointer(rebasing: storage[pending.upperBound...]))
            }
            pending = pending.lowerBound..<pending.upperBound + count
            isAtEnd = count == 0
        } catch let failure as ByteStream.Failure {
            throw Self.dataError(failure, at: Place(file: file, line: line))
        }
    }

    /// Where the row ends that begins with what is pending, as `scan` finds it while the window widens.
    ///
    /// - Parameters:
    ///   - line: that an error is about.
    ///   - scan: takes the bytes that are new; nil where the end is not among them.
    /// - Returns: bytes up to that end; nil where the file ends before.
    func length(at line: Int, scan: (UnsafeBufferPointer<UInt8>) -> Int?) throws -> Int? {
        var scanned = 0
        while true {
            let new = pending.lowerBound + scanned..<pending.upperBound
            let end = buffer.withUnsafeBufferPointer { scan(UnsafeBufferPointer(rebasing: $0[new])) }
            if let end { return scanned + end }
            scanned = pending.count
            guard !isAtEnd else { return nil }
            try readMore(at: line)
        }
    }

    // MARK: Errors

    private func overlongRow(at line: Int) -> DataError {
        DataError(
            at: Place(file: file, line: line),
            expected: "a line of at most \(Self.maximumRowBytes >> 20) MiB",
            found: "a longer one", remedy: "give JSON Lines: one object per line")
    }

    private static func dataError(_ failure: ByteStream.Failure, at place: Place) -> DataError {
        switch failure {
        case .system(let message):
            DataError(
                .inputOutput, file: place.file, line: nil, expected: "a readable file",
                found: message.lowercased(),
                remedy: "check the path and its permissions")
        case .truncated:
            DataError(
                at: place, expected: "more compressed data", found: "the end of the gzip file",
                remedy: "copy or download the file again: it is cut off")
        case .corrupt(let message):
            DataError(
                at: place, expected: "gzip data", found: "corrupt bytes (\(message))",
                remedy: "copy or download the file again, and test it with gzip -t")
        case .notCompressed:
            DataError(
                at: place, expected: "gzip data, as the name ends in .gz", found: "something else",
                remedy: "rename the file to .jsonl if it is plain JSON Lines")
        }
    }
}
