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

    /// Lets the model answer.
    ///
    /// - Parameter show: called with each piece of the answer as it is written.
    /// - Throws: `GenerationError` for a message that is too long; the conversation is then as it was.
    mutating func answer(_ text: String, show: (String) -> Void) throws -> Answer {
        let conversation = messages + [Message(role: "user", content: text)]
        let opening = system.map { [Message(role: "system", content: $0)] } ?? []
        let prompt = try speaker.prompt(for: opening + conversation, leaving: options.maximumNewTokens)
        let tokenizer = speaker.source.tokenizer
        var decoder = tokenizer.makeStreamingDecoder()
        let request = GenerationRequest(prompt: prompt.tokens, id: turns)
        let written = try speaker.model.generate([request], options: options) { _, token in
            show(decoder.append(token))
            return true
        }[0]
        show(decoder.finish())
        let answer = tokenizer.decode(written.tokens, skippingSpecialTokens: true)
        messages = conversation + [Message(role: "assistant", content: answer)]
        turns += 1
        return Answer(text: answer, finish: written.finish, forgotten: prompt.forgotten)
    }
}
