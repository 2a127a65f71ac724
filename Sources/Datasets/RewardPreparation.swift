import Tokenization

/// Comparisons for a reward model.
///
/// A sequence is scored at its last token, so none is ever truncated: a row with a side longer than the maximum is
/// dropped.
public struct RewardPreparation: Preparation {
    public let tokenizer: Tokenizer
    /// Of prompt and answer together, in tokens; nil for no limit.
    public let maximumLength: Int?

    public init(tokenizer: Tokenizer, maximumLength: Int?) {
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
    }

    public func prepare(_ row: SourcedRow<ComparisonRow>) throws -> PreparedRow<TokenizedRewardComparison> {
        let comparison = row.row
        let output = TokenizedRewardComparison(
            chosen: try tokens(prompt: comparison.prompt, response: comparison.chosen, at: row.place),
            rejected: try tokens(prompt: comparison.prompt, response: comparison.rejected, at: row.place),
            margin: comparison.margin, row: row.index)
        let longest = max(output.chosen.count, output.rejected.count)
        if let maximumLength, longest > maximumLength { return .dropped(.tooLong) }
        return .kept(output, tokens: output.chosen.count + output.rejected.count, cut: 0)
    }

    /// The tokens at whose end a response is scored, the same in training and in use: prompt and response joined as
    /// text with the end-of-sequence token behind them, or the whole conversation in the chat template.
    ///
    /// - Parameter place: the row that an error is to name.
    public func tokens(prompt: Text?, response: Text, at place: Place) throws -> [Int] {
        try tokenizer.encodeWhole(prompt: prompt, response: response, at: place)
    }
}
