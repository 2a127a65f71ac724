/// The alphabet in which byte-level vocabularies are written.
///
/// Vocabulary files hold text, tokens hold bytes. GPT-2 gave every byte one printable character: the printable bytes of
/// Latin-1 stand for themselves, the other 68 take the characters from U+0100 on, in order. A blank is `Ġ` (U+0120).
/// Throughout this module a token's *spelling* is its text in this alphabet and its *content* the bytes it stands for.
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        var unprintableCount: UInt32 = 0
        return (UInt8.min...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
                return Unicode.Scalar(byte)
            default:
                defer { unprintableCount += 1 }
                return Unicode.Scalar(0x100 + unprintableCount) ?? Unicode.Scalar(byte)
            }
        }
    }()

    /// The byte of each character, by the number of the character.
    private static let bytes: [UInt8?] = {
        let highest = characters.reduce(0) { max($0, Int($1.value)) }
        var bytes = [UInt8?](repeating: nil, count: highest + 1)
        for (byte, character) in characters.enumerated() { bytes[Int(character.value)] = UInt8(byte) }
        return bytes
    }()

    /// The spelling of some bytes, as UTF-8.
    static func spelling(of content: some Sequence<UInt8>) -> [UInt8] {
        var spelling: [UInt8] = []
        for byte in content {
            spelling.append(
                contentsOf: UTF8.encode(characters[Int(byte)]) ?? UTF8.encodedReplacementCharacter)
        }
        return spelling
    }

    /// The bytes that a token stands for: what its spelling says or, where a character is outside the alphabet (as in
    /// tokens that were added as plain text), the text itself.
    static func content(of spelling: String) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(spelling.utf8.count)
        let bytes = bytes
        for character in spelling.unicodeScalars {
            guard character.value < bytes.count, let byte = bytes[Int(character.value)] else {
                return Array(spelling.utf8)
            }
            content.append(byte)
        }
        return content
    }
}
