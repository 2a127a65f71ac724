import JSON
import Tokenization

/// OpenAI's chat rows have the schema `{"messages"}` as it is. What they add: a content may be a list of parts, of which
/// the texts are joined, and a message of the assistant may carry `weight` (see ``TurnMask``). `tools` beside the messages
/// stay where they are.
enum OpenAIChat {
    /// The text of a content that is a list of parts, nil where it is something else.
    static func text(ofParts content: JSONValue) -> String? {
        guard let parts = content.array, !parts.isEmpty else { return nil }
        let texts = parts.compactMap { part in
            part["type"]?.string == "text" ? part["text"]?.string : nil
        }
        return texts.count == parts.count ? texts.joined() : nil
    }
}

extension Message {
    /// Whether the row itself says that this message is not to be learned.
    var isLeftOut: Bool { additional[TurnMask.mark.key] == TurnMask.mark.value }

    /// Whether the other says the same, whatever else stands beside it.
    func says(_ other: Message) -> Bool { role == other.role && content == other.content }

    /// Whether it is what a conversation begins with in place of a user's words.
    var isSystem: Bool { role == "system" || role == "developer" }
}
