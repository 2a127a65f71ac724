import JSON

/// How prompts stand in rows, where settings say more of it than the rows do.
public struct PromptLayout: Hashable, Sendable {
    /// Whether prompts and answers in plain text are read as messages of the user and the assistant.
    public var chatPrompts: Bool
    /// The system turn of every row, as if each had it in the column `system`; nil: what the rows say.
    public var system: String?
    /// The column that is the prompt.
    public var promptColumn: String

    public static let promptColumn = "prompt"

    public init(chatPrompts: Bool = false, system: String? = nil, promptColumn: String = promptColumn) {
        (self.chatPrompts, self.system, self.promptColumn) = (chatPrompts, system, promptColumn)
    }
}

/// What other columns say of a row's texts: who the assistant is to be (`system`), and what was asked where no `prompt` is.
///
/// Both belong to conversations. A row that has one of them is laid out as such: its prompt in plain text becomes a message of
/// the user, an answer in plain text one of the assistant. The same is done with every row where that is asked for.
struct RowLayout {
    /// Columns with the text of a system turn.
    static let systemColumns = ["system", "system_prompt"]
    /// Columns that are the prompt of rows without one.
    static let questionColumns = ["question", "instruction", "input", "query", "problem"]

    let schemas: [DatasetSchema]
    let prompts: PromptLayout
    let place: Place

    /// The columns with the prompt from where settings say that it stands; what stood in `prompt` gives way.
    /// - Throws: `DataError` where the row has no such column.
    func withPrompt(_ columns: JSONObject) throws -> JSONObject {
        guard asksColumn else { return columns }
        guard let prompt = columns[prompts.promptColumn], !prompt.isNull else {
            throw error(
                "the column \"\(prompts.promptColumn)\", which is set as the prompt's,",
                found: columns.map { "\"\($0.key)\"" }.sorted().joined(separator: ", "),
                remedy: "add it, or name another with prompt_column")
        }
        var columns = columns
        columns[prompts.promptColumn] = nil
        columns[PromptLayout.promptColumn] = prompt
        return columns
    }

    /// Whether the prompt is a column of another name: a question, as ``questionColumns`` are.
    private var asksColumn: Bool { prompts.promptColumn != PromptLayout.promptColumn }

    /// The columns with whole prompts and answers in them, and without those that were put there.
    /// - Throws: `DataError` where the row contradicts itself or there is no place for what it says.
    func laidOut(_ columns: JSONObject) throws -> JSONObject {
        var columns = columns
        let hasQuestion = try moveQuestion(in: &columns) || asksColumn
        guard let schema = schemas.first(where: { $0.matches(columns) }) else { return columns }
        let system = try takeSystem(from: &columns)
        guard system != nil || hasQuestion || prompts.chatPrompts else { return columns }
        if schema == .text {
            guard system != nil else { return columns }
            throw error(
                "messages beside \"system\"", found: "plain text",
                remedy: "write the row as messages, or leave the column out")
        }
        // Where a prompt alone is asked for, its answers stay beside it, in the same form.
        let beside = schema == .prompt ? DatasetSchema.detect(columns)?.texts ?? [] : []
        let texts = schema.texts + beside
        for (name, role) in texts { columns[name] = columns[name].map { chat($0, role) } }
        if let system {
            for name in try conversations(of: schema, in: columns) {
                columns[name] = try columns[name].map { try beginning($0, with: system, column: name) }
            }
        } else if schema == .comparison, !columns.holds("prompt") {
            try requireConversations(columns)
        }
        return columns
    }

    // MARK: Question

    /// Makes a question the prompt of a row that has none and can be read with one.
    private func moveQuestion(in columns: inout JSONObject) throws -> Bool {
        guard !columns.holds("prompt"), needsPrompt(columns) else { return false }
        let names = Self.questionColumns.filter { columns[$0]?.string.map { !$0.isEmpty } ?? false }
        guard let first = names.first, let question = columns[first]?.string else { return false }
        // An instruction and its input are one question, as in Alpaca's rows.
        guard names.count == 1 || names == ["instruction", "input"] else {
            throw error(
                "one column that is the prompt", found: names.map { "\"\($0)\"" }.joined(separator: " and "),
                remedy: "name the prompt \"prompt\"")
        }
        let lines = [question] + names.dropFirst().compactMap { columns[$0]?.string }
        columns["prompt"] = .string(lines.joined(separator: "\n"))
        for name in names { columns[name] = nil }
        return true
    }

