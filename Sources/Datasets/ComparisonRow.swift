import JSON

/// `{"prompt", "chosen", "rejected"[, "margin"]}`: which of two answers is the better one.
public struct ComparisonRow: DatasetRow, Hashable {
    public static let schemas: [DatasetSchema] = [.comparison]

    /// Nil where `chosen` and `rejected` both begin with it; see `splittingPrompt()`.
    public var prompt: Text?
    public var chosen: Text
    public var rejected: Text
    /// By how much the chosen answer is better, in units of the reward.
    public var margin: Double?
    /// The probability that the chosen answer is the better one, 0 to 1; nil: it is for certain.
    public var preference: Double?
    public var context: JudgmentContext
    public var extra: JSONObject

    public init(
        prompt: Text?, chosen: Text, rejected: Text, margin: Double? = nil, preference: Double? = nil,
        context: JudgmentContext = JudgmentContext(), extra: JSONObject = [:]
    ) {
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.margin = margin
        self.preference = preference
        self.context = context
        self.extra = extra
    }

    public init(from fields: inout RowFields) throws {
        let given = try fields.optionalText("prompt")
        let (first, second) = (try fields.text("chosen"), try fields.text("rejected"))
        try fields.requireSameForm(("chosen", first), ("rejected", second))
        let laidOut = try given.map {
            try PromptedAnswers(prompt: $0, answers: [("chosen", first), ("rejected", second)], in: fields)
        }
        prompt = laidOut?.prompt
        (chosen, rejected) = (laidOut?.answers[0] ?? first, laidOut?.answers[1] ?? second)
        margin = try fields.optionalNumber("margin")
        preference = try fields.optionalProbability("preference")
        context = try JudgmentContext(from: &fields)
        extra = fields.remaining
    }

    public var columns: [(name: String, value: JSONValue)] {
        var columns: [(name: String, value: JSONValue)] = []
        if let prompt { columns.append(("prompt", prompt.json)) }
        columns += [("chosen", chosen.json), ("rejected", rejected.json)]
        if let margin { columns.append(("margin", .number(margin))) }
        if let preference { columns.append(("preference", .number(preference))) }
        return columns + context.columns + Self.sorted(extra)
    }
}

extension ComparisonRow {
    /// The row with its prompt taken out of the two answers, where it is not given.
    ///
    /// The prompt is what both begin with: whole messages of a conversation; characters of a text, where a blank
    /// just before the first difference stays with the answers (as in TRL's `extract_prompt`). Nil where no
    /// prompt can be found: nothing in common, or nothing that differs.
    public func splittingPrompt() -> ComparisonRow? {
        guard prompt == nil else { return self }
        var row = self
        switch (chosen, rejected) {
        case (.plain(let first), .plain(let second)):
            let (first, second) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
            var shared = Self.commonPrefixLength(first, second)
            if shared > 0, shared < min(first.count, second.count), first[shared - 1] == " " { shared -= 1 }
            guard shared > 0, shared < max(first.count, second.count) else { return nil }
            row.prompt = .plain(Self.string(first[..<shared]))
            row.chosen = .plain(Self.string(first[shared...]))
            row.rejected = .plain(Self.string(second[shared...]))
        case (.messages(let first), .messages(let second)):
            let shared = zip(first, second).prefix { $0.says($1) }.count
            guard shared > 0, shared < min(first.count, second.count) else { return nil }
            row.prompt = .messages(Array(first[..<shared]))
            row.chosen = .messages(Array(first[shared...]))
            row.rejected = .messages(Array(second[shared...]))
        default:
            return nil
        }
        return row
    }

    private static func commonPrefixLength<Element: Equatable>(_ first: [Element], _ second: [Element]) -> Int
    {
        zip(first, second).prefix { $0 == $1 }.count
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
