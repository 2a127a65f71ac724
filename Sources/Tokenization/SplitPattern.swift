/// The regular expressions by which pre-tokenizers of the families people use cut text into words, recognised by their
/// exact text and matched by hand: a regular-expression engine (`ExpressionMatcher`) would take most of the time of encoding.
///
/// Each expression matches at every position, so the pieces cover the text without gaps.
enum SplitPattern: Sendable, Equatable {
    case gpt2
    /// Llama-3's, with at most so many digits in a piece: 3 there, 1 in Qwen2's.
    case digitGroups(of: Int)

    static let llama3 = SplitPattern.digitGroups(of: 3)
    static let qwen2 = SplitPattern.digitGroups(of: 1)

    init?(expression: String) {
        let patterns = [.gpt2] + (1...9).map(SplitPattern.digitGroups)
        guard let pattern = patterns.first(where: { $0.expression == expression }) else { return nil }
        self = pattern
    }

    var expression: String {
        switch self {
        case .gpt2:
            #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        case .digitGroups(let count):
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
                + (count == 1 ? "" : "{1,\(count)}")
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        }
    }
}

extension CharacterReader {
    /// The end of the piece that `pattern` matches at `start`, where the text to be cut ends at `limit`.
    func endOfPiece(_ pattern: SplitPattern, from start: Int, to limit: Int) -> Int {
        switch pattern {
        case .gpt2: endOfGPT2Piece(from: start, to: limit)
        case .digitGroups(let count): endOfLlama3Piece(from: start, to: limit, maximumDigits: count)
        }
    }

    /// A contraction, or a run of letters, numbers or other characters with at most one blank before it, or whitespace.
    private func endOfGPT2Piece(from start: Int, to limit: Int) -> Int {
        if let end = endOfContraction(from: start, to: limit, ignoringCase: false) { return end }
        let first = character(at: start).class
        if text[start] == .blank, start + 1 < limit {
            let second = characterClass(at: start + 1)
            if second != .whitespace { return endOfRun(of: second, from: start + 1, to: limit) }
        }
        if first == .whitespace { return endOfWhitespace(from: start, to: limit, newlinesFirst: false) }
        return endOfRun(of: first, from: start, to: limit)
    }

    /// A contraction; letters with at most one character before them that is no newline or number; a few digits; other
    /// characters with at most one blank before and all newlines after; whitespace.
    private func endOfLlama3Piece(from start: Int, to limit: Int, maximumDigits: Int) -> Int {
        if let end = endOfContraction(from: start, to: limit, ignoringCase: true) { return end }
        let (first, length) = character(at: start)
        switch first {
        case .letter:
            return endOfRun(of: .letter, from: start, to: limit)
        case .number:
            return endOfNumber(from: start, to: limit, maximumDigits: maximumDigits)
        case .other, .whitespace:
            let next = start + length
            let second = next < limit ? characterClass(at: next) : nil
            if second == .letter, !text[start].isNewline {
                return endOfRun(of: .letter, from: next, to: limit)
            }
            if first == .other { return endOfOtherAndNewlines(from: start, to: limit) }
            if second == .other, text[start] == .blank { return endOfOtherAndNewlines(from: next, to: limit) }
            return endOfWhitespace(from: start, to: limit, newlinesFirst: true)
        }
    }

    private func endOfNumber(from start: Int, to limit: Int, maximumDigits: Int) -> Int {
        var end = start
        var digitCount = 0
        while end < limit, digitCount < maximumDigits {
            let (found, length) = character(at: end)
            if found != .number { break }
            end += length
            digitCount += 1
        }
        return end
    }

    private func endOfOtherAndNewlines(from start: Int, to limit: Int) -> Int {
        var end = endOfRun(of: .other, from: start, to: limit)
        while end < limit, text[end].isNewline { end += 1 }
        return end
    }

    /// A run of whitespace: up to its last newline if `newlinesFirst` and there is one; else whole at the end of the
    /// text; else without its last character, which belongs to the next piece, unless that is all there is.
    private func endOfWhitespace(from start: Int, to limit: Int, newlinesFirst: Bool) -> Int {
        var end = start
        var lastCharacter = start
        var afterLastNewline = start
        while end < limit {
            let (found, length) = character(at: end)
            if found != .whitespace { break }
            lastCharacter = end
            end += length
            if text[lastCharacter].isNewline { afterLastNewline = end }
        }
        if newlinesFirst, afterLastNewline > start { return afterLastNewline }
        return end == limit || lastCharacter == start ? end : lastCharacter
    }

    /// The end of one of `'s 't 're 've 'm 'll 'd`, or nil.
    @inline(__always)
    private func endOfContraction(from start: Int, to limit: Int, ignoringCase: Bool) -> Int? {
        guard text[start] == UInt8(ascii: "'"), start + 1 < limit else { return nil }
        let caseBit: UInt8 = ignoringCase ? 0x20 : 0
        if ignoringCase, start + 2 < limit, text[start + 1] == 0xC5, text[start + 2] == 0xBF {
            // The long s (U+017F) is an s where case is ignored.
            return start + 3
        }
        switch text[start + 1] | caseBit {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return follows(UInt8(ascii: "e"), at: start + 2, to: limit, caseBit) ? start + 3 : nil
        case UInt8(ascii: "l"):
            return follows(UInt8(ascii: "l"), at: start + 2, to: limit, caseBit) ? start + 3 : nil
        default:
            return nil
        }
    }

    @inline(__always)
    private func follows(_ letter: UInt8, at offset: Int, to limit: Int, _ caseBit: UInt8) -> Bool {
        offset < limit && text[offset] | caseBit == letter
    }
}

extension UInt8 {
    fileprivate static let blank = UInt8(ascii: " ")

    @inline(__always)
    fileprivate var isNewline: Bool { self == 0x0A || self == 0x0D }
}
