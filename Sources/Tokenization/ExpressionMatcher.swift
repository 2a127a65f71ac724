import Foundation

/// Cuts text by a regular expression that `SplitPattern` does not know: what it matches is a piece, and what lies between
/// two matches is one too.
///
/// `\s` means Unicode's white space, as in the expressions' own engine, which knows two characters of it that ICU does not.
struct ExpressionMatcher: Sendable, Equatable {
    let expression: String
    private let compiled: NSRegularExpression

    /// ICU reports at every character at which it looks for a match, and after a fixed amount of work. A text that takes more
    /// reports than this is not cut any further, so that no expression, however it backtracks, hangs.
    private static func maximumReports(_ characterCount: Int) -> Int { 500 + 2 * characterCount }

    /// - Returns: nil for what is no regular expression.
    init?(_ expression: String) {
        guard let compiled = try? NSRegularExpression(pattern: Self.spellingOutWhitespace(expression)) else {
            return nil
        }
        self.expression = expression
        self.compiled = compiled
    }

    static func == (one: Self, other: Self) -> Bool { one.expression == other.expression }

    /// The pieces, which cover the text.
    func pieces(of text: Bytes) -> [Range<Int>] {
        let string = String(decoding: text, as: UTF8.self)
        var pieces: [Range<Int>] = []
        var place = Place(string.utf16, at: string.utf16.startIndex)
        let length = string.utf16.count
        var reports = 0
        compiled.enumerateMatches(
            in: string, options: .reportProgress, range: NSRange(location: 0, length: length)
        ) { match, _, stop in
            guard let match else {
                reports += 1
                if reports > Self.maximumReports(length) { stop.pointee = true }
                return
            }
            for utf16Offset in [match.range.location, match.range.location + match.range.length] {
                let start = place.utf8Offset
                place.advance(to: utf16Offset)
                if place.utf8Offset > start { pieces.append(start..<place.utf8Offset) }
            }
        }
        if place.utf8Offset < text.count { pieces.append(place.utf8Offset..<text.count) }
        return pieces
    }

    /// A place in a text, counted in both encodings.
    private struct Place {
        private let text: String.UTF16View
        private var index: String.Index
        private var utf16Offset = 0
        private(set) var utf8Offset = 0

        init(_ text: String.UTF16View, at index: String.Index) {
            self.text = text
            self.index = index
        }

        /// - Parameter offset: in UTF-16, not before this place and not within a character.
        mutating func advance(to offset: Int) {
            while utf16Offset < offset {
                let unit = text[index]
                utf8Offset +=
                    unit < 0x80
                    ? 1
                    : unit < 0x800
                        ? 2
                        : UTF16.isLeadSurrogate(unit)
                            ? 4
                            : UTF16.isTrailSurrogate(unit) ? 0 : 3
                index = text.index(after: index)
                utf16Offset += 1
            }
        }
    }

    private static func spellingOutWhitespace(_ expression: String) -> String {
        var result = ""
        var isEscaped = false
        for character in expression {
            switch (isEscaped, character) {
            case (true, "s"): result += #"p{White_Space}"#
            case (true, "S"): result += #"P{White_Space}"#
            default: result.append(character)
            }
            isEscaped = !isEscaped && character == "\\"
        }
        return result
    }
}
