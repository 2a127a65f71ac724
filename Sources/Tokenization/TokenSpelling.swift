/// How a vocabulary writes down what its tokens stand for.
enum TokenSpelling: Sendable {
    /// In the alphabet of bytes (`ByteAlphabet`): every byte is a token.
    case bytes
    /// As SentencePiece does: text, in which `▁` is a blank; every character is a token or, where it is none, the tokens of its
    /// bytes, which are called `<0x00>` to `<0xFF>`.
    case pieces

    /// The blank of SentencePiece, U+2581.
    static let blank = "\u{2581}"
    static let blankBytes: [UInt8] = [0xE2, 0x96, 0x81]

    /// The bytes that a token stands for.
    func content(of spelling: String) -> [UInt8] {
        switch self {
        case .bytes: ByteAlphabet.content(of: spelling)
        case .pieces:
            Self.byte(of: spelling).map { [$0] }
                ?? Array(spelling.replacing(Self.blank, with: " ").utf8)
        }
    }

    /// The spelling of the token for one byte.
    static func piece(of byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
    }

    private static func byte(of spelling: String) -> UInt8? {
        guard spelling.utf8.count == 6, spelling.hasPrefix("<0x"), spelling.hasSuffix(">") else { return nil }
        return UInt8(spelling.dropFirst(3).dropLast(), radix: 16)
    }
}
