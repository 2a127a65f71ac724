import JSON
import Tokenization

/// A conversation as its chat template wrote it, compared with what its row says: templates of reasoning models drop what
/// stands between `<think>` and `</think>`, and others trim or replace.
struct RenderedAnswers {
    /// Fields besides the content that are learned where the template writes them.
    private static let reasoning = ["reasoning_content", "reasoning", "thinking"]

    private let text: [UInt8]

    init(_ text: String) { self.text = Self.squeezed(text) }

    /// Whether all that the assistant says in `answers` stands there, blanks and line ends aside.
    func areWhole(_ answers: [Message], after prompt: [Message]) -> Bool {
        var position = 0
        for message in prompt { position = end(of: message.content, from: position) ?? position }
        for message in answers {
            let end = end(of: message.content, from: position)
            position = end ?? position
            guard message.role == "assistant", !message.isLeftOut else { continue }
            guard end != nil, holdsReasoning(of: message) else { return false }
        }
        return true
    }

    private func holdsReasoning(of message: Message) -> Bool {
        let fields = message.additional
        return Self.reasoning.allSatisfy { end(of: fields[$0]?.string ?? "", from: 0) != nil }
    }

    /// Where the words end that stand first behind `start`; nil where they are not there.
    private func end(of words: String, from start: Int) -> Int? {
        let words = Self.squeezed(words)
        guard let first = words.first else { return start }
        return text.withUnsafeBufferPointer { bytes in
            var position = start
            while let found = bytes[position...].firstIndex(of: first), found + words.count <= bytes.count {
                if bytes[found..<found + words.count].elementsEqual(words) { return found + words.count }
                position = found + 1
            }
            return nil
        }
    }

    /// Without blanks and line ends, which templates add and trim as they like.
    private static func squeezed(_ text: String) -> [UInt8] {
        text.utf8.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    }
}
