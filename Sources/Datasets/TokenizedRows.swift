/// A sequence to learn from: its tokens and which of them are in the loss.
public struct TokenizedSequence: Hashable, Sendable {
    public let tokens: [Int]
    /// True where the prediction of this token, made from the tokens before it, is in the loss. The first token
    /// has nothing before it, so its entry is always false.
    public let counts: [Bool]
    /// Whether the first token is in the loss once other tokens come before it, as in wrapped packing.
    public let countsFirstWhenJoined: Bool

    /// - Parameter labels: which tokens are to be learned, the first one included.
    public init(tokens: [Int], labels: [Bool]) {
        precondition(
            tokens.count == labels.count, "\(tokens.count) tokens with \(labels.count) labels: give one each")
        self.tokens = tokens
        countsFirstWhenJoined = labels.first ?? false
        counts = labels.isEmpty ? [] : [false] + labels.dropFirst()
    }

    /// The tokens to be learned, the first one included: the inverse of `init`.
    public var labels: [Bool] { counts.isEmpty ? [] : [countsFirstWhenJoined] + counts.dropFirst() }

    /// How many tokens are in the loss.
    public var countedTokens: Int { counts.count { $0 } }

    /// The first `length` tokens.
    public func prefix(_ length: Int) -> TokenizedSequence {
        guard length < tokens.count else { return self }
        return TokenizedSequence(tokens: Array(tokens.prefix(length)), labels: Array(labels.prefix(length)))
    }
}

/// A prompt with two answers, cut in token space: `prompt + chosen` and `prompt + rejected` are what a model sees.
public struct TokenizedComparison: Hashable, Sendable {
    public let prompt: [Int]
    public let chosen: [Int]
    public let rejected: [Int]
    public let margin: Double?
    /// The probability that the chosen answer is the better one; nil: it is for certain.
    public let preference: Double?
    /// The row it came from, counted from 0 over all files, rows that were dropped included.
    public let row: Int

    public init(
        prompt: [Int], chosen: [Int], rejected: [Int], margin: Double?, preference: Double? = nil, row: Int
    ) {
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.margin = margin
        self.preference = preference
        self.row = row
    }
}

/// A judgment for a reward model: whole sequences, each of which is scored at its last token, and what was said about
/// their answers.
public struct TokenizedJudgment: Hashable, Sendable {
    /// In the order that the verdict speaks of them; of a comparison the chosen one comes first.
    public let sequences: [[Int]]
    public let verdict: Verdict
    /// Of a comparison the probability that its verdict is right; nil: it is for certain.
    public let preference: Double?
    public let context: JudgmentContext
    /// The row it came from, counted from 0 over all files, rows that were dropped included.
    public let row: Int

    public init(
        sequences: [[Int]], verdict: Verdict, preference: Double? = nil,
        context: JudgmentContext = JudgmentContext(), row: Int = 0
    ) {
        self.sequences = sequences
        self.verdict = verdict
        self.preference = preference
        self.context = context
        self.row = row
    }

    public var tokenCount: Int { sequences.reduce(0) { $0 + $1.count } }
}
