import Settings

/// How a run that learns from its own answers is watched.
public struct WatchConfiguration: ConfigurationSection, Equatable {
    /// Whether some prompts are answered before the first update; nil: where that costs little beside the run.
    public var preflight: Bool?
    /// Nats per response from the reference at which the run ends and the best model within is kept; nil: it goes on.
    public var klBudget: Double?
    /// Whether tokens are scored once more by the training path before anything is learned from them, so that their recorded
    /// log-probabilities are the trainer's.
    public var scoresSampledTokens = false

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case preflight
        case klBudget = "kl_budget"
        case scoresSampledTokens = "score_sampled_tokens"
    }

    public static let ranges: [String: SettingRange] = ["kl_budget": .above(0)]

    /// Refuses what has no meaning where answers are recorded.
    func refuseBesideReplay() throws {
        try InvalidSetting.check(
            preflight != true, CodingKeys.preflight,
            expected: "none beside replay, whose answers are written already", found: "true")
        try InvalidSetting.check(
            !scoresSampledTokens, CodingKeys.scoresSampledTokens,
            expected: "false beside replay, whose log-probabilities are the sampler's", found: "true")
    }
}
