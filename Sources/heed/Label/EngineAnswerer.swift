import Datasets
import Feedback
import FeedbackServer
import JSON
import Models
import Serving
import Settings
import Tokenization
import Training

/// Answers live chats by one model or two.
struct EngineAnswerer: ChatAnswerer {
    let policies: [Policy]
    private let engine: ConversationEngine
    private let sampler: SamplerConfiguration

    /// - Parameter models: model folders, .gguf files or names of the catalogue.
    /// - Throws: `InvalidSetting` where both answers of every turn would be the same; what is wrong with a model.
    init(models: [String], sampler: SamplerConfiguration, context: RunContext) async throws {
        guard models.count > 1 || !sampler.parameters.isGreedy else {
            throw InvalidSetting(
                "greedy", expected: "a temperature above 0, as one model writes both answers of a turn",
                found: "greedy decoding")
        }
        let sources = try models.map { try ModelSource($0, on: context.computation) }
        let settings = try JSONValue(encoding: sampler).object ?? [:]
        policies = try zip(models, sources).map { name, source in
            Policy(name: name, hash: try source.contentHash(), sampler: settings)
        }
        self.sampler = sampler
        engine = try await ConversationEngine(sources, on: context.computation)
    }

    func answers(
        to conversation: [Message], by policies: [Int], seed: UInt64
    ) -> AsyncThrowingStream<ChatPiece, any Error> {
        let request = ConversationRequest(
            conversation: conversation, models: policies, sampler: sampler, seed: seed)
        return engine.answers(to: request, as: ChatPiece.init)
    }
}

extension ChatPiece {
    fileprivate init(_ piece: ConversationPiece) {
        switch piece {
        case .text(let text, let answer): self = .text(text, answer: answer)
        case .end(let response, _, let answer): self = .end(response, answer: answer)
        }
    }
}
