import Datasets
import Settings

/// Where the responses that a policy learns from come from, and how they are sampled.
public struct RolloutConfiguration: ConfigurationSection, Equatable {
    /// JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// A file of recorded rollouts to learn from instead of sampling (see `RecordedRollouts`).
    public var replay: String?
    /// Divides all logits, in sampling and in learning.
    public var temperature: Double
    /// The system turn of every prompt, as if each row had it in the column `system`; nil: what the rows say.
    public var systemPrompt: String?
    /// The column that is the prompt. What stands in another one than `prompt` in plain text is a turn of the user.
    public var promptColumn = PromptLayout.promptColumn
    /// Tokens of a response.
    public var maximumNewTokens: Int
    /// Which prompts come more often than others.
    public var curriculum = CurriculumConfiguration()
    public var watching = WatchConfiguration()

    public init(temperature: Double, maximumNewTokens: Int) {
        self.temperature = temperature
        self.maximumNewTokens = maximumNewTokens
    }

    public enum CodingKeys: String, CodingKey {
        case prompts, replay, temperature
        /// A section, whose keys are at the same level as the others.
        case curriculum = "curriculum_settings"
        case systemPrompt = "system_prompt"
        case promptColumn = "prompt_column"
        case maximumNewTokens = "max_new_tokens"
        /// A section, whose keys are at the same level as the others.
        case watching
    }

    /// TRL calls the prompts a dataset, as it does the rows of methods that learn from given ones.
    public static let synonyms: [String: ConfigurationSynonym] = [
        "dataset_prompt_column": .name("prompt_column"),
        "dataset": .name("prompts", values: ["null": nil]),
        "dataset_name": .name("prompts", values: ["null": nil]),
        "response_length": .name("max_new_tokens"), "max_completion_length": .name("max_new_tokens"),
    ]

    /// That there is nothing to learn from, where that is so.
    public var missing: [InvalidSetting] {
        files.isEmpty
            ? [.missing("prompts", "prompts (--prompts FILE), or recorded responses (--replay FILE)")] : []
    }

    /// Every file that is read.
    public var files: [String] { prompts + [replay].compactMap(\.self) }

    public static let ranges: [String: SettingRange] = [
        "max_new_tokens": .atLeast(1), "temperature": .above(0),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            replay == nil || systemPrompt == nil, CodingKeys.systemPrompt,
            expected: "none beside replay, whose rows bring their prompts", found: systemPrompt ?? "")
        try InvalidSetting.check(
            replay == nil || promptColumn == PromptLayout.promptColumn, CodingKeys.promptColumn,
            expected: "\(PromptLayout.promptColumn) beside replay, whose rows bring their prompts",
            found: promptColumn)
        try InvalidSetting.check(
            replay == nil || prompts.isEmpty, CodingKeys.prompts,
            expected: "none beside replay, whose rows bring their prompts",
            found: prompts.joined(separator: ", "))
        try InvalidSetting.check(
            replay == nil || curriculum.band == nil, CurriculumConfiguration.CodingKeys.band,
            expected: "none beside replay, which has its order",
            found: "\(curriculum.band ?? [])")
        if replay != nil { try watching.refuseBesideReplay() }
    }
}
