import LanguageModels
import Models
import Tokenization

/// A model that answers conversations, with the tokenizer and the chat template that put them into tokens.
public struct ConversationModel {
    public let source: ModelSource
    public let model: LanguageModel

    /// Loads the model, to generate and nothing else.
    /// - Throws: `TokenizerError.missingChatTemplate`, or what is wrong with its files.
    public init(_ source: ModelSource, on computation: Computation) throws {
        guard source.tokenizer.chatTemplate != nil else {
            throw TokenizerError.missingChatTemplate(named: source.tokenizer.templateNames)
        }
        self.source = source
        model = try source.loadFrozen(on: computation, onlyGenerates: true)
    }

    /// What lets the model answer.
    /// - Parameter slots: answers written side by side.
    public func answerer(_ sampler: SamplerConfiguration, seed: UInt64, slots: Int = 1) -> Answerer {
        Answerer(
            model, tokenizer: source.tokenizer,
            options: sampler.options(stopTokens: source.stopTokens, seed: seed, slots: slots))
    }

    /// A conversation as the model is given it.
    public struct Prompt {
        public let tokens: [Int]
        /// The messages that were left out, counted from the first after the system's.
        public let forgotten: Int
    }

    /// The tokens of a conversation, in which what messages say is text and never control, without as many of its first
    /// turns as leave room for an answer.
    ///
    /// A system message at the beginning always stays, and so does the last message: where that alone is too long,
    /// generating refuses it.
    /// - Parameter room: tokens of the answer, at most.
    public func prompt(for conversation: [Message], leaving room: Int) throws -> Prompt {
        let limit = model.configuration.contextLength - room
        let opening = conversation.prefix { $0.role == "system" }
        let turns = conversation[opening.endIndex...]
        var forgotten = 0
        while true {
            let tokens = try source.tokenizer.encodeSealed(
                Array(opening + turns.dropFirst(forgotten)), addGenerationPrompt: true)
            // A question and its answer go together.
            if tokens.count <= limit || forgotten + 2 >= turns.count {
                return Prompt(tokens: tokens, forgotten: forgotten)
            }
            forgotten += 2
        }
    }
}
