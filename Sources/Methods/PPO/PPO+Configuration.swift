// PPO's settings, and which of them go together.
import Models
import Rewards
import Settings
import Training

extension PPO {
    public struct Configuration: ConfigurationSection, Equatable {
        /// Where the distance from the reference is paid for.
        public enum KLPlacement: String, Codable, Sendable, CaseIterable {
            /// At every token, among the rewards that the critic predicts (Ziegler et al. 2019).
            case reward
            /// Beside the surrogate, with a gradient of its own (see `KLEstimator.loss`).
            case loss
        }

        /// What is learned; none where a replay brings its scores.
        public var rewards = PolicyRewards()
        public var scores = ScoreNormalization()
        public var rollouts = RolloutConfiguration(temperature: 0.7, maximumNewTokens: 53)
        /// The reference policy; nil: the policy as it was before training.
        public var reference: String?
        public var synchronization = ReferenceSynchronization()
        /// Responses sampled and learned from in one step.
        public var rolloutBatch = 64
        /// Passes over one batch of responses.
        public var ppoEpochs = 4
        /// Optimizer steps of one pass, on parts of nearly equal size.
        public var minibatches = 1
        /// β, the weight of the KL penalty.
        public var klCoefficient = 0.05
        public var klEstimator = KLEstimator.k1
        public var klPlacement = KLPlacement.reward
        /// Nats per response that β is steered to; nil: β stays.
        public var targetKL: Double?
        /// Responses over which β is steered.
        public var klHorizon = 10_000
        public var clipRange = 0.2
        /// The most that a bad token's loss grows with its ratio, in units of its advantage; nil: without bound.
        public var dualClip: Double?
        public var critic = CriticConfiguration()
        public var valueClipRange = 0.2
        /// Of a critic that is a head on the policy.
        public var valueCoefficient = Self.usualValueCoefficient
        /// The weight of the mean entropy of a token, which is rewarded.
        public var entropyCoefficient = 0.0
        public var pretraining = PretrainingConfiguration()
        /// γ
        public var discount = 1.0
        /// λ of generalised advantage estimation.
        public var lambda = 0.95
        /// Subtracted from the score of a response that did not end by itself.
        public var missingEOSPenalty: Double? = 1.0
        /// Rewards are scaled to unit variance, their mean kept.
        public var whitenRewards = false
        /// Responses of a step that are explained token by token.
        public var explain = 0

        private static let usualValueCoefficient = 0.1

        public init() {}

        /// Optimizer steps on one batch of responses.
        var updatesPerStep: Int { ppoEpochs * minibatches }

        public enum CodingKeys: String, CodingKey {
            case rollouts, reference, minibatches, lambda, explain
            /// Sections, whose keys are at the same level as the others.
            case rewards = "rewards"
            case scores, synchronization
            case critic = "critic_network"
            case pretraining = "pretraining_mix"
            case rolloutBatch = "rollout_batch"
            case ppoEpochs = "ppo_epochs"
            case klCoefficient = "kl_coefficient"
            case klEstimator = "kl_estimator"
            case klPlacement = "kl_in"
            case targetKL = "target_kl"
            case klHorizon = "kl_horizon"
            case clipRange = "clip_range"
            case dualClip = "dual_clip"
            case valueClipRange = "value_clip_range"
            case valueCoefficient = "value_coefficient"
            case entropyCoefficient = "entropy_coefficient"
            case discount = "gamma"
            case missingEOSPenalty = "missing_eos_penalty"
            case whitenRewards = "whiten_rewards"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "ref_model": .name("reference"),
            "ref_model_name_or_path": .name("reference"), "num_ppo_epochs": .name("ppo_epochs"),
            "num_mini_batches": .name("minibatches"), "kl_coef": .name("kl_coefficient"),
            "cliprange": .name("clip_range"), "cliprange_value": .name("value_clip_range"),
            "vf_coef": .name("value_coefficient"), "lam": .name("lambda"),
            "entropy_coef": .name("entropy_coefficient"),
            "sft_model_path": .name("model"),
            "total_episodes": .total(of: "max_steps", eachOf: "rollout_batch"),
        ].merging(namesWithoutPlace) { own, _ in own }
            .merging(RolloutConfiguration.synonyms) { own, _ in own }

