import Tokenization

/// An answer with a thumb up or down, cut in token space: `prompt + completion` is what a model sees.
public struct TokenizedUnpaired: Hashable, Sendable {
    public let prompt: [Int]
    /// What is learned from.
    public let completion: [Int]
    /// What the maximum length cut off the end of the completion; after a shorter prompt some of it would fit.
    public let cutOff: [Int]
    /// Whether the answer is a good one.
    public let isDesirable: Bool
    /// The row it came from, counted from 0 over all files, rows that were dropped included.
    public let row: Int

    public init(prompt: [Int], completion: [Int], cutOff: [Int] = [], isDesirable: Bool, row: Int) {
        self.prompt = prompt
        self.completion = completion
        self.cutOff = cutOff
        self.isDesirable = isDesirable
        self.row = row
    }
}

/// Single judged answers, for KTO.
///
/// A row that is longer than the maximum loses the end of its answer, and is dropped where nothing of the answer is left
/// to be scored.
public struct UnpairedPreparation: Preparation {
    public var tokenizer: Tokenizer
    /// Of prompt and answer together, in tokens; nil for no limit.
    public let maximumLength: Int?

    public init(tokenizer: Tokenizer, maximumLength: Int?) {
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
    }

    public func prepare(_ row: SourcedRow<UnpairedRow>) throws -> PreparedRow<TokenizedUnpaired> {
        try JudgedAnswers.requireWhole([row.row.completion], at: row.place)
        let joined = try tokenizer.encode(
            prompt: row.row.prompt, completion: row.row.completion, at: row.place)
        let limit = maximumLength ?? .max
        guard joined.promptCount < limit else { return .dropped(.promptTooLong) }
        let kept = joined.tokens.prefix(limit)
        // The first token of a sequence is never scored, so an answer after an empty prompt needs two.
        guard kept.count > max(joined.promptCount, 1) else { return .dropped(.noCountedToken) }
        let output = TokenizedUnpaired(
            prompt: Array(kept[..<joined.promptCount]), completion: Array(kept[joined.promptCount...]),
            cutOff: Array(joined.tokens.dropFirst(kept.count)), isDesirable: row.row.label,
            row: row.index)
        return .kept(output, tokens: kept.count, cut: output.cutOff.count, remarks: joined.remarks)
    }
}
