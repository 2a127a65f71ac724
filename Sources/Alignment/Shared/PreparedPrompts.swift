import Datasets
import Tokenization

/// A prompt ready to be answered.
public struct PreparedPrompt: Codable, Hashable, Sendable {
    public let text: Text
    public let tokens: [Int]

    public init(text: Text, tokens: [Int]) {
        self.text = text
        self.tokens = tokens
    }
}

/// Prompts of JSON Lines files, laid out for a model that is to answer them.
public struct PreparedPrompts: Sendable {
    public let rows: [PreparedPrompt]
    public let places: [Place]

    /// - Parameter maximumNewTokens: of an answer, for which the model's context must have room behind the prompt.
    /// - Throws: `DataError` naming the row whose prompt leaves no such room, or that the chat template refuses.
    public init(
        _ prompts: [SourcedRow<PromptRow>], for source: ModelSource, maximumNewTokens: Int
    ) throws {
        let context = try source.configuration().maximumPositions
        guard maximumNewTokens < context else {
            throw InvalidSetting(
                "max_new_tokens",
                expected: "fewer than the \(context) tokens of the context of \(source.argument)",
                found: "\(maximumNewTokens)")
        }
        rows = try prompts.map { prompt in
            let tokens = try source.tokenizer.encode(prompt: prompt.row.prompt, at: prompt.place)
            guard tokens.count <= context - maximumNewTokens else {
                throw DataError(
                    file: prompt.place.file, line: prompt.place.line,
                    expected: "a prompt of at most \(context - maximumNewTokens) tokens (the context of "
                        + "\(source.argument) has \(context), \(maximumNewTokens) of them for the answer)",
                    found: "\(tokens.count)", remedy: "shorten or remove the row, or lower --max-new-tokens")
            }
            return PreparedPrompt(text: prompt.row.prompt, tokens: tokens)
        }
        places = prompts.map(\.place)
    }

    /// - Parameter paths: of files with a prompt a row.
    init(_ paths: [String], for source: ModelSource, maximumNewTokens: Int) throws {
        try self.init(
            JSONLines(paths, setting: "prompts").load(PromptRow.self), for: source,
            maximumNewTokens: maximumNewTokens)
    }
}
