/// Cuts text into the words within which the merges work.
///
/// Every step cuts the pieces of the step before it further; nothing is removed or changed.
struct PreTokenizer: Sendable {
    enum Step: Sendable, Equatable {
        /// Numeric characters apart from all others, one by one or in runs.
        case digits(individually: Bool)
        case pattern(SplitPattern)
        /// Words with the blanks before them.
        case blanks
        case expression(ExpressionMatcher)

        /// Pieces by a regular expression; nil for what is none.
        init?(expression: String) {
            if let pattern = SplitPattern(expression: expression) {
                self = .pattern(pattern)
            } else if let matcher = ExpressionMatcher(expression) {
                self = .expression(matcher)
            } else {
                return nil
            }
        }
    }

    /// Which stretches of text between added tokens get a blank in front.
    enum PrefixBlank: Sendable {
        case none
        /// Those that do not begin with one.
        case unlessThere
        /// Only the very beginning of the text, where it does not begin with one.
        case atStartUnlessThere
        case always
    }

    let steps: [Step]
    var prefixBlank = PrefixBlank.none

    /// Calls `body` with the text as it is cut, and how many blanks were put before it.
    func withPrefixBlank(
        _ text: Bytes, isStart: Bool, _ body: (_ text: Bytes, _ blankCount: Int) -> Void
    ) {
        let hasBlank = text.first == UInt8(ascii: " ")
        let getsOne =
            switch prefixBlank {
            case .none: false
            case .unlessThere: !hasBlank
            case .atStartUnlessThere: isStart && !hasBlank
            case .always: true
            }
        guard getsOne, !text.isEmpty else { return body(text, 0) }
        ([UInt8(ascii: " ")] + text).withUnsafeBufferPointer { body($0, 1) }
    }

    func forEachPiece(of text: Bytes, _ body: (Range<Int>) -> Void) {
        split(0..<text.count, of: CharacterReader(text), fromStep: 0, body)
    }

    private func split(
        _ range: Range<Int>, of reader: CharacterReader, fromStep index: Int, _ body: (Range<Int>) -> Void
    ) {
        guard index < steps.count else { return body(range) }
        if case .expression(let matcher) = steps[index] {
            for piece in matcher.pieces(of: reader.text.slice(range)) {
                let piece = range.lowerBound + piece.lowerBound..<range.lowerBound + piece.upperBound
                split(piece, of: reader, fromStep: index + 1, body)
            }
            return
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = endOfPiece(of: reader, by: steps[index], from: start, to: range.upperBound)
            split(start..<end, of: reader, fromStep: index + 1, body)
            start = end
        }
    }

    private func endOfPiece(of reader: CharacterReader, by step: Step, from start: Int, to limit: Int) -> Int
    {
        switch step {
        case .digits(let individually):
            endOfDigitsOrOthers(of: reader, from: start, to: limit, individually: individually)
        case .pattern(let pattern):
            reader.endOfPiece(pattern, from: start, to: limit)
        case .blanks:
            endOfWord(of: reader.text, from: start, to: limit)
        case .expression:
            limit
        }
    }

    /// Where the next blank behind a character that is none begins.
    private func endOfWord(of text: Bytes, from start: Int, to limit: Int) -> Int {
        func blankLength(at offset: Int) -> Int {
            if text[offset] == UInt8(ascii: " ") { return 1 }
            let blank = TokenSpelling.blankBytes
            guard text[offset] == blank[0], offset + blank.count <= limit else { return 0 }
            return text.slice(offset..<offset + blank.count).elementsEqual(blank) ? blank.count : 0
        }
        var end = start
        while end < limit, case let length = blankLength(at: end), length > 0 { end += length }
        while end < limit, blankLength(at: end) == 0 { end += 1 }
        return end
    }

    private func endOfDigitsOrOthers(
        of reader: CharacterReader, from start: Int, to limit: Int, individually: Bool
    ) -> Int {
        let (first, length) = reader.character(at: start)
        var end = start + length
        if first == .number, individually { return end }
        while end < limit {
            let (next, length) = reader.character(at: end)
            if (next == .number) != (first == .number) { break }
            end += length
        }
        return end
    }
}
