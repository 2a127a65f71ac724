import JSON
import Tokenization

/// Judgments for a reward model.
///
/// A sequence is scored at its last token, so none is ever truncated: a row with an answer that is longer than the
/// maximum is dropped.
public struct RewardPreparation: Preparation {
    public var tokenizer: Tokenizer
    /// Of prompt and answer together, in tokens; nil for no limit.
    public let maximumLength: Int?
    /// The aspects to learn; rows that name another are dropped. Empty: what a row names makes no difference.
    public let aspects: [String]
    /// The shapes of rows that may occur.
    public let schemas: [DatasetSchema]

    public init(
        tokenizer: Tokenizer, maximumLength: Int?, aspects: [String] = [],
        schemas: [DatasetSchema] = JudgmentRow.schemas
    ) {
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
        self.aspects = aspects
        self.schemas = schemas
    }

    public func prepare(_ row: SourcedRow<JudgmentRow>) throws -> PreparedRow<TokenizedJudgment> {
        try check(row)
        let judged = row.row
        if let aspect = judged.context.aspect, !aspects.isEmpty, !aspects.contains(aspect) {
            return .dropped(.otherAspect)
        }
        try JudgedAnswers.requireWhole(judged.responses, at: row.place)
        let laidOut = try judged.responses.map {
            try tokenizer.encodeWhole(prompt: judged.prompt, response: $0, at: row.place)
        }
        let sequences = laidOut.map(\.ids)
        try JudgedAnswers.requireDifference(sequences, of: judged.responses, at: row.place)
        if let maximumLength, sequences.contains(where: { $0.count > maximumLength }) {
            return .dropped(.tooLong)
        }
        let output = TokenizedJudgment(
            sequences: sequences, verdict: judged.verdict, preference: judged.preference,
            context: judged.context, row: row.index)
        let remarks = JudgedAnswers.remarks(of: judged.responses, preference: judged.preference)
        return .kept(
            output, tokens: output.tokenCount, cut: 0,
            remarks: laidOut.reduce(into: remarks) { $0.formUnion($1.remarks) })
    }

    /// The tokens at whose end a response is scored, the same in training and in use: prompt and response joined as
    /// text followed by the end-of-sequence token, or the whole conversation in the chat template.
    ///
    /// - Parameters:
    ///   - columns: what stands beside the prompt.
    ///   - place: the row that an error is to name.
    public func tokens(
        prompt: Text?, response: Text, columns: JSONObject = [:], at place: Place
    ) throws -> [Int] {
        let tokenizer = try tokenizer.telling(columns, besideMessages: response.isConversation, at: place)
        return try tokenizer.encodeWhole(prompt: prompt, response: response, at: place).ids
    }

    private func check(_ row: SourcedRow<JudgmentRow>) throws {
        guard !schemas.contains(row.row.schema) else { return }
        throw DataError(
            at: row.place,
            expected: "rows of the shape " + schemas.map(\.rawValue).joined(separator: " or "),
            found: "a row of the shape \(row.row.schema.rawValue)",
            remedy: "use --loss auto, by which each row is learned in its own way")
    }
}

/// Whole texts that a reward model is to score, by the same tokens as in its training.
public struct RewardTextPreparation: Preparation {
    private var judgments: RewardPreparation

    public var tokenizer: Tokenizer {
        get { judgments.tokenizer }
        set { judgments.tokenizer = newValue }
    }

    public init(tokenizer: Tokenizer, maximumLength: Int?) {
        judgments = RewardPreparation(tokenizer: tokenizer, maximumLength: maximumLength)
    }

    public func prepare(_ row: SourcedRow<SupervisedRow>) throws -> PreparedRow<[Int]> {
        let (prompt, response): (Text?, Text) =
            switch row.row {
            case .completion(let text): (text.prompt, text.completion)
            case .messages(let text): (nil, .messages(text.messages))
            case .text(let text): (nil, .plain(text.text))
            }
        let laidOut = try tokenizer.encodeWhole(prompt: prompt, response: response, at: row.place)
        if let limit = judgments.maximumLength, laidOut.ids.count > limit { return .dropped(.tooLong) }
        return .kept(laidOut.ids, tokens: laidOut.ids.count, cut: 0, remarks: laidOut.remarks)
    }
}
