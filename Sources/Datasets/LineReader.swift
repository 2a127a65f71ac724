import Files
import Foundation

/// The lines of one file, one at a time: memory is bounded by the longest line.
final class LineReader {
    /// A line longer than this is taken for a file that is no JSON Lines at all.
    static let maximumLineBytes = 256 * 1024 * 1024

    let file: String
    /// The number of the line that was read last, counted from 1.
    private(set) var lineNumber = 0

    private let stream: ByteStream
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// The bytes of `buffer` that are read and not yet handed out.
    private var pending = 0..<0
    private var isAtEnd = false

    init(_ url: URL) throws {
        file = url.relativePath
        do {
            stream = try ByteStream(url)
        } catch {
            throw Self.dataError(error, at: Place(file: url.relativePath, line: 1))
        }
    }

    /// Calls `body` with the bytes of the next line that is not blank, without its line feed; nil at the end.
    func next<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result? {
        while let line = try nextLine() {
            lineNumber += 1
            let content = lineNumber == 1 ? withoutByteOrderMark(line) : line
            guard !buffer[content].allSatisfy(Self.isBlank) else { continue }
            return try buffer[content].withUnsafeBufferPointer(body)
        }
        return nil
    }

    /// Where the next line lies in `buffer`.
    private func nextLine() throws -> Range<Int>? {
        var searched = pending.lowerBound
        while true {
            if let end = lineEnd(in: searched..<pending.upperBound) {
                let line = pending.lowerBound..<end
                pending = end + 1..<pending.upperBound
                return line
            }
            if isAtEnd {
                let line = pending
                pending = pending.upperBound..<pending.upperBound
                return line.isEmpty ? nil : line
            }
            let searchedCount = pending.count
            try readMore()
            searched = pending.lowerBound + searchedCount
        }
    }

    private func lineEnd(in range: Range<Int>) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress,
                let end = memchr(start + range.lowerBound, Int32(UInt8(ascii: "\n")), range.count)
            else { return nil }
            return UnsafeRawPointer(end) - start
        }
    }

    private func readMore() throws {
        if pending.lowerBound > 0 {
            buffer.replaceSubrange(0..<pending.count, with: Array(buffer[pending]))
            pending = 0..<pending.count
        }
        if pending.count == buffer.count {
            guard buffer.count < Self.maximumLineBytes else { throw overlongLine }
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        do {
            let count = try buffer.withUnsafeMutableBufferPointer { storage in
                try stream.read(into: UnsafeMutableBufferPointer(rebasing: storage[pending.upperBound...]))
            }
            pending = pending.lowerBound..<pending.upperBound + count
            isAtEnd = count == 0
        } catch let failure as ByteStream.Failure {
            throw Self.dataError(failure, at: Place(file: file, line: lineNumber + 1))
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private func withoutByteOrderMark(_ line: Range<Int>) -> Range<Int> {
        buffer[line].starts(with: [0xEF, 0xBB, 0xBF]) ? line.lowerBound + 3..<line.upperBound : line
    }

    // MARK: Errors

    private var overlongLine: DataError {
        DataError(
            at: Place(file: file, line: lineNumber + 1),
            expected: "a line of at most \(Self.maximumLineBytes >> 20) MiB", found: "a longer one",
            remedy: "give JSON Lines: one object per line")
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
