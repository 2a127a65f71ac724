import Datasets
import Tokenization

/// A few short conversations on which a model is examined. What they say does not matter; that they differ in length does.
struct ExaminationTexts {
    static let conversations: [[Message]] = [
        conversation("What is the capital of France?", "The capital of France is Paris."),
        conversation("Say yes.", "Yes."),
        conversation(
            "Why is the sky blue?",
            "Air scatters blue light more than red light, so blue reaches us from everywhere.",
            "And at sunset?", "Then the light comes a longer way, and red is what is left."),
        conversation("Name three fruits, please.", "Apples, pears and plums."),
    ]

    private static func conversation(_ turns: String...) -> [Message] {
        turns.enumerated().map { Message(role: $0.isMultiple(of: 2) ? "user" : "assistant", content: $1) }
    }

    private let tokenizer: Tokenizer
    /// Tokens that a model can read.
    private let contextLength: Int

    init(tokenizer: Tokenizer, contextLength: Int = .max) {
        self.tokenizer = tokenizer
        self.contextLength = contextLength
    }

    /// What opens each conversation, as something to be answered: in the chat template where there is one. Those that leave a
    /// model of few positions no room for the answer are left out, where there are others.
    func prompts(leavingRoomFor answer: Int) throws -> [SourcedRow<PromptRow>] {
        let prompts = Self.conversations.enumerated().map { index, messages in
            let opening = Array(messages.prefix(1))
            let prompt = tokenizer.chatTemplate == nil ? Text.plain(Self.plain(opening)) : .messages(opening)
            return SourcedRow(PromptRow(prompt: prompt), place: Self.place(index), index: index)
        }
        let fitting = try prompts.filter {
            try tokenizer.encode(prompt: $0.row.prompt, at: $0.place).count + answer <= contextLength
        }
        return fitting.isEmpty ? prompts : fitting
    }

    /// Everything there is to fine-tune on: plain texts, and conversations where there is a template.
    var rows: [SourcedRow<SupervisedRow>] {
        let texts = Self.conversations.map { SupervisedRow.text(TextRow(text: Self.plain($0))) }
        let conversations = Self.conversations.map { SupervisedRow.messages(MessagesRow(messages: $0)) }
        return (tokenizer.chatTemplate == nil ? texts : texts + conversations).enumerated().map {
            SourcedRow($1, place: Self.place($0), index: $0)
        }
    }

    /// The conversations as plain text in tokens, as much of each as the model can read.
    var sequences: [[Int]] {
        Self.conversations.map { Array(tokenizer.encode(Self.plain($0)).prefix(contextLength)) }
    }

    private static func plain(_ messages: [Message]) -> String {
        messages.map(\.content).joined(separator: "\n")
    }

    private static func place(_ index: Int) -> Place { Place(file: "examination text", line: index + 1) }
}
