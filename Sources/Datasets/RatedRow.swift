import JSON

/// `{"prompt", "response", "rating"[, "scale"]}`: an answer and a mark for it.
public struct RatedRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.rated]

    public var prompt: Text
    public var response: Text
    public var rating: Double
    /// The lowest and the highest possible mark. A file writes both, `[0, 10]`, or only the highest, `5`, where
    /// the lowest is 1.
    public var scale: ClosedRange<Double>?
    public var context: JudgmentContext
    public var extra: JSONObject

    public init(
        prompt: Text, response: Text, rating: Double, scale: ClosedRange<Double>? = nil,
        context: JudgmentContext = JudgmentContext(), extra: JSONObject = [:]
    ) {
        self.prompt = prompt
        self.response = response
        self.rating = rating
        self.scale = scale
        self.context = context
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        let laidOut = try PromptedAnswers(
            prompt: fields.text("prompt"), answers: [("response", fields.text("response"))], in: fields)
        (prompt, response) = (laidOut.prompt, laidOut.answers[0])
        rating = try fields.number("rating")
        scale = try fields.optionalRange("scale", from: 1)
        if let scale, !scale.contains(rating) {
            throw fields.invalid(
                "rating", expected: "a number from \(scale.lowerBound) to \(scale.upperBound)",
                found: "\(rating)")
        }
        context = try JudgmentContext(from: &fields)
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        var columns: [(name: String, value: JSONValue)] = [
            ("prompt", prompt.json), ("response", response.json), ("rating", .number(rating)),
        ]
        if let scale {
            columns.append(("scale", [.number(scale.lowerBound), .number(scale.upperBound)]))
        }
        return columns + context.columns + Self.sorted(extra)
    }
}
