import Datasets
import LanguageModels
import Models
import Tokenization

/// Answers that are asked for to one conversation.
public struct ConversationRequest: Sendable {
    /// Ends with the message to be answered.
    public var conversation: [Message]
    /// For each answer, the position of the model that writes it.
    public var models: [Int]
    public var sampler: SamplerConfiguration
    /// The same numbers give the same answers, whatever is written beside them.
    public var seed: UInt64

    public init(conversation: [Message], models: [Int], sampler: SamplerConfiguration, seed: UInt64) {
        self.conversation = conversation
        self.models = models
        self.sampler = sampler
        self.seed = seed
    }
}

/// A piece of one of the answers to a request.
public enum ConversationPiece: Sendable, Equatable {
    /// More text of the answer at this position.
    case text(String, answer: Int)
    /// The answer at this position is at its end. `forgotten`: messages that its model did not see, as the conversation
    /// has grown longer than its context.
    case end(Response, forgotten: Int, answer: Int)
}

/// The answers to one request while they are written.
///
/// Answers by the same model are decoded side by side, and models take turns token by token: which answer is whose cannot
/// be told from which one is ahead.
struct ConversationTurn {
    private var parts: [Part] = []

    /// - Throws: `GenerationError` or what the template says, before anything is written.
    init(_ request: ConversationRequest, models: [ConversationModel]) throws {
        for (index, model) in models.enumerated() {
            let positions = request.models.indices.filter { request.models[$0] == index }
            guard !positions.isEmpty else { continue }
            parts.append(try Part(request, model: model, positions: positions))
        }
    }

    var isFinished: Bool { parts.allSatisfy(\.batch.isFinished) }

    /// Writes about a token more of every answer.
    func advance(_ show: (ConversationPiece) -> Void) throws {
        for index in parts.indices where !parts[index].batch.isFinished { try parts[index].advance(show) }
    }

    /// The answers that one model writes.
    private struct Part {
        let batch: AnswerBatch
        let forgotten: Int
        /// The positions of the answers in the request.
        let positions: [Int]

        init(_ request: ConversationRequest, model: ConversationModel, positions: [Int]) throws {
            let prompt = try model.prompt(
                for: request.conversation, leaving: request.sampler.maximumNewTokens)
            batch = try model.answerer(request.sampler, seed: request.seed, slots: positions.count).begin(
                positions.map { GenerationRequest(prompt: prompt.tokens, id: UInt64($0)) })
            forgotten = prompt.forgotten
            self.positions = positions
        }

        func advance(_ show: (ConversationPiece) -> Void) throws {
            let ended = try batch.advance { show(.text($1, answer: positions[$0])) }
            for index in ended {
                show(
                    .end(
                        Response(batch.answer(index)), forgotten: forgotten, answer: positions[index]))
            }
        }
    }
}
