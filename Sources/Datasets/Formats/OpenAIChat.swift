import JSON
import Tokenization

/// OpenAI's chat rows have the schema `{"messages"}` as it is. What they add: a content may be a list of parts, of which
/// the texts are joined, and a message of the assistant may carry `weight`, which is 0 where it is not to be learned.
/// `tools` beside the messages stay where they are.
enum OpenAIChat {
    static let weight = "weight"

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
    var isLeftOut: Bool { additional[OpenAIChat.weight]?.number == 0 }
}
