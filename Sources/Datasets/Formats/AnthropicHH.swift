import JSON
import Tokenization

/// Anthropic's "helpful and harmless" comparisons (Bai et al., 2022): whole dialogues as text, every turn of which begins
/// with an empty line and `Human:` or `Assistant:`. Both begin alike, so the prompt is taken off them.
enum AnthropicHH: PublicFormat {
    private static let turns = [("\n\nHuman:", "user"), ("\n\nAssistant:", "assistant")]

    static func recognizes(_ columns: JSONObject) -> Bool {
        ["chosen", "rejected"].allSatisfy { name in
            // By bytes, which is fast: every row of comparisons is asked.
            guard let text = columns[name]?.string, text.utf8.starts(with: turns[0].0.utf8) else {
                return false
            }
            return !columns.holds("prompt") && text.contains(turns[1].0)
        }
    }

    static func read(_ fields: inout RowFields) throws -> PublicRow {
        let chosen = dialogue(try fields.string("chosen"))
        let rejected = dialogue(try fields.string("rejected"))
        let shared = zip(chosen, rejected).prefix { $0 == $1 }.count
        guard (1..<min(chosen.count, rejected.count)).contains(shared) else {
            return .comparison(prompt: nil, chosen: .messages(chosen), rejected: .messages(rejected))
        }
        return .comparison(
            prompt: .messages(Array(chosen[..<shared])), chosen: .messages(Array(chosen[shared...])),
            rejected: .messages(Array(rejected[shared...])))
    }

    /// The turns up to the assistant's last one: a few dialogues of the collection end with words of the person.
    private static func dialogue(_ text: String) -> [Message] {
        let marks = marks(in: text)
        let ends = marks.dropFirst().map(\.start) + [text.endIndex]
        let messages = zip(marks, ends).map { mark, end in
            Message(role: mark.role, content: trimmed(text[mark.end..<end]))
        }
        return Array(messages.prefix(through: messages.lastIndex { $0.role == "assistant" } ?? 0))
    }

    /// Where the marks of turns begin and end.
    private static func marks(in text: String) -> [(start: String.Index, end: String.Index, role: String)] {
        var marks: [(start: String.Index, end: String.Index, role: String)] = []
        var searched = text.startIndex
        while let start = text.utf8[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            searched = text.utf8.index(after: start)
            for (mark, role) in turns where text.utf8[start...].starts(with: mark.utf8) {
                searched = text.utf8.index(start, offsetBy: mark.utf8.count)
                marks.append((start, searched, role))
            }
        }
        return marks
    }

    /// Without blanks and line ends at both ends.
    private static func trimmed(_ text: Substring) -> String {
        let content = text.drop(while: \.isWhitespace)
        let last = content.lastIndex { !$0.isWhitespace }
        return last.map { String(content[...$0]) } ?? ""
    }
}
