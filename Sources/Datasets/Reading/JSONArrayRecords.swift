import JSON

/// A JSON array of objects, on one line or on many, as Alpaca and ShareGPT are published. Memory is bounded by the longest
/// row.
final class JSONArrayRecords: RecordReader {
    private let bytes: FileBytes
    private var line = 1
    private var row = 0
    private var isAtEnd = false

    init(_ bytes: FileBytes) { self.bytes = bytes }

    func next() throws -> (columns: JSONObject, place: Place)? {
        guard !isAtEnd else { return nil }
        try skipBlanks()
        if row == 0 {
            bytes.consume(1)
            try skipBlanks()
            if try bytes.peek(1) == [UInt8(ascii: "]")] { return try end() }
        }
        row += 1
        let place = Place(file: bytes.file, line: line, row: row)
        var scan = ElementScan()
        guard let length = try bytes.length(at: line, scan: { scan.end(in: $0) }) else {
            throw DataError(
                at: place, expected: "']' at the end of the array", found: "the end of the file",
                remedy: "copy or download the file again: it is cut off")
        }
        let element = bytes.buffer[bytes.pending.prefix(length)]
        let columns = try element.withUnsafeBufferPointer { try JSONObject(line: $0, at: place) }
        let isLast = bytes.buffer[bytes.pending.lowerBound + length] == UInt8(ascii: "]")
        bytes.consume(length)
        line += scan.lineEnds
        if isLast { _ = try end() } else { bytes.consume(1) }
        return (columns, place)
    }

    /// Takes the bracket that closes the array, after which nothing may come.
    private func end() throws -> (columns: JSONObject, place: Place)? {
        bytes.consume(1)
        isAtEnd = true
        try skipBlanks()
        guard bytes.pending.isEmpty else {
            throw DataError(
                at: Place(file: bytes.file, line: line), expected: "one array of rows",
                found: "more after its end",
                remedy: "write one object per line, as in {\"messages\": […]}, or one array in all")
        }
        return nil
    }

    private func skipBlanks() throws {
        while let byte = try bytes.peek(1).first, Self.isBlank(byte) {
            if byte == UInt8(ascii: "\n") { line += 1 }
            bytes.consume(1)
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains(byte)
    }
}

/// Finds where an element of an array ends: at the comma or bracket that is in nothing else.
private struct ElementScan {
    private(set) var lineEnds = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    mutating func end(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") { lineEnds += 1 }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "]"):
                if depth == 0 { return index }
                depth -= 1
            case UInt8(ascii: ","): if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }
}
