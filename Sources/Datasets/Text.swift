import JSON
import Tokenization

/// The content of a column: plain text, or a conversation.
public enum Text: Hashable, Sendable {
    case plain(String)
    case messages([Message])

    /// Whether there is nothing in it: no text, or a last message without text.
    public var isEmpty: Bool { lastText.isEmpty }

    /// What was said last: the text itself, or the last message's.
    package var lastText: String {
        switch self {
        case .plain(let text): text
        case .messages(let messages): messages.last?.content ?? ""
        }
    }

    public var isConversation: Bool {
        if case .messages = self { true } else { false }
    }

    /// The column as JSON.
    public var json: JSONValue {
        switch self {
        case .plain(let text): .string(text)
        case .messages(let messages): Self.json(messages)
        }
    }

    static func json(_ messages: [Message]) -> JSONValue {
        .array(messages.map(\.json))
    }

    /// A response to this prompt in the same form: a string after a string, an assistant's turn after a conversation.
    public func answer(_ text: String) -> Text {
        isConversation ? .messages([Message(role: "assistant", content: text)]) : .plain(text)
    }
}

extension Text: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(JSONValue(from: decoder), column: "prompt", at: Place(file: "text", line: 1))
    }

    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension Text {
    /// Reads text or a list of `{"role", "content"}`.
    init(_ value: JSONValue, column: String, at place: Place) throws {
        switch value {
        case .string(let text): self = .plain(text)
        case .array(let elements):
            guard !elements.isEmpty else {
                throw Self.error(column, at: place, expected: "at least one message", found: "an empty list")
            }
            self = .messages(try elements.map { try Self.message($0, column: column, at: place) })
        default:
            throw Self.error(
                column, at: place, expected: "text or a list of messages", found: value.kindDescription)
        }
    }

    private static func message(_ value: JSONValue, column: String, at place: Place) throws -> Message {
        let expected = "messages of the form {\"role\": …, \"content\": …}"
        guard let fields = value.object else {
            throw error(column, at: place, expected: expected, found: "\(value.kindDescription) among them")
        }
        let content = fields["content"].flatMap { $0.string ?? OpenAIChat.text(ofParts: $0) }
        guard let role = fields["role"]?.string, let content else {
            let name = fields["role"]?.string == nil ? "role" : "content"
            let found =
                fields[name].map { "\($0.kindDescription) as \"\(name)\"" } ?? "one without \"\(name)\""
            throw error(column, at: place, expected: expected, found: found)
        }
        if let nearest = ChatRole.meant(by: role) {
            throw error(
                column, at: place, expected: "the role \"\(nearest)\"", found: "\"\(role)\"",
                remedy: "correct the role, which the chat template would lay out as nobody known")
        }
        // Nearly every message has nothing else, and is what it was in the file.
        if fields.count == 2, fields["content"]?.string != nil { return try Message(value) }
        return try Message(role: role, content: content, beside: fields, column: column, at: place)
    }

    /// What a template may read of a message beside its role and content. Lists and objects with something in them (tool
    /// calls) are refused: templates write them in the order of their keys, which rows that are written lose.
    fileprivate static func additional(
        _ fields: JSONObject, column: String, at place: Place
    ) throws -> JSONObject {
        var fields = fields
        var additional = JSONObject()
        if try TurnMask.taken(from: &fields, column: column, at: place) == false {
            additional[TurnMask.mark.key] = TurnMask.mark.value
        }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) where name != "role" && name != "content"
        {
            switch value {
            case .null, .array([]), .object([:]): break
            case .boolean, .integer, .largeInteger, .number, .string: additional[name] = value
            case .array, .object:
                throw error(
                    column, at: place, expected: "messages of text only",
                    found: "\(value.kindDescription) as \"\(name)\"")
            }
        }
        return additional
    }

    private static func error(
        _ column: String, at place: Place, expected: String, found: String,
        remedy: String = "fix or remove the row"
    ) -> DataError {
        DataError(at: place, expected: "\(expected) in \"\(column)\"", found: found, remedy: remedy)
    }
}

extension Message {
    /// A message with the other fields that its row has.
    /// - Throws: `DataError` for fields that no template could be given, or that mark it in no clear way.
    init(role: String, content: String, beside fields: JSONObject, column: String, at place: Place) throws {
        self.init(
            role: role, content: content, additional: try Text.additional(fields, column: column, at: place))
    }
}
