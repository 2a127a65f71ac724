import Settings

/// Which rewards settings ask for: `NAME[:key=value,…]` each, with a `weight` among their options where it is not 1.
public struct RewardSelection: Equatable, Sendable {
    public var arguments: [String]
    /// A reward model, `DIR[:key=value,…]`, after those by name.
    public var rewardModel: String?
    /// One for each of them, in place of `weight`.
    public var weights: [Double]?
    /// The path of VADER's lexicon; nil: the catalogue's.
    public var lexicon: String?

    public init(
        _ arguments: [String], rewardModel: String? = nil, weights: [Double]? = nil, lexicon: String? = nil
    ) {
        self.arguments = arguments
        self.rewardModel = rewardModel
        self.weights = weights
        self.lexicon = lexicon
    }

    var count: Int { arguments.count + (rewardModel == nil ? 0 : 1) }
    public var isEmpty: Bool { count == 0 }
}

/// The rewards of a policy: settings that `ppo` and `grpo` share.
public struct PolicyRewards: ConfigurationSection, Equatable {
    /// Rewards by name, `NAME[:key=value,…]`.
    public var rewards: [String] = []
    /// A reward model, after the rewards by name.
    public var rewardModel: String?
    /// One for each reward; nil: 1.
    public var weights: [Double]?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case rewards = "reward"
        case rewardModel = "reward_model"
        case weights = "reward_weights"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "reward_funcs": .name("reward"), "reward_model_path": .name("reward_model"),
        "reward_model_name_or_path": .name("reward_model"),
    ]

    /// A replay brings the scores that its weights are for.
    public static let needs: [String: SettingNeed] = [
        "reward_weights": .beside("reward", "reward_model", "replay")
    ]

    public var selection: RewardSelection {
        RewardSelection(rewards, rewardModel: rewardModel, weights: weights)
    }
}
