/// Decodes token by token, for text that is shown while it is written.
///
/// A character may be spread over several tokens: it is given out when it is complete. The parts given out, `finish`
/// included, make up exactly what `Tokenizer.decode` gives for all ids at once.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool
    private var pending: [UInt8] = []
    private var isAtStart = true

    init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        skipsSpecialTokens = skippingSpecialTokens
    }

    /// The text that this token completes, which may be empty.
    public mutating func append(_ id: Int) -> String {
        tokenizer.appendContent(of: id, skippingSpecialTokens: skipsSpecialTokens, to: &pending)
        if isAtStart, !pending.isEmpty {
            isAtStart = false
            if tokenizer.stripsLeadingBlank, pending.first == UInt8(ascii: " ") { pending.removeFirst() }
        }
        let completeCount = pending.count - Self.incompleteCount(atEndOf: pending)
        defer { pending.removeFirst(completeCount) }
        return String(decoding: pending[..<completeCount], as: UTF8.self)
    }

    /// What is left at the end: U+FFFD for a character that was never completed, else nothing. The decoder is then as
    /// new.
    public mutating func finish() -> String {
        defer {
            pending.removeAll()
            isAtStart = true
        }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end could still become a character, if more followed.
    static func incompleteCount(atEndOf bytes: [UInt8]) -> Int {
        guard let lead = bytes.suffix(3).lastIndex(where: { !UTF8.isContinuation($0) }) else { return 0 }
        let length: Int
        let secondByte: ClosedRange<UInt8>
        // The well-formed sequences of the Unicode standard, table 3-7.
        switch bytes[lead] {
        case 0xC2...0xDF: (length, secondByte) = (2, 0x80...0xBF)
        case 0xE0: (length, secondByte) = (3, 0xA0...0xBF)
        case 0xED: (length, secondByte) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, secondByte) = (3, 0x80...0xBF)
        case 0xF0: (length, secondByte) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, secondByte) = (4, 0x80...0xBF)
        case 0xF4: (length, secondByte) = (4, 0x80...0x8F)
        default: return 0
        }
        let count = bytes.count - lead
        if count >= length { return 0 }
        if count > 1, !secondByte.contains(bytes[lead + 1]) { return 0 }
        return count
    }
}
