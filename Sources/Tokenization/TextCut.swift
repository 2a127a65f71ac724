/// Where long texts may be cut in two without a token becoming another.
extension Tokenizer {
    /// The last place where a text may be cut in two, so that the tokens of both parts are those of the whole; nil where there
    /// is none, and for tokenizers of which nobody knows.
    public func lastCut(in text: UnsafeBufferPointer<UInt8>) -> Int? { textEncoder.lastCut(in: text) }
}

extension PreTokenizer {
    /// The last place where a text may be cut in two, so that both parts have the words of the whole; nil where there is
    /// none, and for expressions of which nobody knows.
    func lastCut(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard case .pattern(let pattern) = steps.last else { return nil }
        let reader = CharacterReader(text)
        return text.indices.dropFirst().last { reader.isCut($0, by: pattern) }
    }
}

extension CharacterReader {
    /// Whether no piece reaches across, and none before depends on what comes after.
    fileprivate func isCut(_ offset: Int, by pattern: SplitPattern) -> Bool {
        guard text[offset] & 0xC0 != 0x80 else { return false }
        let isNewline = text[offset] == .newline || text[offset] == 0x0D
        switch (pattern, characterClass(at: offset)) {
        case (.gpt2, .whitespace): return classOfCharacter(before: offset) != .whitespace
        // Newlines belong to the punctuation before them.
        case (.digitGroups, .whitespace): return !isNewline && classOfCharacter(before: offset) != .whitespace
        case (.digitGroups, .letter): return text[offset - 1] == .newline
        default: return false
        }
    }

    private func classOfCharacter(before offset: Int) -> CharacterClass {
        var start = offset - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        return characterClass(at: start)
    }
}

extension UInt8 {
    static let newline: UInt8 = 0x0A
}
