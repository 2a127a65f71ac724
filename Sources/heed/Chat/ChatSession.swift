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
        /// True where the user stopped it.
        var stopped: Bool?
    }

    private let speaker: ConversationModel
    private let sampler: SamplerConfiguration
    private let seed: UInt64
    private var system: String?
    /// Questions and answers in turn.
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

    /// The conversation so far, its first message included.
    var conversation: [Message] {
        (system.map { [Message(role: "system", content: $0)] } ?? []) + messages
    }

    /// The conversation so far, followed by a question.
    func conversation(asking question: String) -> [Message] {
        conversation + [Message(role: "user", content: question)]
    }

    /// Takes the last question and its answer back.
    /// - Returns: the question; nil where there is none.
    mutating func undo() -> String? {
        guard messages.count >= 2 else { return nil }
        defer { messages.removeLast(2) }
        return messages[messages.count - 2].content
    }

    /// Lets the model answer, and keeps question and answer. Of one that was stopped, what was written is kept.
    ///
    /// - Parameters:
    ///   - show: called with each piece of the answer as it is written.
    ///   - isStopped: whether the answer is to end where it is.
    /// - Throws: `GenerationError` for a message that is too long; the conversation is then as it was.
    mutating func answer(
        _ question: String, isStopped: () -> Bool = { false }, show: (String) throws -> Void
    ) throws -> Reply {
        let answer = try draft(question, number: 0, isStopped: isStopped, show: show)
        if !answer.text.isEmpty || answer.stopped != true { keep(answer, to: question) }
        return answer
    }

    /// Lets the model answer, and leaves the conversation as it is.
    ///
    /// - Parameters:
    ///   - other: whose conversation is answered; nil: its own.
    ///   - number: tells the answers to one question apart.
    func draft(
        _ question: String, after other: ChatSession? = nil, number: UInt64,
        isStopped: () -> Bool = { false }, show: (String) throws -> Void = { _ in }
    ) throws -> Reply {
        let asked = other ?? self
        let prompt = try speaker.prompt(
            for: asked.conversation(asking: question), leaving: sampler.maximumNewTokens)
        let request = GenerationRequest(prompt: prompt.tokens, id: 2 * asked.turns + number)
        let batch = try speaker.answerer(sampler, seed: seed).begin([request])
        while !batch.isFinished, !isStopped() {
            var pieces = ""
            try batch.advance { pieces += $1 }
            if !pieces.isEmpty { try show(pieces) }
        }
        let answer = batch.answer(0)
        return Reply(
            text: answer.text, finish: answer.finish, forgotten: prompt.forgotten,
            stopped: batch.isFinished ? nil : true)
    }

    /// Goes on from an answer.
    mutating func keep(_ answer: Reply, to question: String) {
        messages += [
            Message(role: "user", content: question), Message(role: "assistant", content: answer.text),
        ]
        turns += 1
    }
}