        /// TRL's keys that Heed has no setting for.
        private static let namesWithoutPlace: [String: ConfigurationSynonym] = [
            "stop_token": .fixed(["eos", "null"], why: "answers end with the model's own stop tokens"),
            "stop_token_id": .fixed(["null"], why: "answers end with the model's own stop tokens"),
            "model_adapter_name": .fixed(
                ["null"], why: "an adapter to start from is a folder: set init_adapter"),
            "ref_adapter_name": .fixed(
                ["null"], why: "the reference is a model or an adapter's folder: set reference"),
            "local_rollout_forward_batch_size": .ignored, "num_sample_generations": .ignored,
            "ds3_gather_for_generation": .ignored, "exp_name": .ignored, "world_size": .ignored,
            "num_total_batches": .ignored, "micro_batch_size": .ignored, "local_batch_size": .ignored,
            "mini_batch_size": .ignored, "local_mini_batch_size": .ignored,
        ]

        public static let ranges: [String: SettingRange] = [
            "rollout_batch": .count, "ppo_epochs": .count, "minibatches": .count,
            "kl_coefficient": .atLeast(0), "target_kl": .above(0), "kl_horizon": .atLeast(1),
            "clip_range": .above(0), "dual_clip": .above(1), "value_clip_range": .above(0),
            "value_coefficient": .atLeast(0), "entropy_coefficient": .atLeast(0), "gamma": .share,
            "lambda": .share, "missing_eos_penalty": .atLeast(0), "explain": .atLeast(0),
        ]

        public static let needs: [String: SettingNeed] = [
            "kl_horizon": .beside("target_kl"), "target_kl": .beside("kl_coefficient"),
            "kl_in": .beside("kl_coefficient"),
            "per_device_train_batch_size": .stated("rollout_batch").noted(as: sizeOfStepInTRL),
            "num_mini_batches": .stated("rollout_batch", "batch_size").noted(as: sizeOfStepInTRL),
        ]

        private static let sizeOfStepInTRL =
            "a step learns from \(Self().rolloutBatch) responses otherwise, and TRL's from per_device_train_batch_size × "
            + "gradient_accumulation_steps × num_mini_batches"

        public func validate() throws {
            try InvalidSetting.check(
                minibatches <= rolloutBatch, CodingKeys.minibatches, expected: "at most rollout_batch",
                found: minibatches)
            try InvalidSetting.check(
                explain <= rolloutBatch, CodingKeys.explain,
                expected: "at most rollout_batch, the responses of a step", found: explain)
            try InvalidSetting.check(
                !critic.isNetwork || valueCoefficient == Self.usualValueCoefficient,
                CodingKeys.valueCoefficient,
                expected: "nothing beside a critic of its own, which critic_learning_rate is for",
                found: valueCoefficient)
            try InvalidSetting.check(
                critic.origin != .rewardModel || rewards.rewardModel != nil,
                CriticConfiguration.CodingKeys.origin,
                expected: "a reward_model for it to start from, or head, policy or a model",
                found: critic.origin.description)
        }

    }
}

/// How scores are made comparable from step to step before they are learned.
public struct ScoreNormalization: ConfigurationSection, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case none
        /// Divided by the deviation of all scores so far.
        case scale
        /// And their mean taken off before.
        case standard
    }

    public var kind = Kind.none
    /// The furthest from 0 that a score counts, after normalisation; nil: any.
    public var clip: Double?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case kind = "score_normalization"
        case clip = "score_clip"
    }

    public static let ranges: [String: SettingRange] = ["score_clip": .above(0)]
}
