extension JSONParser {
    /// The content of the string whose opening quote comes next.
    mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        skipPlainBytes()
        if current == UInt8(ascii: "\"") {
            position += 1
            return try text(slice(start..<position - 1), from: start)
        }
        return try stringWithEscapes(from: start)
    }

    /// Goes on with a string that is plain up to here, and copies it stretch by stretch.
    private mutating func stringWithEscapes(from start: Int) throws(JSONSyntaxError) -> String {
        unescaped.removeAll(keepingCapacity: true)
        var stretch = start
        while true {
            unescaped.append(contentsOf: slice(stretch..<position))
            switch current {
            case UInt8(ascii: "\""):
                position += 1
                return try unescaped.withUnsafeBufferPointer { content throws(JSONSyntaxError) in
                    try text(content, from: start)
                }
            case UInt8(ascii: "\\"):
                position += 1
                try escape()
            case nil: throw error("a closing '\"'")
            default: throw error("control characters to be escaped")
            }
            stretch = position
            skipPlainBytes()
        }
    }

    /// Up to a quote, a backslash, a control character or the end: eight bytes at a time, for that is most of a row.
    private mutating func skipPlainBytes() {
        let raw = UnsafeRawBufferPointer(bytes)
        var end = position
        while end + 8 <= raw.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: end, as: UInt64.self))
            let marks = Self.marksOfSpecialBytes(in: word)
            guard marks == 0 else {
                position = end + marks.trailingZeroBitCount / 8
                return
            }
            end += 8
        }
        while end < raw.count, Self.marksOfSpecialBytes(in: UInt64(raw[end]) | 0x2020_2020_2020_2000) == 0 {
            end += 1
        }
        position = end
    }

    /// The top bit of the lowest byte that is a quote, a backslash or a control character, and bits above it; 0 where
    /// there is none. (A byte is zero where taking one from it borrows and it has no top bit itself.)
    private static func marksOfSpecialBytes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones << 7
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let below = (word &- (ones << 5)) & ~word
        return (below | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & tops
    }

    private func text(_ content: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONSyntaxError)
        -> String
    {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw error("text in UTF-8", at: start, found: "other bytes")
        }
        return text
    }

    // MARK: Escapes

    private mutating func escape() throws(JSONSyntaxError) {
        let meaning: UInt8
        switch current {
        case UInt8(ascii: "n"): meaning = 0x0A
        case UInt8(ascii: "\""): meaning = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): meaning = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): meaning = UInt8(ascii: "/")
        case UInt8(ascii: "t"): meaning = 0x09
        case UInt8(ascii: "r"): meaning = 0x0D
        case UInt8(ascii: "b"): meaning = 0x08
        case UInt8(ascii: "f"): meaning = 0x0C
        case UInt8(ascii: "u"):
            position += 1
            unescaped.append(contentsOf: String(try escapedScalar()).utf8)
            return
        default: throw error(#"one of \" \\ \/ \b \f \n \r \t \u"#)
        }
        unescaped.append(meaning)
        position += 1
    }

    private mutating func escapedScalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let afterFirst = position
        if UTF16.isLeadSurrogate(first), take("\\"), take("u") {
            let second = try codeUnit()
            let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
            if UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(value) { return scalar }
        }
        position = afterFirst
        guard tolerance.contains(.unpairedSurrogates) else {
            throw error("the other half of a surrogate pair")
        }
        return "\u{FFFD}"
    }

    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        let start = position
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = current.flatMap(Self.hexadecimalDigit) else {
                throw error("four hexadecimal digits", at: start)
            }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
