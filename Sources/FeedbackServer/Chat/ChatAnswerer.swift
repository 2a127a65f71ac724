import Datasets
import Feedback
import Tokenization

/// Writes the two answers of a turn in a live chat, by one model or by two.
public protocol ChatAnswerer: Sendable {
    /// The models that can answer, one or two.
    var policies: [Policy] { get }

    /// Two answers to a conversation that ends with a person's message, piece by piece as they are written.
    ///
    /// - Parameters:
    ///   - policies: for each answer, the position in ``policies`` of the model that writes it.
    ///   - seed: the same numbers give the same answers.
    func answers(
        to conversation: [Message], by policies: [Int], seed: UInt64
    ) -> AsyncThrowingStream<ChatPiece, any Error>
}

/// A piece of one of the two answers.
public enum ChatPiece: Sendable {
    /// More text of the answer at this position.
    case text(String, answer: Int)
    /// The answer at this position is at its end.
    case end(Response, answer: Int)
}
