import Datasets
import Foundation
import JSON
import Runs
import Settings
import Tokenization

/// A prompt ready to be answered.
public struct PreparedPrompt: Codable, Hashable, Sendable {
    public let text: Text
    public let tokens: [Int]
    /// What else its row says, such as `answer`: rewards see it, the model does not.
    public let columns: JSONObject

    public init(text: Text, tokens: [Int], columns: JSONObject = [:]) {
        self.text = text
        self.tokens = tokens
        self.columns = columns
    }

    private enum CodingKeys: String, CodingKey {
        case text, tokens, columns
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        text = try container.decode(Text.self, forKey: .text)
        tokens = try container.decode([Int].self, forKey: .tokens)
        columns = try container.decodeIfPresent(JSONValue.self, forKey: .columns)?.object ?? [:]
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(text, forKey: .text)
        try container.encode(tokens, forKey: .tokens)
        if !columns.isEmpty { try container.encode(JSONValue.object(columns), forKey: .columns) }
    }
}

/// Prompts of JSON Lines files, laid out for a model that is to answer them.
public struct PreparedPrompts: Sendable {
    public let rows: [PreparedPrompt]
    public let places: [Place]

    /// Says so where the model has a chat template and prompts are plain text, which are laid out without it.
    /// - Parameters:
    ///   - maximumNewTokens: of an answer, for which the model's context must have room after the prompt.
    ///   - progress: takes the note.
    /// - Throws: `DataError` naming the row whose prompt leaves no such room, or that the chat template refuses.
    public init(
        _ prompts: [SourcedRow<PromptRow>], for source: ModelSource, maximumNewTokens: Int,
        progress: ProgressDisplay
    ) throws {
        let context = try source.configuration().contextLength
        guard maximumNewTokens < context else {
            throw InvalidSetting(
                "max_new_tokens",
                expected: "fewer than the \(context) tokens of the context of \(source.argument)",
                found: "\(maximumNewTokens)")
        }
        rows = try prompts.map { prompt in
            try prompt.row.prompt.requireUnanswered(at: prompt.place)
            let tokenizer = try source.tokenizer.telling(
                prompt.row.extra, besideMessages: prompt.row.prompt.isConversation, at: prompt.place)
            let tokens = try tokenizer.encode(prompt: prompt.row.prompt, at: prompt.place)
            guard tokens.count <= context - maximumNewTokens else {
                throw DataError(
                    at: prompt.place,
                    expected: "a prompt of at most \(context - maximumNewTokens) tokens (the context of "
                        + "\(source.argument) has \(context), \(maximumNewTokens) of them for the answer)",
                    found: "\(tokens.count)", remedy: "shorten or remove the row, or lower --max-new-tokens")
            }
            return PreparedPrompt(
                text: prompt.row.prompt, tokens: tokens, columns: prompt.row.columnsForRewards)
        }
        places = prompts.map(\.place)
        let plain = prompts.filter { !$0.row.prompt.isConversation }.map(\.place)
        if source.tokenizer.chatTemplate != nil, !plain.isEmpty {
            let note = RowRemark.plainText.note(
                plain.count, of: prompts.count, "prompts", examples: Array(plain.prefix(3)))
            progress.note(note, onceAbout: RowRemark.plainText.rawValue)
        }
    }

    /// - Parameters:
    ///   - paths: of files with one prompt per row.
    ///   - chatPrompts: whether those in plain text become messages.
    ///   - limit: how many are taken, from the beginning; nil: all.
    package init(
        _ paths: [String], chatPrompts: Bool, limit: Int? = nil, for source: ModelSource,
        maximumNewTokens: Int, progress: ProgressDisplay
    ) throws {
        let rows = try JSONLines(paths, setting: "prompts", chatPrompts: chatPrompts).load(PromptRow.self)
        try self.init(
            Array(rows.prefix(limit ?? rows.count)), for: source, maximumNewTokens: maximumNewTokens,
            progress: progress)
    }
}

extension Text {
    /// - Throws: `DataError` where the conversation ends with an answer. The chat template would close it and open another.
    fileprivate func requireUnanswered(at place: Place) throws {
        guard case .messages(let messages) = self, messages.last?.role == "assistant" else { return }
        throw DataError(
            at: place, expected: "a prompt that ends with what is to be answered",
            found: "a last message of the assistant",
            remedy: "leave that message out, or add what the user says to it")
    }
}

extension PromptRow {
    /// The names under which rows keep what a model made of the prompt, not what belongs to the prompt itself.
    private static let columnsOfAnswers: Set<String> = [
        "prompt_ids", "responses", "completions", "policy", "policy_name", "sampler", "step",
    ]

    /// The columns that rewards are given beside an answer.
    package var columnsForRewards: JSONObject {
        JSONObject(extra.filter { !Self.columnsOfAnswers.contains($0.key) }.map { ($0.key, $0.value) })
    }
}

extension JSONLines {
    /// The files that a setting lists.
    /// - Parameter chatPrompts: whether plain text becomes messages.
    package init(_ paths: [String], setting: String, chatPrompts: Bool = false) throws {
        try self.init(paths, setting: setting, layout: PromptLayout(chatPrompts: chatPrompts))
    }

    package init(_ paths: [String], setting: String, layout: PromptLayout) throws {
        guard !paths.isEmpty else {
            throw InvalidSetting.noFiles(setting)
        }
        try self.init(paths.map { URL(fileURLWithPath: $0) }, layout: layout)
    }
}
