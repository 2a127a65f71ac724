import Tokenization

/// Comparisons for DPO and its relatives.
///
/// Both answers of a row are cut off at one boundary, the smaller of the two that prompt and answer give, so that they
/// share their prompt. A row that is longer than the maximum loses the end of its answers, and is dropped where
/// nothing of an answer is left to be scored.
public struct ComparisonPreparation: Preparation {
    public var tokenizer: Tokenizer
    /// Of prompt and answer together, in tokens; nil for no limit.
    public let maximumLength: Int?
    /// Whether every sequence begins with the beginning-of-sequence token and ends with the end-of-sequence token, whatever
    /// the chat template writes (TRL's layout for ORPO and CPO).
    public let framesSequences: Bool
    /// What has no use for a probability in place of a choice; nil: nothing, all of them are learned.
    public let certainOnly: String?

    public init(
        tokenizer: Tokenizer, maximumLength: Int?, framesSequences: Bool = false, certainOnly: String? = nil
    ) {
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
        self.framesSequences = framesSequences
        self.certainOnly = certainOnly
    }

    public func prepare(_ row: SourcedRow<ComparisonRow>) throws -> PreparedRow<TokenizedComparison> {
        guard let comparison = row.row.splittingPrompt(), let prompt = comparison.prompt else {
            return .dropped(.noPrompt)
        }
        if let certainOnly, let preference = comparison.preference {
            throw DataError(
                at: row.place, expected: "certain choices beside \(certainOnly), which sorts pairs apart",
                found: "\(preference) in \"preference\"",
                remedy: "take another loss, or leave the column out")
        }
        let answers = [comparison.chosen, comparison.rejected]
        try JudgedAnswers.requireWhole(answers, at: row.place)
        let chosen = try joined(prompt, comparison.chosen, at: row.place)
        let rejected = try joined(prompt, comparison.rejected, at: row.place)
        try JudgedAnswers.requireDifference([chosen.tokens, rejected.tokens], of: answers, at: row.place)
        let boundary = min(chosen.promptCount, rejected.promptCount)
        let limit = maximumLength ?? .max
        guard boundary < limit else { return .dropped(.promptTooLong) }
        let keptChosen = chosen.tokens.prefix(limit)
        let keptRejected = rejected.tokens.prefix(limit)
        // The first token of a sequence is never scored, so an answer after an empty prompt needs two.
        guard min(keptChosen.count, keptRejected.count) > max(boundary, 1) else {
            return .dropped(.noCountedToken)
        }
        let output = TokenizedComparison(
            prompt: Array(keptChosen[..<boundary]), chosen: Array(keptChosen[boundary...]),
            rejected: Array(keptRejected[boundary...]), margin: comparison.margin,
            preference: comparison.preference, row: row.index)
        let kept = keptChosen.count + keptRejected.count
        return .kept(
            output, tokens: kept, cut: chosen.tokens.count + rejected.tokens.count - kept,
            remarks: chosen.remarks.union(rejected.remarks).union(
                JudgedAnswers.remarks(of: answers, preference: comparison.preference)))
    }

    private func joined(_ prompt: Text, _ answer: Text, at place: Place) throws -> JoinedTokens {
        let joined = try tokenizer.encode(prompt: prompt, completion: answer, at: place)
        guard framesSequences else { return joined }
        let beginning = [tokenizer.beginningOfSequence?.id].compactMap { $0 }.filter {
            $0 != joined.tokens.first
        }
        let end = [tokenizer.endOfSequence?.id].compactMap { $0 }.filter { $0 != joined.tokens.last }
        return JoinedTokens(
            tokens: beginning + joined.tokens + end, promptCount: beginning.count + joined.promptCount,
            remarks: joined.remarks)
    }
}
