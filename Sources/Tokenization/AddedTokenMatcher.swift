/// Finds added tokens in text: from left to right, at each place the longest one.
struct AddedTokenMatcher: Sendable {
    private struct Pattern: Sendable {
        let bytes: [UInt8]
        let token: AddedToken
    }

    enum Segment {
        case text(Range<Int>)
        case token(AddedToken, Range<Int>)
    }

    /// The patterns by their first byte, longest first.
    private var patterns: [[Pattern]] = Array(repeating: [], count: 256)
    private var startsPattern: [Bool] = Array(repeating: false, count: 256)
    private var isEmpty = true

    /// - Parameter tokens: with the text to search for, which for normalized tokens is not their own.
    init(_ tokens: [(pattern: String, token: AddedToken)]) {
        for (pattern, token) in tokens {
            let bytes = Array(pattern.utf8)
            guard let first = bytes.first else { continue }
            patterns[Int(first)].append(Pattern(bytes: bytes, token: token))
            startsPattern[Int(first)] = true
            isEmpty = false
        }
        for first in patterns.indices { patterns[first].sort { $0.bytes.count > $1.bytes.count } }
    }

    /// Cuts the text into added tokens and what lies between them.
    ///
    /// A match that is not accepted (a special token that is not to be recognised, a single word inside another word)
    /// is passed over whole: no other token is looked for inside it.
    func forEachSegment(of text: Bytes, recognisingSpecialTokens: Bool, _ body: (Segment) -> Void) {
        var textStart = 0
        var offset = isEmpty ? text.count : 0
        while offset < text.count {
            guard startsPattern[Int(text[offset])], let pattern = longestPattern(in: text, at: offset) else {
                offset += 1
                continue
            }
            let match = offset..<offset + pattern.bytes.count
            offset = match.upperBound
            let token = pattern.token
            if token.isSpecial, !recognisingSpecialTokens { continue }
            if token.isSingleWord, touchesWord(match, in: text) { continue }
            // Whitespace that an earlier token took along is taken.
            let start =
                token.stripsLeft
                ? max(startOfWhitespace(endingAt: match.lowerBound, in: text), textStart) : match.lowerBound
            let end =
                token.stripsRight ? endOfWhitespace(startingAt: match.upperBound, in: text) : match.upperBound
            if textStart < start { body(.text(textStart..<start)) }
            body(.token(token, start..<end))
            textStart = end
        }
        if textStart < text.count { body(.text(textStart..<text.count)) }
    }

    private func longestPattern(in text: Bytes, at offset: Int) -> Pattern? {
        patterns[Int(text[offset])].first { pattern in
            pattern.bytes.count <= text.count - offset
                && text.slice(offset..<offset + pattern.bytes.count).elementsEqual(pattern.bytes)
        }
    }

    private func touchesWord(_ match: Range<Int>, in text: Bytes) -> Bool {
        (match.lowerBound > 0 && scalar(before: match.lowerBound, in: text).isWordCharacter)
            || (match.upperBound < text.count && scalar(at: match.upperBound, in: text).isWordCharacter)
    }

    private func startOfWhitespace(endingAt end: Int, in text: Bytes) -> Int {
        var start = end
        while start > 0 {
            let previous = scalar(before: start, in: text)
            guard previous.properties.isWhitespace else { break }
            start -= UTF8.width(previous)
        }
        return start
    }

    private func endOfWhitespace(startingAt start: Int, in text: Bytes) -> Int {
        var end = start
        while end < text.count {
            let next = scalar(at: end, in: text)
            guard next.properties.isWhitespace else { break }
            end += UTF8.width(next)
        }
        return end
    }

    private func scalar(at offset: Int, in text: Bytes) -> Unicode.Scalar {
        var length = 1
        while offset + length < text.count, UTF8.isContinuation(text[offset + length]) { length += 1 }
        return String(decoding: text.slice(offset..<offset + length), as: UTF8.self).unicodeScalars.first
            ?? "\u{FFFD}"
    }

    private func scalar(before end: Int, in text: Bytes) -> Unicode.Scalar {
        var start = end - 1
        while start > 0, UTF8.isContinuation(text[start]) { start -= 1 }
        return scalar(at: start, in: text)
    }
}

extension Unicode.Scalar {
    /// Whether `\w` matches: letters, marks, decimal digits, connectors such as `_`, and joiners.
    fileprivate var isWordCharacter: Bool {
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
