/// A line while it is edited: its text, the cursor, and the lines before it. It knows keys, and nothing of terminals.
struct LineEditor {
    enum Key: Equatable {
        /// What was typed; accents may come after the letter that they belong to.
        case scalar(Unicode.Scalar)
        case left, right, wordLeft, wordRight, start, end
        case former, next
        case deleteBackward, deleteForward, deleteWord, deleteToStart, deleteToEnd
        case enter, interrupt, endOfInput, suspend, redraw
        /// One that means nothing here.
        case unknown
    }

    enum Outcome: Equatable {
        case editing
        case line(String)
        /// Ctrl-C: the line is given up, or where it is empty, the conversation.
        case givenUp
        case ended
    }

    private(set) var text: [Character] = []
    /// The character before which text is inserted.
    private(set) var cursor = 0
    private var history: [String] = []
    /// Where in the history the line is; its count: the line is a new one.
    private var place = 0
    /// The new line while former ones are looked at.
    private var draft: [Character] = []

    /// What a key does.
    mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .scalar(let scalar): insert(scalar)
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .wordLeft: cursor = startOfWord
        case .wordRight: cursor = endOfWord
        case .start: cursor = 0
        case .end: cursor = text.count
        case .former: recall(place - 1)
        case .next: recall(place + 1)
        case .deleteBackward: delete(from: cursor - 1, to: cursor)
        case .deleteForward: delete(from: cursor, to: cursor + 1)
        case .deleteWord: delete(from: startOfWord, to: cursor)
        case .deleteToStart: delete(from: 0, to: cursor)
        case .deleteToEnd: delete(from: cursor, to: text.count)
        case .enter: return .line(take())
        case .interrupt: return text.isEmpty ? .ended : giveUp()
        case .endOfInput where text.isEmpty: return .ended
        case .endOfInput: delete(from: cursor, to: cursor + 1)
        case .suspend, .redraw, .unknown: break
        }
        return .editing
    }

    /// Keeps a line for the arrow keys, unless it is empty or the last one again.
    mutating func remember(_ line: String) {
        if !line.isEmpty, line != history.last { history.append(line) }
        place = history.count
    }

    private mutating func insert(_ scalar: Unicode.Scalar) {
        if cursor > 0 {
            let joined = String(text[cursor - 1]) + String(scalar)
            if joined.count == 1 {
                text[cursor - 1] = Character(joined)
                return
            }
        }
        text.insert(Character(scalar), at: cursor)
        cursor += 1
    }

    private mutating func delete(from start: Int, to end: Int) {
        let range = max(0, start)..<min(text.count, max(end, 0))
        guard !range.isEmpty else { return }
        text.removeSubrange(range)
        if cursor > range.lowerBound { cursor = max(range.lowerBound, cursor - range.count) }
    }

    private mutating func recall(_ wanted: Int) {
        guard (0...history.count).contains(wanted) else { return }
        if place == history.count { draft = text }
        place = wanted
        text = wanted == history.count ? draft : Array(history[wanted])
        cursor = text.count
    }

    private mutating func take() -> String {
        defer { clear() }
        return String(text)
    }

    private mutating func giveUp() -> Outcome {
        clear()
        return .givenUp
    }

    private mutating func clear() {
        (text, cursor, draft) = ([], 0, [])
        place = history.count
    }

    private var startOfWord: Int {
        let before = text[..<cursor]
        let end = before.lastIndex { !$0.isWhitespace } ?? 0
        return before[..<end].lastIndex(where: \.isWhitespace).map { $0 + 1 } ?? 0
    }

    private var endOfWord: Int {
        let start = text[cursor...].firstIndex { !$0.isWhitespace } ?? text.count
        return text[start...].firstIndex(where: \.isWhitespace) ?? text.count
    }
}

extension LineEditor {
    /// What draws the line: one row, of which a window around the cursor is shown where it is longer than the terminal is
    /// wide.
    /// - Parameter columns: of the terminal.
    func drawing(prompt: String, columns: Int) -> String {
        let room = max(4, columns - TextWidth.columns(of: prompt) - 1)
        var start = cursor
        var before = 0
        while start > 0, before + TextWidth.columns(of: text[start - 1]) <= room {
            start -= 1
            before += TextWidth.columns(of: text[start])
        }
        var end = cursor
        var width = before
        while end < text.count, width + TextWidth.columns(of: text[end]) <= room {
            width += TextWidth.columns(of: text[end])
            end += 1
        }
        let back = width - before
        return "\r\(prompt)\(String(text[start..<end]))\u{1B}[K" + (back > 0 ? "\u{1B}[\(back)D" : "")
    }
}
