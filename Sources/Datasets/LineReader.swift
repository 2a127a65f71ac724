import Foundation

/// The lines of one file, one at a time: memory is bounded by the longest line.
final class LineReader {
    let bytes: FileBytes
    /// The number of the line that was read last, counted from 1.
    private(set) var lineNumber = 0

    var file: String { bytes.file }

    init(_ bytes: FileBytes) { self.bytes = bytes }

    /// Calls `body` with the bytes of the next line that is not blank, without its line feed; nil at the end.
    func next<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws -> Result? {
        while let line = try nextLine() {
            lineNumber += 1
            guard !bytes.buffer[line].allSatisfy(Self.isBlank) else { continue }
            return try bytes.buffer[line].withUnsafeBufferPointer(body)
        }
        return nil
    }

    /// Where the next line lies in the buffer.
    private func nextLine() throws -> Range<Int>? {
        let length = try bytes.length(at: lineNumber + 1) { new in
            guard let start = new.baseAddress,
                let end = memchr(start, Int32(UInt8(ascii: "\n")), new.count)
            else { return nil }
            return UnsafeRawPointer(end) - UnsafeRawPointer(start)
        }
        let start = bytes.pending.lowerBound
        guard let length else {
            let rest = bytes.pending
            bytes.consume(rest.count)
            return rest.isEmpty ? nil : rest
        }
        bytes.consume(length + 1)
        return start..<start + length
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
