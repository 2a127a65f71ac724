import Foundation

/// Where the lines of a conversation come from: edited in a terminal, or one after the other as they are.
final class ChatInput {
    /// Whether somebody sits there, who can put right what went wrong.
    let isTerminal = isatty(STDIN_FILENO) == 1
    /// Whether what is typed can be drawn again and again.
    private let isEdited: Bool
    private var editor = LineEditor()

    init() {
        isEdited =
            isTerminal && isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// The next line without blanks around it; nil when there is none left.
    /// - Parameter isKept: whether the arrow keys bring it back.
    func nextLine(prompt: String = "> ", isKept: Bool = true) throws -> String? {
        let line: String?
        if isEdited {
            line = try Terminal.readingKeys { try editedLine(prompt) }
            if isKept, let line { editor.remember(line) }
        } else {
            if isTerminal { try Console.put(prompt) }
            line = readLine()
            if isTerminal, line == nil { try Console.put("\n") }
        }
        return line?.trimmingCharacters(in: .whitespaces)
    }

    private func editedLine(_ prompt: String) throws -> String? {
        while true {
            try Console.put(editor.drawing(prompt: prompt, columns: Terminal.columns))
            guard let key = Terminal.keys.next() else { return nil }
            if key == .suspend { Terminal.suspend() }
            switch editor.press(key) {
            case .editing: continue
            case .givenUp: try Console.put("^C\n")
            case .line(let line):
                try Console.put(editor.finalDrawing(of: line, prompt: prompt))
                return line
            case .ended:
                try Console.put("\n")
                return nil
            }
        }
    }
}

extension LineEditor {
    /// The whole line, which wraps where it is longer than the terminal is wide.
    fileprivate func finalDrawing(of line: String, prompt: String) -> String {
        "\r\(prompt)\(line)\u{1B}[K\n"
    }
}
