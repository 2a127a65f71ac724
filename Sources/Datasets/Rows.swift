import JSON
import Tokenization

/// `{"text"}`: language modelling.
public struct TextRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.text]

    public var text: String
    public var extra: JSONObject

    public init(text: String, extra: JSONObject = [:]) {
        self.text = text
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        text = try fields.string("text")
        guard !text.isEmpty else { throw fields.invalid("text", expected: "text", found: "none") }
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [("text", .string(text))] + Self.sorted(extra)
    }
}

/// `{"messages"}`: a whole conversation.
public struct MessagesRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.messages]

    public var messages: [Message]
    public var extra: JSONObject

    public init(messages: [Message], extra: JSONObject = [:]) {
        self.messages = messages
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        messages = try fields.messages("messages")
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [("messages", Text.json(messages))] + Self.sorted(extra)
    }
}

/// `{"prompt"}`: something to answer. Any row with a prompt can be read as one; its other columns are the `extra`
/// that rewards and verifiers see.
public struct PromptRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.prompt]

    public var prompt: Text
    public var extra: JSONObject

    public init(prompt: Text, extra: JSONObject = [:]) {
        self.prompt = prompt
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        prompt = try fields.text("prompt")
        guard !prompt.isEmpty else {
            throw fields.invalid("prompt", expected: "a prompt", found: "an empty one")
        }
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [("prompt", prompt.json)] + Self.sorted(extra)
    }
}

/// `{"prompt", "completion"}`: an answer to imitate. Both are text or both are conversations.
public struct CompletionRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.completion]

    public var prompt: Text
    public var completion: Text
    public var extra: JSONObject

    public init(prompt: Text, completion: Text, extra: JSONObject = [:]) {
        self.prompt = prompt
        self.completion = completion
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        try self.init(given: &fields)
        guard !completion.isEmpty else {
            throw fields.invalid("completion", expected: "a completion", found: "an empty one")
        }
    }

    /// An answer that somebody gave, which may be of no text.
    init(given fields: inout RowFields) throws {
        let laidOut = try PromptedAnswers(
            prompt: fields.text("prompt"), answers: [("completion", fields.text("completion"))], in: fields)
        (prompt, completion) = (laidOut.prompt, laidOut.answers[0])
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [("prompt", prompt.json), ("completion", completion.json)] + Self.sorted(extra)
    }
}

/// Anything supervised fine-tuning can learn from.
public enum SupervisedRow: DatasetRow, Hashable {
    case completion(CompletionRow)
    case messages(MessagesRow)
    case text(TextRow)

    public static let schemas: [DatasetSchema] = [.completion, .messages, .text]

    public init(from fields: inout RowFields) throws {
        if DatasetSchema.completion.matches(fields.remaining) {
            self = .completion(try CompletionRow(from: &fields))
        } else if DatasetSchema.messages.matches(fields.remaining) {
            self = .messages(try MessagesRow(from: &fields))
        } else {
            self = .text(try TextRow(from: &fields))
        }
    }

    public var extra: JSONObject {
        switch self {
        case .completion(let row): row.extra
        case .messages(let row): row.extra
        case .text(let row): row.extra
        }
    }

    public var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .completion(let row): row.columns
        case .messages(let row): row.columns
        case .text(let row): row.columns
        }
    }
}

extension RowFields {
    /// A plain prompt with a conversational answer, or the other way round, cannot be laid out as one text.
    func requireSameForm(_ first: (name: String, text: Text), _ second: (name: String, text: Text)) throws {
        guard first.text.isConversation != second.text.isConversation else { return }
        let form = first.text.isConversation ? "a list of messages" : "text"
        let found = second.text.isConversation ? "a list of messages" : "text"
        throw invalid(
            second.name, expected: "\(form), as in \"\(first.name)\",", found: found,
            remedy: "write both as text or both as messages")
    }
}
