import LanguageModels
import Settings

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
            repetitionPenalty: repetitionPenalty, temperature: isGreedy ? 0 : temperature, topK: topK,
            topP: topP,
            minP: minP)
    }

    public func validate() throws {
        for (key, value) in [
            (CodingKeys.answersPerPrompt, answersPerPrompt), (.maximumNewTokens, maximumNewTokens),
        ] {
            try InvalidSetting.check(value > 0, key, expected: "at least 1", found: value)
        }
        try parameters.validate()
    }
}
