import JSON

/// `{"prompt", "responses": [{"text", …}]}`: what a model answered to a prompt, as sampling writes it.
public struct ResponsesRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.responses]

    public var prompt: Text
    /// The prompt as the model was given it; nil where nobody recorded it.
    public var promptTokens: [Int]?
    public var responses: [Response]
    /// The content hash of the model that wrote the responses.
    public var policy: String?
    public var extra: JSONObject

    public init(
        prompt: Text, promptTokens: [Int]? = nil, responses: [Response], policy: String? = nil,
        extra: JSONObject = [:]
    ) {
        self.prompt = prompt
        self.promptTokens = promptTokens
        self.responses = responses
        self.policy = policy
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        prompt = try fields.text("prompt")
        promptTokens = try fields.contains("prompt_ids") ? fields.integers("prompt_ids") : nil
        let place = fields.place
        responses = try fields.objects("responses").map { columns in
            var fields = RowFields(columns, place: place)
            return try Response(from: &fields)
        }
        policy = try fields.optionalIdentifier("policy")
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        let promptTokens = promptTokens.map { tokens in
            [(name: "prompt_ids", value: JSONValue.array(tokens.map { .integer($0) }))]
        }
        let policy = policy.map { [(name: "policy", value: JSONValue.string($0))] }
        return [("prompt", prompt.json)] + (promptTokens ?? [])
            + [("responses", .array(responses.map(\.json)))] + (policy ?? []) + Self.sorted(extra)
    }
}

/// One answer of a model.
public struct Response: Hashable, Sendable {
    /// Why it ended.
    public enum Finish: String, Sendable, CaseIterable {
        /// The model ended it.
        case stop
        /// The token budget cut it off.
        case length
        /// The caller ended it.
        case ended
    }

    public var text: String
    /// Nil where nobody recorded it.
    public var finish: Finish?
    /// What else was recorded, such as `tokens` and `logprobs`.
    public var extra: JSONObject

    public init(text: String, finish: Finish? = nil, extra: JSONObject = [:]) {
        self.text = text
        self.finish = finish
        self.extra = extra
    }

    init(from fields: inout RowFields) throws {
        text = try fields.string("text")
        finish = try fields.optionalIdentifier("finish").map { name in
            guard let finish = Finish(rawValue: name) else {
                let names = Finish.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                throw fields.invalid("finish", expected: "one of \(names)", found: "\"\(name)\"")
            }
            return finish
        }
        extra = fields.remaining
    }

    /// The answer as it is in a row.
    public var json: JSONValue {
        var members = extra
        members["text"] = .string(text)
        members["finish"] = finish.map { .string($0.rawValue) }
        return .object(members)
    }
}
