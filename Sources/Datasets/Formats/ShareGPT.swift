import JSON
import Tokenization

/// ShareGPT: `{"conversations": [{"from", "value"}]}`. With `chosen` and `rejected`, what may come next as a message or a list
/// of them, a row is a comparison; with `kto_tag` its last message is judged.
enum ShareGPT: PublicFormat {
    private static let roles = [
        "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "model": "assistant",
        "chatgpt": "assistant", "system": "system", "tool": "tool", "observation": "tool",
    ]

    static func recognizes(_ columns: JSONObject) -> Bool { columns["conversations"]?.array != nil }

    static func read(_ fields: inout RowFields) throws -> PublicRow {
        let messages = try fields.objects("conversations").map { try message($0, fields, "conversations") }
        guard !messages.isEmpty else {
            throw fields.invalid("conversations", expected: "at least one message", found: "an empty list")
        }
        if fields.contains("chosen"), fields.contains("rejected") {
            return .comparison(
                prompt: .messages(messages), chosen: .messages(try next("chosen", &fields)),
                rejected: .messages(try next("rejected", &fields)))
        }
        if fields.contains("kto_tag") {
            let isGood = try fields.boolean("kto_tag")
            guard messages.count > 1, let last = messages.last, last.role == "assistant" else {
                throw fields.invalid(
                    "conversations", expected: "an answer of gpt at the end, which kto_tag is about,",
                    found: "\(messages.count) messages without")
            }
            return .labelled(
                prompt: .messages(messages.dropLast()), completion: .messages([last]), isGood: isGood)
        }
        return .conversation(messages)
    }

    private static func next(_ name: String, _ fields: inout RowFields) throws -> [Message] {
        let isList = fields.remaining[name]?.array?.isEmpty == false
        let objects = isList ? try fields.objects(name) : [try fields.object(name)]
        return try objects.map { try message($0, fields, name) }
    }

    private static func message(
        _ columns: JSONObject, _ fields: RowFields, _ column: String
    ) throws -> Message {
        var columns = RowFields(columns, place: fields.place)
        let name = try columns.string(columns.has("from") ? "from" : "role")
        guard let role = roles[name.lowercased()] else {
            throw fields.invalid(
                column, expected: "messages from " + roles.keys.sorted().joined(separator: ", "),
                found: "one from \"\(name)\"")
        }
        let content = try columns.content(columns.has("value") ? "value" : "content")
        return try Message(
            role: role, content: content, beside: columns.remaining, column: column, at: fields.place)
    }
}

extension RowFields {
    /// Whether the row has the column, if only with null in it.
    fileprivate func has(_ name: String) -> Bool { remaining[name] != nil }

    /// Text, or parts of it that are joined.
    fileprivate mutating func content(_ name: String) throws -> String {
        guard let text = remaining[name].flatMap(OpenAIChat.text(ofParts:)) else { return try string(name) }
        _ = try values(name)
        return text
    }
}
