import Foundation

/// Where a text stops being JSON, and why.
public struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Both count from 1; columns are bytes.
    public let line: Int
    public let column: Int
    public let expected: String

    public var description: String { "line \(line), column \(column): expected \(expected)" }
}

extension ManifestValue {
    /// Parses strict JSON (RFC 8259) in UTF-8: nothing after the value, no name twice in an object, at most
    /// 128 levels.
    ///
    /// - Throws: ``JSONSyntaxError``.
    public init(parsing data: some Sequence<UInt8>) throws {
        var parser = Parser(bytes: Array(data))
        self = try parser.parseDocument()
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0
        var depth = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func parseDocument() throws -> ManifestValue {
            let value = try parseValue()
            skipWhitespace()
            guard position == bytes.count else { throw error("nothing more") }
            return value
        }

        private mutating func parseValue() throws -> ManifestValue {
            skipWhitespace()
            switch peek {
            case UInt8(ascii: "{"): return try nested { try $0.parseObject() }
            case UInt8(ascii: "["): return try nested { try $0.parseArray() }
            case UInt8(ascii: "\""): return .string(try parseString())
            case UInt8(ascii: "t"): return try parse("true", as: .boolean(true))
            case UInt8(ascii: "f"): return try parse("false", as: .boolean(false))
            case UInt8(ascii: "n"): return try parse("null", as: .null)
            default: return try parseNumber()
            }
        }

        private mutating func nested(_ body: (inout Parser) throws -> ManifestValue) throws -> ManifestValue {
            guard depth < 128 else { throw error("at most 128 levels of nesting") }
            depth += 1
            defer { depth -= 1 }
            position += 1
            return try body(&self)
        }

        private mutating func parseObject() throws -> ManifestValue {
            var members: [Member] = []
            var names: Set<String> = []
            try parseItems(until: UInt8(ascii: "}")) { parser in
                parser.skipWhitespace()
                let start = parser.position
                let name = try parser.parseString()
                guard names.insert(name).inserted else {
                    parser.position = start
                    throw parser.error("a name that is not there yet")
                }
                parser.skipWhitespace()
                guard parser.take(UInt8(ascii: ":")) else { throw parser.error("':'") }
                members.append(Member(name, try parser.parseValue()))
            }
            return .object(members)
        }

        private mutating func parseArray() throws -> ManifestValue {
            var elements: [ManifestValue] = []
            try parseItems(until: UInt8(ascii: "]")) { elements.append(try $0.parseValue()) }
            return .array(elements)
        }

        private mutating func parseItems(until end: UInt8, _ parseItem: (inout Parser) throws -> Void) throws
        {
            skipWhitespace()
            if take(end) { return }
            repeat {
                try parseItem(&self)
                skipWhitespace()
            } while take(UInt8(ascii: ","))
            guard take(end) else { throw error("',' or '\(Character(UnicodeScalar(end)))'") }
        }

        private mutating func parse(_ word: StaticString, as value: ManifestValue) throws -> ManifestValue {
            let start = position
            for byte in word.description.utf8 where !take(byte) {
                position = start
                throw error("a JSON value")
            }
            return value
        }

        // MARK: Numbers

        private mutating func parseNumber() throws -> ManifestValue {
            let start = position
            _ = take(UInt8(ascii: "-"))
            guard peek.map(isDigit) == true else {
                position = start
                throw error("a JSON value")
            }
            if !take(UInt8(ascii: "0")) { skipDigits() }
            var isWhole = true
            if take(UInt8(ascii: ".")) {
                isWhole = false
                try parseDigits()
            }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                isWhole = false
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                try parseDigits()
            }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            if isWhole, text != "-0", let integer = Int(text) { return .integer(integer) }
            guard let number = Double(text), number.isFinite else {
                position = start
                throw error("a number that a double can hold")
            }
            return .number(number)
        }

        private mutating func parseDigits() throws {
            guard peek.map(isDigit) == true else { throw error("a digit") }
            skipDigits()
        }

        private mutating func skipDigits() {
            while peek.map(isDigit) == true { position += 1 }
        }

        private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

        // MARK: Strings

        private mutating func parseString() throws -> String {
            guard take(UInt8(ascii: "\"")) else { throw error("'\"'") }
            var content: [UInt8] = []
            let start = position
            while let byte = peek {
                switch byte {
                case UInt8(ascii: "\""):
                    guard let string = String(validating: content, as: UTF8.self) else {
                        position = start
                        throw error("valid UTF-8")
                    }
                    position += 1
                    return string
                case UInt8(ascii: "\\"):
                    position += 1
                    content += try parseEscape()
                case 0..<0x20:
                    throw error("control characters to be escaped")
                default:
                    content.append(byte)
                    position += 1
                }
            }
            throw error("'\"'")
        }

        private static let plainEscapes: [UInt8: UInt8] = [
            UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
            UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
            UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]

        private mutating func parseEscape() throws -> [UInt8] {
            if let byte = peek, let meant = Self.plainEscapes[byte] {
                position += 1
                return [meant]
            }
            guard take(UInt8(ascii: "u")) else { throw error("an escape") }
            let first = try parseCodeUnit()
            guard UTF16.isLeadSurrogate(first) || UTF16.isTrailSurrogate(first) else {
                return Array(String(decoding: [first], as: UTF16.self).utf8)
            }
            guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw error("a pair of surrogates")
            }
            let second = try parseCodeUnit()
            guard UTF16.isTrailSurrogate(second) else { throw error("a pair of surrogates") }
            return Array(String(decoding: [first, second], as: UTF16.self).utf8)
        }

        private mutating func parseCodeUnit() throws -> UInt16 {
            let digits = bytes[position...].prefix(4)
            guard digits.count == 4, digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
                let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw error("four hexadecimal digits") }
            position += 4
            return unit
        }

        // MARK: Bytes

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard peek == byte else { return false }
            position += 1
            return true
        }

        private mutating func skipWhitespace() {
            while let byte = peek, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
                position += 1
            }
        }

        private func error(_ expected: String) -> JSONSyntaxError {
            let before = bytes[..<position]
            let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            return JSONSyntaxError(
                line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: position - lineStart + 1,
                expected: expected)
        }
    }
}
