/// What the pre-tokenizers' patterns tell apart: `\p{L}`, `\p{N}`, `\s` and the rest.
enum CharacterClass: UInt8, Sendable {
    case other, letter, number, whitespace

    /// The Unicode version whose classes the reference implementation uses. Later characters count as `other`, so that
    /// ids do not change with the Unicode tables of the Swift runtime.
    private static let unicodeVersion = 16

    init(_ scalar: Unicode.Scalar) {
        let properties = scalar.properties
        guard let age = properties.age, age.major <= Self.unicodeVersion else {
            // Unassigned and newer characters.
            self = .other
            return
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            self = .letter
        case .decimalNumber, .letterNumber, .otherNumber:
            self = .number
        default:
            self = properties.isWhitespace ? .whitespace : .other
        }
    }
}

/// Reads characters and their classes from UTF-8.
struct CharacterReader {
    /// The classes of U+0000...U+FFFF, the characters beyond being too rare to tabulate.
    private static let basicPlane: [CharacterClass] = (0...0xFFFF).map { value in
        Unicode.Scalar(UInt16(value)).map(CharacterClass.init) ?? .other
    }

    let text: Bytes
    private let classes = Self.basicPlane

    init(_ text: Bytes) { self.text = text }

    /// The class of the character at `offset` and its length in bytes.
    @inline(__always)
    func character(at offset: Int) -> (class: CharacterClass, length: Int) {
        let first = text[offset]
        if first < 0x80 { return (classes[Int(first)], 1) }
        let (value, length) = multibyteScalar(at: offset, first: UInt32(first))
        if value < 0x10000 { return (classes[Int(value)], length) }
        return (Unicode.Scalar(value).map(CharacterClass.init) ?? .other, length)
    }

    @inline(__always)
    func characterClass(at offset: Int) -> CharacterClass { character(at: offset).class }

    /// Where the run of characters of one class that begins at `start` ends.
    @inline(__always)
    func endOfRun(of wanted: CharacterClass, from start: Int, to limit: Int) -> Int {
        var offset = start
        while offset < limit {
            let (found, length) = character(at: offset)
            if found != wanted { break }
            offset += length
        }
        return offset
    }

    @inline(__always)
    private func multibyteScalar(at offset: Int, first: UInt32) -> (value: UInt32, length: Int) {
        func continuation(_ index: Int) -> UInt32 { UInt32(text[offset + index] & 0x3F) }
        if first < 0xE0 { return ((first & 0x1F) << 6 | continuation(1), 2) }
        if first < 0xF0 { return ((first & 0x0F) << 12 | continuation(1) << 6 | continuation(2), 3) }
        return ((first & 0x07) << 18 | continuation(1) << 12 | continuation(2) << 6 | continuation(3), 4)
    }
}
