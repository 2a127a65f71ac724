import Foundation

/// Parses one JSON text (RFC 8259) from bytes, with the byte offset of the first mistake.
struct JSONParser {
    struct SyntaxError: Error {
        let offset: Int
        let expected: String
        let found: String
    }

    private static let maximumDepth = 64
    private static let maximumByteCount = 1 << 26
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    static func parse(_ bytes: UnsafeRawBufferPointer) throws(SyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.next == nil else { throw parser.error("the end of the JSON text") }
        return value
    }

    /// Parses a file that must be one object.
    static func parseObject(at url: URL) throws -> [String: JSONValue] {
        let file = try MappedFile(url)
        guard file.bytes.count <= maximumByteCount else {
            throw CheckpointError.malformed(
                url, nil, expected: "at most \(maximumByteCount) bytes", found: "\(file.bytes.count)")
        }
        return try file.withBytes(0..<file.bytes.count) { try parseObject($0, in: url, describedAs: "byte") }
    }

    static func parseObject(
        _ bytes: UnsafeRawBufferPointer, in file: URL, describedAs place: String
    ) throws -> [String: JSONValue] {
        do {
            let value = try parse(bytes)
            guard let object = value.object else {
                throw SyntaxError(offset: 0, expected: "an object", found: value.summary)
            }
            return object
        } catch let error as SyntaxError {
            throw CheckpointError.malformed(
                file, "\(place) \(error.offset)", expected: error.expected, found: error.found)
        }
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ expected: String, at offset: Int? = nil) -> SyntaxError {
        let offset = offset ?? position
        let found =
            if offset >= bytes.count {
                "the end of the text"
            } else if (0x21...0x7e).contains(bytes[offset]) {
                "'\(Character(UnicodeScalar(bytes[offset])))'"
            } else {
                "byte 0x\(String(bytes[offset], radix: 16))"
            }
        return SyntaxError(offset: offset, expected: expected, found: found)
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    /// Takes the character if it comes next, after space.
    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func require(_ character: Unicode.Scalar) throws(SyntaxError) {
        guard accept(character) else { throw error("'\(character)'") }
    }

    private mutating func value() throws(SyntaxError) -> JSONValue {
        skipSpace()
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw error("at most \(Self.maximumDepth) levels of nesting")
        }
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(SyntaxError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else {
            throw error("a value")
        }
        position = end
        return value
    }

    private mutating func object() throws(SyntaxError) -> JSONValue {
        try require("{")
        var members: [String: JSONValue] = [:]
        if accept("}") { return .object(members) }
        repeat {
            skipSpace()
            let start = position
            let name = try string()
            try require(":")
            guard members.updateValue(try value(), forKey: name) == nil else {
                throw SyntaxError(offset: start, expected: "every name once", found: "\(quoted(name)) again")
            }
        } while accept(",")
        try require("}")
        return .object(members)
    }

    private mutating func array() throws(SyntaxError) -> JSONValue {
        try require("[")
        var values: [JSONValue] = []
        if accept("]") { return .array(values) }
        repeat { values.append(try value()) } while accept(",")
        try require("]")
        return .array(values)
    }

    private mutating func number() throws(SyntaxError) -> JSONValue {
        let start = position
        var isWhole = true
        func digits(_ parser: inout JSONParser) -> Int {
            let start = parser.position
            while let byte = parser.next, (0x30...0x39).contains(byte) { parser.position += 1 }
            return parser.position - start
        }
        if next == UInt8(ascii: "-") { position += 1 }
        let startsWithZero = next == UInt8(ascii: "0")
        let count = digits(&self)
        guard count > 0, !startsWithZero || count == 1 else { throw error("a value", at: start) }
        if next == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard digits(&self) > 0 else { throw error("a digit") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits(&self) > 0 else { throw error("a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw error("a number within range", at: start)
        }
        return .number(value)
    }

    private mutating func string() throws(SyntaxError) -> String {
        guard next == UInt8(ascii: "\"") else { throw error("'\"'") }
        let start = position
        position += 1
        var units: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else {
                    throw SyntaxError(offset: start, expected: "text in UTF-8", found: "other bytes")
                }
                return text
            case UInt8(ascii: "\\"): units.append(contentsOf: Array(String(try escape()).utf8))
            case 0..<0x20: throw error("an escape for a control character", at: position - 1)
            default: units.append(byte)
            }
        }
        throw error("'\"'")
    }

    private static let simpleEscapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
        UInt8(ascii: "b"): "\u{8}",
        UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]

    private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
        let start = position - 1
        guard let letter = next else { throw error("an escape") }
        position += 1
        if let scalar = Self.simpleEscapes[letter] { return scalar }
        guard letter == UInt8(ascii: "u") else { throw error("an escape", at: start) }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // What is no scalar by itself is half of a surrogate pair; the other half must follow.
        guard first < 0xdc00, next == UInt8(ascii: "\\") else { throw error("a surrogate pair", at: start) }
        position += 1
        guard next == UInt8(ascii: "u") else { throw error("a surrogate pair", at: start) }
        position += 1
        let second = try hexadecimal()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xd800) << 10) + UInt32(second - 0xdc00))
        else { throw error("a surrogate pair", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(SyntaxError) -> UInt16 {
        let end = position + 4
        guard end <= bytes.count,
            bytes[position..<end].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let value = UInt16(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits") }
        position = end
        return value
    }
}
