import Alignment
import LanguageModels
import Tokenization

/// A conversation with a model.
struct ChatSession {
    /// What the model wrote in one turn.
    struct Answer: Encodable {
        let text: String
        let finish: FinishReason
        /// Messages that the model did not see, as the conversation has grown longer than its context.
        let forgotten: Int
    }

    private let speaker: ConversationModel
    private let options: GenerationOptions
    private var system: String?
    private var messages: [Message] = []
    private var turns: UInt64 = 0

    init(_ configuration: ChatConfiguration, context: JobContext) throws {
        let source = try ModelSource(configuration.model, role: "model", context: context)
        speaker = try ConversationModel(source, context: context)
        speaker.model.packWeights()
        options = GenerationOptions(
            sampling: configuration.sampler.parameters,
            maximumNewTokens: configuration.sampler.maximumNewTokens,
            stopTokens: source.stopTokens, seed: context.seeds.derived("chat").value, slots: 1)
        system = configuration.system
    }

    /// Starts a new conversation.
    mutating func reset() { messages = [] }

    /// Starts a new conversation with another first message; an empty one for none.
    mutating func reset(system: String) {
        messages = []
        self.system = system.isEmpty ? nil : system
    }

    /// The conversation so far with a question behind it.
    func conversation(asking question: String) -> [Message] {
        let opening = system.map { [Message(role: "system", content: $0)] } ?? []
        return opening + messages + [Message(role: "user", content: question)]
    }

    /// Lets the model answer, and keeps question and answer.
    ///
    /// - Parameter show: called with each piece of the answer as it is written.
    /// - Throws: `GenerationError` for a message that is too long; the conversation is then as it was.
    mutating func answer(_ question: String, show: (String) -> Void) throws -> Answer {
        let answer = try draft(question, number: 0, show: show)
        keep(answer, to: question)
        return answer
    }

    /// Lets the model answer, and leaves the conversation as it is.
    ///
    /// - Parameters:
    ///   - other: whose conversation is answered; nil: its own.
    ///   - number: of the answers to one question each has another.
    func draft(
        _ question: String, after other: ChatSession? = nil, number: UInt64, show: (String) -> Void = { _ in }
    ) throws -> Answer {
        let asked = other ?? self
        let prompt = try speaker.prompt(
            for: asked.conversation(asking: question), leaving: options.maximumNewTokens)
        let tokenizer = speaker.source.tokenizer
        var decoder = tokenizer.makeStreamingDecoder()
        let request = GenerationRequest(prompt: prompt.tokens, id: 2 * asked.turns + number)
        let written = try speaker.model.generate([request], options: options) { _, token in
            show(decoder.append(token))
            return true
        }[0]
        show(decoder.finish())
        let answer = tokenizer.decode(written.tokens, skippingSpecialTokens: true)
        return Answer(text: answer, finish: written.finish, forgotten: prompt.forgotten)
    }

    /// Goes on from an answer.
    mutating func keep(_ answer: Answer, to question: String) {
        messages += [
            Message(role: "user", content: question), Message(role: "assistant", content: answer.text),
        ]
        turns += 1
    }
}
