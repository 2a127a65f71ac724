import JSON
import Tokenization

/// ShareGPT: `{"conversations": [{"from", "value"}]}`, with a `system` message beside it in some sets. With `chosen` and
/// `rejected`, two messages that may come next, a row is a comparison; with `kto_tag` its last message is judged.
enum ShareGPT: PublicFormat {
    private static let roles = [
        "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "model": "assistant",
        "chatgpt": "assistant", "system": "system", "tool": "tool", "observation": "tool",
    ]

    static func recognizes(_ columns: JSONObject) -> Bool { columns["conversations"]?.array != nil }

    static func read(_ fields: inout RowFields) throws -> PublicRow {
        var messages = try fields.objects("conversations").map { try message($0, fields, "conversations") }
        guard !messages.isEmpty else {
            throw fields.invalid("conversations", expected: "at least one message", found: "an empty list")
        }
        if let system = try fields.optionalString("system"), !system.isEmpty, messages[0].role != "system" {
            messages.insert(Message(role: "system", content: system), at: 0)
        }
        if fields.contains("chosen"), fields.contains("rejected") {
            return .comparison(
                prompt: .messages(messages), chosen: .messages([try next("chosen", &fields)]),
                rejected: .messages([try next("rejected", &fields)]))
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

    private static func next(_ name: String, _ fields: inout RowFields) throws -> Message {
        try message(try fields.object(name), fields, name)
    }

    private static func message(
        _ columns: JSONObject, _ fields: RowFields, _ column: String
    ) throws -> Message {
        var columns = RowFields(columns, place: fields.place)
        let name = try columns.string(columns.contains("from") ? "from" : "role")
        guard let role = roles[name.lowercased()] else {
            throw fields.invalid(
                column, expected: "messages from " + roles.keys.sorted().joined(separator: ", "),
                found: "one from \"\(name)\"")
        }
        return Message(
            role: role, content: try columns.string(columns.contains("value") ? "value" : "content"))
    }
}
