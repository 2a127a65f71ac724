import Errors

/// How the next token is chosen. Filters apply in the order of the properties, as in transformers.
public struct SamplingParameters: Codable, Sendable, Equatable {
    /// Divides positive and multiplies negative logits of tokens already in the sequence (Keskar et al., 2019); 1: off.
    public var repetitionPenalty: Double
    /// Divides the logits; 0 means greedy: always the most probable token.
    public var temperature: Double
    /// Keeps the k most probable tokens (ties with the last included); 0: off.
    public var topK: Int
    /// Keeps the smallest set of tokens whose probability reaches p (Holtzman et al., 2020); 1: off.
    public var topP: Double
    /// Drops tokens less probable than this fraction of the most probable one; 0: off.
    public var minP: Double

    public static let greedy = SamplingParameters(temperature: 0)

    public init(
        repetitionPenalty: Double = 1, temperature: Double = 1, topK: Int = 0, topP: Double = 1,
        minP: Double = 0
    ) {
        self.repetitionPenalty = repetitionPenalty
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
    }

    public var isGreedy: Bool { temperature == 0 }

    /// Whether tokens are drawn from the model's own distribution at this temperature, so that scoring at the same
    /// temperature gives back the probabilities they were drawn with.
    public var drawsFromModelDistribution: Bool {
        !isGreedy && repetitionPenalty == 1 && topK == 0 && topP == 1 && minP == 0
    }

    /// - Throws: `GenerationError.invalidParameter` naming the value and its range.
    public func validate() throws {
        try require(
            temperature >= 0 && temperature.isFinite, "temperature", temperature, "0 (greedy) or more")
        try require(topK >= 0, "top-k", Double(topK), "0 (off) or more")
        try require(topP > 0 && topP <= 1, "top-p", topP, "above 0 and at most 1 (off)")
        try require(minP >= 0 && minP < 1, "min-p", minP, "0 (off) or more and below 1")
        try require(repetitionPenalty > 0, "repetition-penalty", repetitionPenalty, "above 0, 1 is off")
    }

    private func require(_ holds: Bool, _ name: String, _ value: Double, _ range: String) throws {
        if !holds { throw GenerationError.invalidParameter("\(name) is \(value): expected \(range)") }
    }
}

/// What can be wrong with a request to generate.
public enum GenerationError: CategorizedError, CustomStringConvertible {
    case invalidParameter(String)
    /// Prompt `index` has `length` tokens, but context minus new tokens leaves room for `limit`.
    case promptTooLong(index: Int, length: Int, limit: Int)
    case emptyPrompt(index: Int)

    public var category: ErrorCategory {
        switch self {
        case .invalidParameter: .usage
        case .promptTooLong, .emptyPrompt: .badData
        }
    }

    public var description: String {
        switch self {
        case .invalidParameter(let what): what
        case .promptTooLong(let index, let length, let limit):
            "prompt \(index + 1) has \(length) tokens, but the model's context leaves room for \(limit): "
                + "shorten it or lower --max-new-tokens"
        case .emptyPrompt(let index): "prompt \(index + 1) is empty: give at least one token"
        }
    }
}
