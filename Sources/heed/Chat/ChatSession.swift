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

    let model: LanguageModel
    private let source: ModelSource
    private let options: GenerationOptions
    private var system: String?
    private var messages: [Message] = []
    private var turns: UInt64 = 0

    init(_ configuration: ChatConfiguration, context: JobContext) throws {
        source = try ModelSource(configuration.model, role: "model", context: context)
        guard source.tokenizer.chatTemplate != nil else { throw TokenizerError.missingChatTemplate }
        model = try source.loadFrozen(context: context, onlyGenerates: true)
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
        let prompt = try fittingPrompt(conversation)
        var decoder = source.tokenizer.makeStreamingDecoder()
        let request = GenerationRequest(prompt: prompt.tokens, id: turns)
        let written = try model.generate([request], options: options) { _, token in
            show(decoder.append(token))
            return true
        }[0]
        show(decoder.finish())
        let answer = source.tokenizer.decode(written.tokens, skippingSpecialTokens: true)
        messages = conversation + [Message(role: "assistant", content: answer)]
        turns += 1
        return Answer(text: answer, finish: written.finish, forgotten: prompt.forgotten)
    }

    /// The tokens of the conversation without as many of its first turns as leave room for an answer.
    private func fittingPrompt(_ conversation: [Message]) throws -> (tokens: [Int], forgotten: Int) {
        let limit = model.configuration.maximumPositions - options.maximumNewTokens
        let opening = system.map { [Message(role: "system", content: $0)] } ?? []
        var forgotten = 0
        while true {
            let tokens = try source.tokenizer.encode(
                opening + conversation[forgotten...], addGenerationPrompt: true)
            // A question and its answer go together; the last message stays, and is an error where it is too long.
            if tokens.count <= limit || forgotten + 2 >= conversation.count { return (tokens, forgotten) }
            forgotten += 2
        }
    }
}
