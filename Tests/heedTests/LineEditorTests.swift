import Testing

@testable import heed

@Suite struct LineEditorTests {
    /// The keys that a terminal's bytes make.
    private func keys(_ text: String) -> [LineEditor.Key] { keys(Array(text.utf8)) }

    private func keys(_ bytes: [UInt8]) -> [LineEditor.Key] {
        let reader = KeyReader(input: bytes)
        var keys: [LineEditor.Key] = []
        while let key = reader.next() { keys.append(key) }
        return keys
    }

    /// What is on the line, with the cursor as `|`, once `text` has been typed.
    private func typed(_ text: String, history: [String] = []) -> String {
        var editor = LineEditor()
        history.forEach { editor.remember($0) }
        for key in keys(text) { _ = editor.press(key) }
        return String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
    }

    private let left = "\u{1B}[D"
    private let right = "\u{1B}[C"
    private let up = "\u{1B}[A"
    private let down = "\u{1B}[B"

    @Test func keysEditTheLine() {
        #expect(typed("abc") == "abc|")
        #expect(typed("abc\(left)\(left)x\(right)y") == "axby|c")
        #expect(typed("abc\u{01}x\u{05}y") == "xabcy|")
        #expect(typed("one two\u{17}") == "one |" && typed("one two  \u{17}") == "one |")
        #expect(typed("one two\(left)\(left)\u{0B}") == "one t|")
        #expect(typed("one two\(left)\(left)\u{15}") == "|wo")
        #expect(typed("abc\u{7F}\u{08}") == "a|" && typed("\u{7F}") == "|")
        #expect(typed("abc\u{01}\u{1B}[3~") == "|bc" && typed("abc\u{01}\u{04}") == "|bc")
        #expect(typed("one two\u{1B}[1;5D\u{1B}b") == "|one two")
        #expect(typed("one two\u{01}\u{1B}f") == "one| two")
        // Function keys and what no keyboard sends.
        #expect(typed("a\u{1B}[15~\u{1B}[200~b\u{1B}Zc\u{00}d") == "abcd|")
    }

    @Test func charactersStayWhole() {
        #expect(typed("Grüße 日本\u{7F}") == "Grüße 日|")
        // An accent that comes after its letter, a family of three, and a flag.
        #expect(typed("e\u{301}\(left)x") == "x|e\u{301}")
        #expect(typed("a👩‍👩‍👧\u{7F}") == "a|")
        #expect(typed("🇩🇪🇫🇷\u{7F}") == "🇩🇪|")
        #expect(keys([0xFF, 0x61]) == [.unknown, .scalar("a")])
        #expect(keys([0xC3]) == [])
    }

    @Test func formerLinesComeBack() {
        let history = ["one", "two", "two"]
        #expect(typed(up, history: history) == "two|" && typed("\(up)\(up)", history: history) == "one|")
        #expect(typed("\(up)\(up)\(up)", history: history) == "one|")
        // What was begun is still there behind the last line.
        #expect(typed("new\(up)\(up)\(down)\(down)", history: history) == "new|")
        #expect(typed("\(down)x", history: history) == "x|")
    }

    @Test func whatEndsALine() {
        var editor = LineEditor()
        func press(_ text: String) -> LineEditor.Outcome {
            keys(text).reduce(.editing) { _, key in editor.press(key) }
        }
        #expect(press("hello\r") == .line("hello"))
        #expect(press("half\u{03}") == .givenUp && editor.text.isEmpty)
        #expect(press("\u{03}") == .ended && press("\u{04}") == .ended)
    }

    @Test(arguments: [
        ("a", 1), ("ü", 1), ("e\u{301}", 1), ("日", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("😀", 2), ("👩‍👩‍👧", 2),
        ("❤", 1),
    ])
    func widths(_ text: Character, _ columns: Int) {
        #expect(TextWidth.columns(of: text) == columns)
    }

    @Test func aLongLineShowsWhatIsAroundTheCursor() {
        var editor = LineEditor()
        for key in keys("0123456789日本") { _ = editor.press(key) }
        #expect(editor.drawing(prompt: "> ", columns: 40) == "\r> 0123456789日本\u{1B}[K")
        // Ten columns: two of the prompt, one for the cursor, and seven.
        #expect(editor.drawing(prompt: "> ", columns: 10) == "\r> 789日本\u{1B}[K")
        _ = editor.press(.start)
        #expect(editor.drawing(prompt: "> ", columns: 10) == "\r> 0123456\u{1B}[K\u{1B}[7D")
        _ = editor.press(.end)
        _ = editor.press(.left)
        #expect(editor.drawing(prompt: "> ", columns: 40) == "\r> 0123456789日本\u{1B}[K\u{1B}[2D")
    }
}

extension KeyReader {
    /// Reads what was typed all at once.
    fileprivate init(input: [UInt8]) {
        let rest = Mutable(input[...])
        self.init(nextByte: { rest.value.popFirst() }, hasMore: { !rest.value.isEmpty })
    }
}

/// Used by one thread.
private final class Mutable<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}
