import Foundation

extension JSONValue {
    /// Lists and objects inside each other; deeper nesting is refused, because parsing recurses and the stack is
    /// finite.
    public static let maximumDepth = 256

    /// Parses one JSON text (RFC 8259) in UTF-8. What JSON forbids is refused: comments, trailing commas, `NaN`,
    /// control characters inside strings, bytes that are not UTF-8, anything after the value.
    ///
    /// - Parameter tolerance: what may pass of that which JSON leaves open; by default nothing.
    /// - Throws: ``JSONSyntaxError``.
    public init(parsing text: some ContiguousBytes, tolerating tolerance: JSONTolerance = []) throws {
        self = try text.withUnsafeBytes { bytes in
            var parser = JSONParser(bytes: bytes.bindMemory(to: UInt8.self), tolerance: tolerance)
            return try parser.document()
        }
    }
}

/// A recursive descent that makes the value in one pass over the bytes: rows come by the hundred megabytes.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let tolerance: JSONTolerance
    var position = 0
    /// The bytes of a string with escapes, kept from one to the next.
    var unescaped: [UInt8] = []
    private var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, tolerance: JSONTolerance) {
        self.bytes = bytes
        self.tolerance = tolerance
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw error("the end of the text") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipBlanks()
        guard let byte = current else { throw error("a JSON value") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N") where tolerance.contains(.nonFiniteNumbers):
            return try word("NaN", .number(.nan))
        case UInt8(ascii: "I") where tolerance.contains(.nonFiniteNumbers):
            return try word("Infinity", .number(.infinity))
        default: throw error("a JSON value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue
    {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[index] else { throw error("\(word)", at: start) }
            position += 1
        }
        return value
    }

    // MARK: Lists and objects

    private mutating func object() throws(JSONSyntaxError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        var members = JSONObject()
        if takeAfterBlanks("}") { return members }
        repeat {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw error("a name in double quotes") }
            let start = position
            let name = try string()
            guard takeAfterBlanks(":") else { throw error("':'") }
            let value = try value()
            if let place = members.insert(value, forKey: name) {
                guard tolerance.contains(.repeatedNames) else {
                    throw error("every name once", at: start, found: "\(Self.quoted(name)) again")
                }
                members.replaceValue(at: place, with: value)
            }
        } while takeAfterBlanks(",")
        guard takeAfterBlanks("}") else { throw error("',' or '}'") }
        return members
    }

    private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if takeAfterBlanks("]") { return elements }
        repeat { elements.append(try value()) } while takeAfterBlanks(",")
        guard takeAfterBlanks("]") else { throw error("',' or ']'") }
        return elements
    }

    /// Takes the bracket that opens a list or object.
    private mutating func enter() throws(JSONSyntaxError) {
        guard depth < JSONValue.maximumDepth else {
            throw error("at most \(JSONValue.maximumDepth) levels of nesting", found: "more")
        }
        depth += 1
        position += 1
    }

    // MARK: Numbers

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let isNegative = take("-")
        if isNegative, current == UInt8(ascii: "I"), tolerance.contains(.nonFiniteNumbers) {
            return try word("Infinity", .number(-.infinity))
        }
        let firstDigit = position
        if !take("0") { try skipDigits() }
        let digits = firstDigit..<position
        var isWhole = true
        if take(".") {
            isWhole = false
            try skipDigits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            try skipDigits()
        }
        if isWhole, let integer = integer(slice(digits), isNegative: isNegative) { return .integer(integer) }
        let text = String(decoding: slice(start..<position), as: UTF8.self)
        // The integer 0 has no sign that could be kept.
        guard !isWhole || text == "-0" || tolerance.contains(.largeIntegers) else {
            throw error("an integer of 64 bits", at: start, found: Self.shortened(text))
        }
        guard let number = Double(text), number.isFinite else {
            throw error("a number within the range of 64 bits", at: start, found: Self.shortened(text))
        }
        return isWhole && text != "-0" ? .largeInteger(text) : .number(number)
    }

    private mutating func skipDigits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw error("a digit") }
    }

    /// Nil beyond 64 bits, and for -0. Counts down from 0, because there is one more negative number.
    private func integer(_ digits: UnsafeBufferPointer<UInt8>, isNegative: Bool) -> Int? {
        var negative = 0
        for digit in digits {
            let (tens, isTooLow) = negative.multipliedReportingOverflow(by: 10)
            let (value, isTooLowWithDigit) = tens.subtractingReportingOverflow(Int(digit & 0x0F))
            guard !isTooLow, !isTooLowWithDigit else { return nil }
            negative = value
        }
        guard isNegative else { return negative == .min ? nil : -negative }
        return negative == 0 ? nil : negative
    }

    // MARK: Bytes

    func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[range])
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func takeAfterBlanks(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        return take(character)
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    // MARK: Errors

    /// - Parameter found: by default the byte that is there.
    func error(_ expected: String, at place: Int? = nil, found: String? = nil) -> JSONSyntaxError {
        let place = place ?? position
        let before = bytes[..<place]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONSyntaxError(
            offset: place, line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: place - lineStart + 1, expected: expected,
            found: found ?? (place < bytes.count ? Self.name(of: bytes[place]) : nil))
    }

    /// The name as JSON spells it, in the quotes that other things found have.
    private static func quoted(_ name: String) -> String {
        "'\(JSONValue.string(shortened(name)).text().dropFirst().dropLast())'"
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count > 60 ? text.prefix(60) + "…" : text
    }

    private static func name(of byte: UInt8) -> String {
        switch byte {
        case 0x21...0x7E: "'\(Character(Unicode.Scalar(byte)))'"
        default: "the byte 0x" + byte.hexadecimal(digits: 2)
        }
    }
}
