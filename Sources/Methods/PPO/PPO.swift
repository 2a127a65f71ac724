// Proximal policy optimisation on a reward (Schulman et al., "Proximal Policy Optimization Algorithms", 2017, equations 7
// and 9; Ziegler et al., "Fine-Tuning Language Models from Human Preferences", 2019; details after Huang et al., "The N+
// Implementation Details of RLHF with PPO", 2024).
//
// A step samples a batch of responses, scores them, and takes a few epochs over them.
//   * The score is added at the response's last token, wherever that is; every token pays β·KL to the reference.
//   * The critic is a scalar head on the policy's own hidden states, zero at the start (Ziegler et al.) or as a former run
//     of PPO left it beside the policy; their gradients reach the policy's weights through `valueCoefficient`.
//   * Policy, reference and update all divide logits by the sampling temperature; filters that change the distribution
//     (top-k, top-p, …) are refused, so that ratios are 1 before the first update. The ratio of a recorded response is to
//     the policy that wrote it, by the log-probabilities that were recorded.
//   * Averages are over counted tokens of a whole minibatch: padding does not exist and accumulation changes nothing.
import Models
import Rewards
import Settings
import Training

public enum PPO: TrainingMethod {
    public static let name = "ppo"
    public static let title = "proximal policy optimisation"
    public static let defaultLearningRate = 3e-6
    public static let adapterLearningRate = 3e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The reward's score should rise while the KL to the reference stays small. The loss says little: "
            + "look at score, KL and length together, for a score that rises with length alone is a shortcut.",
        shown: ["objective/scores", "objective/kl"], lossShouldFall: false,
        curves: [
            .init("Score by the reward", unit: "score", ["objective/scores"]),
            .init("KL to the reference", unit: "nats per response", ["objective/kl"]),
            .init("Length of responses", unit: "tokens", ["completions/mean_length"]),
            .init(
                "Variance that the critic explains", unit: "share", ["critic/vf_explained_var"],
                baseline: 0),
        ])

    public struct Configuration: ConfigurationSection, Equatable {
        /// What is learned; none where a replay brings its scores.
        public var rewards = PolicyRewards()
        public var rollouts = RolloutConfiguration(temperature: 0.7, maximumNewTokens: 53)
        /// The reference policy; nil: the policy as it was before training.
        public var reference: String?
        /// Responses sampled and learned from in one step.
        public var rolloutBatch = 64
        /// Passes over one batch of responses.
        public var ppoEpochs = 4
        /// Optimizer steps of one pass, on parts of nearly equal size.
        public var minibatches = 1
        /// β, the weight of the KL penalty.
        public var klCoefficient = 0.05
        public var klEstimator = KLEstimator.k1
        /// Nats per response that β is steered to; nil: β stays.
        public var targetKL: Double?
        public var clipRange = 0.2
        public var valueClipRange = 0.2
        public var valueCoefficient = 0.1
        /// γ
        public var discount = 1.0
        /// λ of generalised advantage estimation.
        public var lambda = 0.95
        /// Subtracted from the score of a response that did not end by itself.
        public var missingEOSPenalty: Double? = 1.0
        /// Rewards are scaled to unit variance, their mean kept.
        public var whitenRewards = false

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case rollouts, reference, minibatches, lambda
            /// A section, whose keys are at the same level as the others.
            case rewards = "rewards"
            case rolloutBatch = "rollout_batch"
            case ppoEpochs = "ppo_epochs"
            case klCoefficient = "kl_coefficient"
            case klEstimator = "kl_estimator"
            case targetKL = "target_kl"
            case clipRange = "clip_range"
            case valueClipRange = "value_clip_range"
            case valueCoefficient = "value_coefficient"
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
        ].merging(RolloutConfiguration.synonyms) { own, _ in own }

        public static let ranges: [String: SettingRange] = [
            "rollout_batch": .count, "ppo_epochs": .count, "minibatches": .count,
            "kl_coefficient": .atLeast(0), "target_kl": .above(0), "clip_range": .above(0),
            "value_clip_range": .above(0), "value_coefficient": .atLeast(0), "gamma": .share,
            "lambda": .share, "missing_eos_penalty": .atLeast(0),
        ]

        public func validate() throws {
            try InvalidSetting.check(
                minibatches <= rolloutBatch, CodingKeys.minibatches, expected: "at most rollout_batch",
                found: minibatches)
            try rollouts.curriculum.checkPassScore(isUsed: false)
        }
    }
}

// MARK: - The verb

extension PPO {
    public static func missingData(_ settings: TrainingSettings<PPO>) -> [InvalidSetting] {
        settings.method.rollouts.missing
    }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        rewards.inputs(of: configuration.rewards.selection) + .models(configuration.reference)
            + .data(configuration.rollouts.files)
    }

    public static func train(_ settings: TrainingSettings<PPO>, context: RunContext) throws -> TrainingResult
    {
        let (training, method) = (settings.training, settings.method)
        try refuseAccumulation(training)
        let rollouts = try RolloutTraining(
            settings, method.rollouts, usual: Configuration().rollouts, rewards: method.rewards.selection,
            demand: .init(responses: method.rolloutBatch), reference: .model(method.reference),
            context: context)
        return try rollouts.run { model in
            let objective = Objective(
                model: model, batchSize: training.batchSize, shuffles: training.shuffle,
                configuration: method)
            if let head = try objective.takeCritic(from: rollouts.policyFolder) {
                context.progress.note("the critic starts from \(head.path)")
            }
            return objective
        }
    }

    /// A minibatch accumulates by itself.
    private static func refuseAccumulation(_ training: TrainingConfiguration) throws {
        guard training.gradientAccumulationSteps == 1 else {
            throw InvalidSetting(
                "gradient_accumulation_steps",
                expected: "1: a step takes rollout_batch / minibatches responses, batch_size in one pass",
                found: "\(training.gradientAccumulationSteps)")
        }
    }
}
