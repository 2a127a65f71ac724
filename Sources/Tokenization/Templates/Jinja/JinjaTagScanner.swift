/// Reads the next name, number, string or operator inside a tag.
struct JinjaTagScanner {
    let source: JinjaSource
    private(set) var index: Int

    init(source: JinjaSource, index: Int) {
        self.source = source
        self.index = index
    }

    mutating func next() throws -> JinjaToken.Kind {
        let scalar = source[index]
        if ("0"..."9").contains(scalar) { return try readNumber() }
        if scalar == "_" || scalar.properties.isXIDStart { return try readName() }
        if scalar == "'" || scalar == "\"" { return .string(try readString(quote: scalar)) }
        for symbol in Self.symbols where source.hasPrefix(symbol, at: index) {
            index += symbol.utf8.count
            return .symbol(symbol)
        }
        throw error(at: index, found: "the character `\(scalar)`", expected: "a name, a value or an operator")
    }

    /// Longer ones first.
    private static let symbols = [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]",
        "{",
        "}", ".", ",", ":", "|",
    ]

    /// Names are looked up again and again, at a price that does not ask for their length.
    private static let maximumNameLength = 1000

    private mutating func readName() throws -> JinjaToken.Kind {
        let start = index
        while index < source.count, source[index].properties.isXIDContinue { index += 1 }
        guard index - start <= Self.maximumNameLength else {
            throw error(
                at: start, found: "a name of \(index - start) characters",
                expected: "at most \(Self.maximumNameLength)")
        }
        return .name(source.string(start..<index))
    }

    // MARK: Numbers

    private mutating func readNumber() throws -> JinjaToken.Kind {
        let start = index
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2), ("0X", 16), ("0O", 8), ("0B", 2)]
        where source.hasPrefix(prefix, at: index) {
            index += 2
            return try integer(readDigits(radix: radix), radix: radix, start: start)
        }
        var digits = readDigits(radix: 10)
        // After a dot, as in `pairs.0.1`, digits are an index and never a fraction.
        let mayBeFloat = start == 0 || source[start - 1] != "."
        if mayBeFloat, let fraction = readFraction() {
            digits += fraction
            if let value = Double(digits) { return .float(value) }
        }
        guard digits.first != "0" || digits.allSatisfy({ $0 == "0" }) else {
            throw error(at: start, found: "the number \(digits)", expected: "it without leading zeros")
        }
        return try integer(digits, radix: 10, start: start)
    }

    private func integer(_ digits: String, radix: Int, start: Int) throws -> JinjaToken.Kind {
        guard let value = Int(digits, radix: radix) else {
            throw error(
                at: start, found: "`\(source.string(start..<index))`", expected: "an integer of 64 bits")
        }
        return .integer(value)
    }

    /// `.5`, `e-3` or `.5e-3`; nil, and nothing read, if there is no such thing here.
    private mutating func readFraction() -> String? {
        let start = index
        var text = ""
        if source.hasPrefix(".", at: index) {
            index += 1
            let digits = readDigits(radix: 10)
            if digits.isEmpty {
                index = start
                return nil
            }
            text = "." + digits
        }
        let exponentStart = index
        if source.hasPrefix("e", at: index) || source.hasPrefix("E", at: index) {
            index += 1
            let sign = source.sign(at: index)
            if sign != nil { index += 1 }
            let digits = readDigits(radix: 10)
            if digits.isEmpty {
                index = exponentStart
            } else {
                text += "e" + (sign.map(String.init) ?? "") + digits
            }
        }
        return text.isEmpty ? nil : text
    }

    /// Digits with single underscores between them, which are left out.
    private mutating func readDigits(radix: Int) -> String {
        var digits = ""
        while index < source.count {
            let isSeparator = source[index] == "_"
            let position = isSeparator ? index + 1 : index
            guard position < source.count, source[position].isASCII,
                let digit = Character(source[position]).hexDigitValue, digit < radix
            else { break }
            digits.unicodeScalars.append(source[position])
            index = position + 1
        }
        return digits
    }

    // MARK: Strings

    private mutating func readString(quote: Unicode.Scalar) throws -> String {
        let start = index
        var text = String.UnicodeScalarView()
        index += 1
        while index < source.count {
            let scalar = source[index]
            index += 1
            if scalar == quote { return String(text) }
            if scalar == "\\", index < source.count {
                text.append(contentsOf: try readEscape())
            } else {
                text.append(scalar)
            }
        }
        throw error(at: start, found: "a string that is never closed", expected: "`\(quote)`")
    }

    /// What follows a backslash, by Python's rules; an unknown escape stays as it is written.
    private mutating func readEscape() throws -> [Unicode.Scalar] {
        let scalar = source[index]
        index += 1
        switch scalar {
        case "\n": return []
        case "\\", "'", "\"": return [scalar]
        case "n": return ["\n"]
        case "t": return ["\t"]
        case "r": return ["\r"]
        case "a": return ["\u{7}"]
        case "b": return ["\u{8}"]
        case "f": return ["\u{C}"]
        case "v": return ["\u{B}"]
        case "x": return [try readCode(digits: 2)]
        case "u": return [try readCode(digits: 4)]
        case "U": return [try readCode(digits: 8)]
        case "0"..."7": return [readOctal()]
        case "N": throw error(at: index - 2, found: "`\\N`", expected: "`\\u` with the code of the character")
        default: return ["\\", scalar]
        }
    }

    private mutating func readCode(digits count: Int) throws -> Unicode.Scalar {
        let end = min(index + count, source.count)
        let digits = source.string(index..<end)
        guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit),
            let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
        else {
            throw error(
                at: index - 2, found: "`\\\(source[index - 1])\(digits)`",
                expected: "\(count) hexadecimal digits of a Unicode scalar")
        }
        index = end
        return scalar
    }

    private mutating func readOctal() -> Unicode.Scalar {
        var value: UInt32 = 0
        index -= 1
        let end = min(index + 3, source.count)
        while index < end, ("0"..."7").contains(source[index]) {
            value = value * 8 + source[index].value - 48
            index += 1
        }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private func error(at position: Int, found: String, expected: String) -> TemplateError {
        .syntax(at: source.location(of: position), found: found, expected: expected)
    }
}
