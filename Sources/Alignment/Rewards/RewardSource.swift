import Datasets
import Tokenization

/// Scores finished responses for reinforcement learning.
public protocol RewardSource {
    /// One score per answer; nil where it cannot be scored, which leaves it out of training.
    func scores(of answers: [Answer]) throws -> [Double?]
}

extension Text {
    /// A response to this prompt in the same form: a string after a string, an assistant's turn after a conversation.
    public func answer(_ text: String) -> Text {
        isConversation ? .messages([Message(role: "assistant", content: text)]) : .plain(text)
    }
}
