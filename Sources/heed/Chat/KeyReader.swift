/// Makes keys of the bytes that a terminal sends.
struct KeyReader: Sendable {
    /// The next byte; nil at the end of the input.
    let nextByte: @Sendable () -> UInt8?
    /// Whether more bytes are there at once: a lone Escape is a key, and so is the sequence that begins with it.
    let hasMore: @Sendable () -> Bool

    /// The next key; nil at the end of the input.
    func next() -> LineEditor.Key? {
        guard let byte = nextByte() else { return nil }
        switch byte {
        case 0x1B: return hasMore() ? sequence() : .unknown
        case ..<0x20, 0x7F: return Self.controls[byte] ?? .unknown
        case ..<0x80: return .scalar(Unicode.Scalar(byte))
        default: return scalar(startingWith: byte)
        }
    }

    private static let controls: [UInt8: LineEditor.Key] = [
        0x01: .start, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right,
        0x08: .deleteBackward, 0x0A: .enter, 0x0B: .deleteToEnd, 0x0C: .redraw, 0x0D: .enter, 0x0E: .next,
        0x10: .former, 0x15: .deleteToStart, 0x17: .deleteWord, 0x1A: .suspend, 0x7F: .deleteBackward,
    ]

    /// By what comes between `ESC [` (or `ESC O`) and the end of the sequence, and that end.
    private static let sequences: [String: LineEditor.Key] = [
        "A": .former, "B": .next, "C": .right, "D": .left, "H": .start, "F": .end,
        "1~": .start, "7~": .start, "4~": .end, "8~": .end, "3~": .deleteForward,
        "1;5C": .wordRight, "1;5D": .wordLeft, "1;3C": .wordRight, "1;3D": .wordLeft,
    ]

    /// What follows Escape.
    private func sequence() -> LineEditor.Key? {
        guard let opening = nextByte() else { return nil }
        switch opening {
        case UInt8(ascii: "["), UInt8(ascii: "O"): break
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case 0x7F: return .deleteWord
        default: return .unknown
        }
        var text = ""
        while text.utf8.count < 16 {
            guard let byte = nextByte() else { return nil }
            text.unicodeScalars.append(Unicode.Scalar(byte))
            if (0x40...0x7E).contains(byte) { break }
        }
        return Self.sequences[text] ?? .unknown
    }

    /// A character of several bytes in UTF-8.
    private func scalar(startingWith first: UInt8) -> LineEditor.Key? {
        let count =
            (0xF0...0xF7).contains(first)
            ? 4 : (0xE0...0xEF).contains(first) ? 3 : (0xC0...0xDF).contains(first) ? 2 : 1
        var bytes = [first]
        while bytes.count < count {
            guard let byte = nextByte() else { return nil }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self), let scalar = text.unicodeScalars.first
        else { return .unknown }
        return .scalar(scalar)
    }
}
