import Tokenization

/// A conversation with what the assistant wrote set apart: the tokens that `--assistant-only` learns.
enum MaskPreview {
    /// How a marked stretch begins and ends.
    struct Style {
        let opening: String
        let closing: String

        static let brackets = Style(opening: "⟦", closing: "⟧")
        /// Bold green, where a terminal shows it.
        static let colour = Style(opening: "\u{1B}[1;32m", closing: "\u{1B}[0m")
    }

    /// The text of `ids`, token by token as the model sees it.
    /// - Parameter isMarked: of each token.
    static func text(_ ids: [Int], isMarked: [Bool], tokenizer: Tokenizer, style: Style) -> String {
        var text = ""
        var start = 0
        while start < ids.count {
            let isMarkedHere = isMarked[start]
            let end = isMarked[start...].firstIndex { $0 != isMarkedHere } ?? ids.count
            let stretch = tokenizer.decode(Array(ids[start..<end]))
            text += isMarkedHere ? style.opening + stretch + style.closing : stretch
            start = end
        }
        return text
    }
}
