import LanguageModels

/// How answers to prompts are sampled.
public struct SamplerConfiguration: ConfigurationSection, Equatable {
    /// Answers to each prompt.
    public var answersPerPrompt = 1
    public var maximumNewTokens = 128
    /// Divides the logits; 0 is the same as `greedy`.
    public var temperature = 1.0
    public var topK = 0
    public var topP = 1.0
    public var minP = 0.0
    public var repetitionPenalty = 1.0
    /// Always the most probable token, whatever the temperature.
    public var isGreedy = false

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case answersPerPrompt = "n"
        case maximumNewTokens = "max_new_tokens"
        case temperature
        case topK = "top_k"
        case topP = "top_p"
        case minP = "min_p"
        case repetitionPenalty = "repetition_penalty"
        case isGreedy = "greedy"
    }

    public var parameters: SamplingParameters {
        SamplingParameters(
            repetitionPenalty: repetitionPenalty, temperature: isGreedy ? 0 : temperature, topK: topK, topP: topP,
            minP: minP)
    }

    public func validate() throws {
        for (key, value) in [(CodingKeys.answersPerPrompt, answersPerPrompt), (.maximumNewTokens, maximumNewTokens)] {
            try InvalidSetting.check(value > 0, key, expected: "at least 1", found: value)
        }
        let numbers: [(CodingKeys, Double, Bool, String)] = [
            (.temperature, temperature, temperature >= 0 && temperature.isFinite, "a number of at least 0"),
            (.topK, Double(topK), topK >= 0, "0 (off) or more"),
            (.topP, topP, topP > 0 && topP <= 1, "above 0 and at most 1 (off)"),
            (.minP, minP, (0..<1).contains(minP), "from 0 (off) to below 1"),
            (.repetitionPenalty, repetitionPenalty, repetitionPenalty > 0, "above 0; 1 is off"),
        ]
        for (key, value, holds, expected) in numbers {
            try InvalidSetting.check(holds, key, expected: expected, found: value)
        }
    }
}
