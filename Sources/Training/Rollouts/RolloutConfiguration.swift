import Settings

/// Where the responses that a policy learns from come from, and how they are sampled.
public struct RolloutConfiguration: ConfigurationSection, Equatable {
    /// JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// A file of recorded rollouts to learn from instead of sampling (see `RecordedRollouts`).
    public var replay: String?
    /// Divides all logits, in sampling and in learning.
    public var temperature: Double
    /// Tokens of a response.
    public var maximumNewTokens: Int

    public init(temperature: Double, maximumNewTokens: Int) {
        self.temperature = temperature
        self.maximumNewTokens = maximumNewTokens
    }

    public enum CodingKeys: String, CodingKey {
        case prompts, replay, temperature
        case maximumNewTokens = "max_new_tokens"
    }

    /// TRL calls the prompts a dataset, as it does the rows of methods that learn from given ones.
    public static let synonyms: [String: ConfigurationSynonym] = [
        "dataset": .name("prompts"), "dataset_name": .name("prompts"),
        "response_length": .name("max_new_tokens"), "max_completion_length": .name("max_new_tokens"),
    ]

    /// Every file that is read.
    public var files: [String] { prompts + [replay].compactMap(\.self) }

    public func validate() throws {
        try InvalidSetting.check(
            maximumNewTokens >= 1, CodingKeys.maximumNewTokens, expected: "at least 1",
            found: maximumNewTokens)
        try InvalidSetting.check(
            temperature > 0, CodingKeys.temperature, expected: "a number above 0", found: temperature)
        try InvalidSetting.check(
            replay == nil || prompts.isEmpty, CodingKeys.prompts,
            expected: "none beside replay, whose rows bring their prompts",
            found: prompts.joined(separator: ", "))
    }
}
