import Datasets
import LanguageModels
import Tokenization
import Torch

/// Scores finished responses for reinforcement learning.
public protocol RewardSource {
    /// One score per response; nil where it cannot be scored, which leaves it out of training.
    func scores(of responses: [RewardedResponse]) throws -> [Double?]
}

/// What a reward sees of a response.
public struct RewardedResponse: Sendable {
    public let prompt: Text
    public let text: String

    public init(prompt: Text, text: String) {
        self.prompt = prompt
        self.text = text
    }
}

/// A reward model and its own tokenizer: text is laid out by the preparation that its training used, so that it sees
/// exactly the tokens it was trained to see, end of sequence included.
public final class RewardModelScorer: RewardSource {
    public let model: RewardModel
    private let preparation: RewardPreparation
    private let batchSize: Int

    public init(model: RewardModel, tokenizer: Tokenizer, batchSize: Int = 16) {
        self.model = model
        self.batchSize = batchSize
        preparation = RewardPreparation(tokenizer: tokenizer, maximumLength: nil)
    }

    public func scores(of responses: [RewardedResponse]) throws -> [Double?] {
        let sequences = try responses.enumerated().map { index, response in
            try preparation.tokens(
                prompt: response.prompt, response: response.prompt.answer(response.text),
                at: Place(file: "response", line: index + 1))
        }
        return scores(of: sequences)
    }

    /// Scores of token sequences, in their order; longer than the model's context: nil.
    public func scores(of sequences: [[Int]]) -> [Double?] {
        let limit = model.configuration.maximumPositions
        let fitting = sequences.indices.filter { sequences[$0].count <= limit }
            .sorted { (sequences[$0].count, $0) < (sequences[$1].count, $1) }
        var result = [Double?](repeating: nil, count: sequences.count)
        for batch in fitting.chunked(batchSize) {
            let scores = withoutGradients {
                model.scores(of: PackedBatch(batch.map { sequences[$0] })).doubles()
            }
            for (index, score) in zip(batch, scores) { result[index] = score }
        }
        return result
    }
}

extension Text {
    /// A response to this prompt in the same form: a string after a string, an assistant's turn after a conversation.
    public func answer(_ text: String) -> Text {
        isConversation ? .messages([Message(role: "assistant", content: text)]) : .plain(text)
    }
}
