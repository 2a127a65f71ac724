import LanguageModels
import Models
import Serving
import Tokenization
import Training

/// A conversation with a model.
struct ChatSession {
    /// What the model wrote in one turn.
    struct Reply: Encodable {
        let text: String
        let finish: FinishReason
        /// Messages that the model did not see, as the conversation has grown longer than its context.
        let forgotten: Int
    }

    private let speaker: ConversationModel
    private let sampler: SamplerConfiguration
    private let seed: UInt64
    private var system: String?
    private var messages: [Message] = []
    private var turns: UInt64 = 0

    init(_ configuration: ChatConfiguration, context: RunContext) throws {
        let source = try ModelSource(configuration.model, on: context.computation)
        speaker = try ConversationModel(source, on: context.computation)
        speaker.model.packWeights()
        sampler = configuration.sampler
        seed = context.seeds.derived("chat").value
        system = configuration.system
    }

    /// Starts a new conversation.
    mutating func reset() { messages = [] }

    /// Starts a new conversation with another first message; an empty one for none.
    mutating func reset(system: String) {
        messages = []
        self.system = system.isEmpty ? nil : system
    }

    /// The conversation so far, followed by a question.
    func conversation(asking question: String) -> [Message] {
        let opening = system.map { [Message(role: "system", content: $0)] } ?? []
        return opening + messages + [Message(role: "user", content: question)]
    }

    /// Lets the model answer, and keeps question and answer.
    ///
    /// - Parameter show: called with each piece of the answer as it is written.
    /// - Throws: `GenerationError` for a message that is too long; the conversation is then as it was.
    mutating func answer(_ question: String, show: (String) -> Void) throws -> Reply {
        let answer = try draft(question, number: 0, show: show)
        keep(answer, to: question)
        return answer
    }

    /// Lets the model answer, and leaves the conversation as it is.
    ///
    /// - Parameters:
    ///   - other: whose conversation is answered; nil: its own.
    ///   - number: tells the answers to one question apart.
    func draft(
        _ question: String, after other: ChatSession? = nil, number: UInt64, show: (String) -> Void = { _ in }
    ) throws -> Reply {
        let asked = other ?? self
        let prompt = try speaker.prompt(
            for: asked.conversation(asking: question), leaving: sampler.maximumNewTokens)
        let request = GenerationRequest(prompt: prompt.tokens, id: 2 * asked.turns + number)
        let batch = try speaker.answerer(sampler, seed: seed).begin([request])
        while !batch.isFinished { try batch.advance { show($1) } }
        let answer = batch.answer(0)
        return Reply(text: answer.text, finish: answer.finish, forgotten: prompt.forgotten)
    }

    /// Goes on from an answer.
    mutating func keep(_ answer: Reply, to question: String) {
        messages += [
            Message(role: "user", content: question), Message(role: "assistant", content: answer.text),
        ]
        turns += 1
    }
}
