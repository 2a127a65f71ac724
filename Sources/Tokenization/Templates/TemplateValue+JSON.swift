import Foundation

extension TemplateValue {
    /// Reads one JSON text, keeping the order of keys and the difference between `1` and `1.0`.
    /// - Throws: `TemplateValue.JSONError` for what is not JSON, an integer beyond 64 bits, or more than 100
    ///   levels of nesting.
    public init(json: Data) throws {
        var reader = JSONReader(bytes: [UInt8](json))
        self = try reader.readDocument()
    }

    /// Where and how a JSON text is wrong.
    public struct JSONError: Error, Hashable, CustomStringConvertible {
        /// Counted from 1; columns count bytes.
        public let line: Int
        public let column: Int
        public let expected: String
        public let found: String

        public var description: String {
            "line \(line), column \(column): expected \(expected), found \(found)"
        }
    }

    /// How deep values may nest: what keeps hostile input from exhausting the stack.
    static let maximumDepth = 100
}

/// A recursive descent over the bytes of one JSON text (RFC 8259).
private struct JSONReader {
    let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func readDocument() throws -> TemplateValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw error(expected: "UTF-8 text", found: "bytes that are not UTF-8")
        }
        let value = try readValue()
        skipWhitespace()
        guard index == bytes.count else { throw error(expected: "the end of the text") }
        return value
    }

    private mutating func readValue() throws -> TemplateValue {
        skipWhitespace()
        guard index < bytes.count else { throw error(expected: "a JSON value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try nested { reader in .mapping(try reader.readObject()) }
        case UInt8(ascii: "["): return try nested { reader in .list(try reader.readArray()) }
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .boolean(true))
        case UInt8(ascii: "f"): return try readWord("false", .boolean(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        default: throw error(expected: "a JSON value")
        }
    }

    private mutating func nested(_ read: (inout Self) throws -> TemplateValue) throws -> TemplateValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateValue.maximumDepth else {
            throw error(expected: "at most \(TemplateValue.maximumDepth) levels of nesting", found: "more")
        }
        return try read(&self)
    }

    private mutating func readObject() throws -> OrderedMapping<TemplateValue> {
        var entries = OrderedMapping<TemplateValue>()
        index += 1
        if skip("}") { return entries }
        repeat {
            skipWhitespace()
            guard peek() == UInt8(ascii: "\"") else { throw error(expected: "a key in double quotes") }
            let key = try readString()
            guard skip(":") else { throw error(expected: "`:` after the key") }
            entries[key] = try readValue()
        } while skip(",")
        guard skip("}") else { throw error(expected: "`,` or `}`") }
        return entries
    }

    private mutating func readArray() throws -> [TemplateValue] {
        var elements: [TemplateValue] = []
        index += 1
        if skip("]") { return elements }
        repeat { elements.append(try readValue()) } while skip(",")
        guard skip("]") else { throw error(expected: "`,` or `]`") }
        return elements
    }

    private mutating func readWord(_ word: String, _ value: TemplateValue) throws -> TemplateValue {
        guard bytes[index...].starts(with: word.utf8) else { throw error(expected: "`\(word)`") }
        index += word.utf8.count
        return value
    }

    private mutating func readNumber() throws -> TemplateValue {
        let start = index
        skipByte("-")
        if !skipByte("0") { try skipDigits() }
        var isInteger = true
        if skipByte(".") {
            isInteger = false
            try skipDigits()
        }
        if skipByte("e") || skipByte("E") {
            isInteger = false
            if !skipByte("-") { skipByte("+") }
            try skipDigits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        if !isInteger, let value = Double(text) { return .float(value) }
        index = start
        throw error(expected: "an integer of 64 bits", found: text)
    }

    private mutating func skipDigits() throws {
        let start = index
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw error(expected: "a digit") }
    }

    private mutating func readString() throws -> String {
        var text: [UInt8] = []
        index += 1
        while let byte = peek() {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try readEscape()).utf8)
            case 0..<0x20:
                index -= 1
                throw error(expected: "an escape such as \\n", found: "a control character in a string")
            default: text.append(byte)
            }
        }
        throw error(expected: "a closing `\"`")
    }

    /// A surrogate that has no partner becomes U+FFFD: Swift strings cannot hold one.
    private mutating func readEscape() throws -> Unicode.Scalar {
        guard let byte = peek() else { throw error(expected: "an escaped character") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try readHexadecimal()
            guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
            let afterFirst = index
            if bytes[index...].starts(with: "\\u".utf8) {
                index += 2
                let second = try readHexadecimal()
                if UTF16.isTrailSurrogate(second) {
                    let offset = (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                    return Unicode.Scalar(0x10000 + offset) ?? "\u{FFFD}"
                }
                index = afterFirst
            }
            return "\u{FFFD}"
        default:
            index -= 1
            throw error(expected: "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
        }
    }

    private mutating func readHexadecimal() throws -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error(expected: "four hexadecimal digits") }
        index += 4
        return value
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipWhitespace() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
        skipWhitespace()
        return skipByte(symbol)
    }

    @discardableResult
    private mutating func skipByte(_ symbol: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: symbol) else { return false }
        index += 1
        return true
    }

    private func error(expected: String, found: String? = nil) -> TemplateValue.JSONError {
        let before = bytes[..<min(index, bytes.count)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return TemplateValue.JSONError(
            line: before.count { $0 == 0x0A } + 1, column: index - lineStart + 1, expected: expected,
            found: found ?? peek().map { "`\(Character(Unicode.Scalar($0)))`" } ?? "the end of the text")
    }
}