    /// Whether the row can be read with a prompt and not without; answers that are whole conversations bring their own.
    private func needsPrompt(_ columns: JSONObject) -> Bool {
        let matching = schemas.first { $0.matches(columns) }
        if matching == .comparison {
            return ["chosen", "rejected"].allSatisfy { name in
                let first = columns[name]?.array?.first?["role"]?.string
                return columns[name]?.string != nil || first == "assistant"
            }
        }
        var asked = columns
        asked["prompt"] = ""
        return matching == nil && schemas.contains { $0.matches(asked) }
    }

    // MARK: System

    /// What settings and columns say, which must be the same.
    private func takeSystem(from columns: inout JSONObject) throws -> SystemTurn? {
        var system = prompts.system.flatMap {
            $0.isEmpty ? nil : SystemTurn(text: $0, origin: "the setting system_prompt")
        }
        for name in Self.systemColumns {
            var fields = RowFields(columns, place: place)
            guard let text = try fields.optionalString(name) else { continue }
            columns[name] = nil
            guard !text.isEmpty else { continue }
            if let system, system.text != text { throw system.contradiction("\"\(name)\"", at: place) }
            system = system ?? SystemTurn(text: text, origin: "\"\(name)\"")
        }
        return system
    }

    /// Who the assistant is to be, and where that is said.
    private struct SystemTurn {
        let text: String
        let origin: String

        func contradiction(_ other: String, at place: Place) -> DataError {
            DataError(
                at: place, expected: "one system turn", found: "another text in \(origin) than in \(other)",
                remedy: "leave one of them out")
        }
    }

    /// The columns that the conversation begins in.
    private func conversations(of schema: DatasetSchema, in columns: JSONObject) throws -> [String] {
        guard schema != .messages else { return ["messages"] }
        guard columns.holds("prompt") else {
            try requireConversations(columns)
            return ["chosen", "rejected"]
        }
        return columns["messages"]?.array == nil ? ["prompt"] : ["prompt", "messages"]
    }

    /// Answers without a prompt begin with it, which in plain text has no end that could be told.
    private func requireConversations(_ columns: JSONObject) throws {
        let roles = ["chosen", "rejected"].map { columns[$0]?.array?.first?["role"]?.string }
        guard roles.contains("assistant") else { return }
        throw error(
            "\"prompt\" beside answers that are laid out in the chat template", found: "answers alone",
            remedy: "add the column")
    }

    /// The conversation with its system turn first.
    private func beginning(
        _ conversation: JSONValue, with system: SystemTurn, column: String
    ) throws -> JSONValue {
        guard let messages = conversation.array else { return conversation }
        guard let first = messages.first, ["system", "developer"].contains(first["role"]?.string) else {
            return .array([["role": "system", "content": .string(system.text)]] + messages)
        }
        let own = first["content"].flatMap { $0.string ?? OpenAIChat.text(ofParts: $0) }
        guard own == system.text else { throw system.contradiction("\"\(column)\"", at: place) }
        return conversation
    }

    // MARK: Chat

    /// Plain text as what `role` says; a list of answers one by one.
    private func chat(_ text: JSONValue, _ role: String) -> JSONValue {
        switch text {
        case .string: [["role": .string(role), "content": text]]
        case .array(let answers) where answers.contains { $0.string != nil }:
            .array(answers.map { $0.string == nil ? $0 : chat($0, role) })
        default: text
        }
    }

    private func error(_ expected: String, found: String, remedy: String) -> DataError {
        DataError(at: place, expected: expected, found: found, remedy: remedy)
    }
}

extension DatasetSchema {
    /// Columns that may hold plain text, and who says it in a conversation.
    fileprivate var texts: [(name: String, role: String)] {
        let answers: [String] =
            switch self {
            case .comparison: ["chosen", "rejected"]
            case .unpaired, .completion: ["completion"]
            case .ranked: ["responses"]
            case .rated: ["response"]
            case .responses, .messages, .text, .prompt: []
            }
        return (self == .messages ? [] : [("prompt", "user")]) + answers.map { ($0, "assistant") }
    }
}
