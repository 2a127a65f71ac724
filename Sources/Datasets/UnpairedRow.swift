import JSON

/// `{"prompt", "completion", "label"}`: an answer and whether it is a good one.
public struct UnpairedRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.unpaired]

    public var prompt: Text
    public var completion: Text
    public var label: Bool
    public var context: JudgmentContext
    public var extra: JSONObject

    public init(
        prompt: Text, completion: Text, label: Bool, context: JudgmentContext = JudgmentContext(),
        extra: JSONObject = [:]
    ) {
        self.prompt = prompt
        self.completion = completion
        self.label = label
        self.context = context
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        let laidOut = try PromptedAnswers(
            prompt: fields.text("prompt"), answers: [("completion", fields.text("completion"))], in: fields)
        (prompt, completion) = (laidOut.prompt, laidOut.answers[0])
        label = try fields.boolean("label")
        context = try JudgmentContext(from: &fields)
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [("prompt", prompt.json), ("completion", completion.json), ("label", .boolean(label))]
            + context.columns + Self.sorted(extra)
    }
}
