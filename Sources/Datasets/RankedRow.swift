import JSON

/// `{"prompt", "responses", "ranking"}`: several answers in the order of their quality.
public struct RankedRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.ranked]

    public var prompt: Text
    public var responses: [Text]
    /// The rank of each response: the lowest number is the best, equal numbers are ties.
    public var ranking: [Int]
    public var context: JudgmentContext
    public var extra: JSONObject

    public init(
        prompt: Text, responses: [Text], ranking: [Int], context: JudgmentContext = JudgmentContext(),
        extra: JSONObject = [:]
    ) {
        self.prompt = prompt
        self.responses = responses
        self.ranking = ranking
        self.context = context
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        let laidOut = try PromptedAnswers(
            prompt: fields.text("prompt"), answers: fields.texts("responses").map { ("responses", $0) },
            in: fields)
        (prompt, responses) = (laidOut.prompt, laidOut.answers)
        guard responses.count >= 2 else {
            throw fields.invalid("responses", expected: "at least two responses", found: "\(responses.count)")
        }
        ranking = try fields.integers("ranking")
        guard ranking.count == responses.count else {
            throw fields.invalid(
                "ranking", expected: "a rank for each of the \(responses.count) responses",
                found: "\(ranking.count)")
        }
        context = try JudgmentContext(from: &fields)
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        [
            ("prompt", prompt.json), ("responses", .array(responses.map(\.json))),
            ("ranking", .array(ranking.map { .integer($0) })),
        ] + context.columns + Self.sorted(extra)
    }
}
