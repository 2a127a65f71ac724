import Datasets
import LanguageModels
import Tokenization
import Torch

/// Scores finished responses for reinforcement learning.
public protocol RewardSource {
    /// One score per answer; nil where it cannot be scored, which leaves it out of training.
    func scores(of answers: [Answer]) throws -> [Double?]
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

    /// Tokens of prompt and response that the model can score.
    public var maximumLength: Int { model.configuration.maximumPositions }

    public func scores(of answers: [Answer]) throws -> [Double?] {
        scores(of: try sequences(of: answers))
    }

    /// The tokens that the model is given for each answer.
    func sequences(of answers: [Answer]) throws -> [[Int]] {
        try answers.enumerated().map { index, answer in
            try preparation.tokens(
                prompt: answer.prompt, response: answer.prompt.answer(answer.text),
                at: answer.place ?? Place(file: "response", line: index + 1))
        }
    }

    /// Scores of token sequences, in their order; longer than the model's context: nil.
    public func scores(of sequences: [[Int]]) -> [Double?] {
        let fitting = sequences.indices.filter { sequences[$0].count <= maximumLength }
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
