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

    public enum CodingKeys: String, CodingKey, CaseIterable {
        case answersPerPrompt = "n"
        case maximumNewTokens = "max_new_tokens"
        case temperature
        case topK = "top_k"
        case topP = "top_p"
        case minP = "min_p"
        case repetitionPenalty = "repetition_penalty"
        case isGreedy = "greedy"
    }

    /// All of them, for sections that sample only at times.
    public static let keys = CodingKeys.allCases.map(\.rawValue)

    /// What the most probable token leaves nothing to choose for.
    public static let needs: [String: SettingNeed] = {
        let sampled = SettingNeed.beside("temperature").and(.without("greedy"))
        return [
            "temperature": .without("greedy").noted(), "top_k": sampled.noted(), "top_p": sampled.noted(),
            "min_p": sampled.noted(),
            "n": sampled.noted(as: "all answers to a prompt are the same otherwise"),
        ]
    }()

    public var parameters: SamplingParameters {
        SamplingParameters(
            repetitionPenalty: repetitionPenalty, temperature: isGreedy ? 0 : temperature, topK: topK,
            topP: topP,
            minP: minP)
    }

    public static let ranges: [String: SettingRange] = [
        "n": .count, "max_new_tokens": .atLeast(1), "temperature": .atLeast(0), "top_k": .atLeast(0),
        "top_p": .above(0, upTo: 1), "min_p": .share, "repetition_penalty": .above(0),
    ]
}
