// Group-relative policy optimisation and its family (Shao et al., "DeepSeekMath", 2024, equations 3 and 21; variants as
// named in GRPO+Objective.swift): several responses to each prompt, each measured by how it compares to the others. No
// critic.
//
// A generation of responses is sampled, scored, and learned from in micro-batches: `batch_size` responses a pass,
// `gradient_accumulation_steps` passes an optimizer step, `num_iterations` times through.
//   * The policy's old log-probabilities are measured only where a generation outlives one step; within one step the ratio
//     is 1 by definition and carries the gradient.
//   * A response without a reward has no part in baseline, loss and denominators. With `mask_truncated` one that was cut
//     off has its part in the baseline only.
//   * All logits are divided by the sampling temperature, in sampling and in learning.
//   * With `refills` groups that teach nothing are replaced before anything is learned (DAPO's dynamic sampling).
//
// Relatives are settings: MaxRL `scale_rewards: mean`; ReMax `baseline: greedy`; REINFORCE++ `baseline: none` with
// `normalize_advantages`, its variant with a baseline `scale_rewards: none` with the same; RLOO `loss: rloo`.
import Models
import Rewards
import Settings
import Training

public enum GRPO: TrainingMethod {
    public static let name = "grpo"
    public static let title = "group-relative policy optimisation"
    public static let defaultLearningRate = 1e-6
    public static let adapterLearningRate = 1e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The reward should rise while answers keep their length and their entropy. The loss says nothing: it is "
            + "near zero by construction. Prompts whose answers all have the same reward teach nothing.",
        shown: ["reward", "completions/mean_length"], lossShouldFall: false,
        curves: [
            .init("Reward", unit: "reward", ["reward"]),
            .init("KL to the reference", unit: "nats per token", ["kl"]),
            .init("Prompts without a difference", unit: "share", ["frac_reward_zero_std"]),
            .init("Length of responses", unit: "tokens", ["completions/mean_length"]),
            .init("Entropy", unit: "nats per token", ["entropy"]),
        ])

    public struct Configuration: ConfigurationSection, Equatable {
        /// How several rewards become one advantage.
        public enum Aggregation: String, Codable, Sendable, CaseIterable {
            /// The weighted sum is compared within the group.
            case sumThenNormalize = "sum_then_normalize"
            /// Each is compared within the group, their weighted sum is normalised over the batch (Liu et al., GDPO, 2026).
            case normalizeThenSum = "normalize_then_sum"
        }

        /// What is learned; none where a replay brings its scores.
        public var rewards = PolicyRewards()
        public var aggregation = Aggregation.sumThenNormalize
        /// The lowest and the highest sum of rewards that counts.
        public var rewardClipRange: [Double]?
        public var rollouts = RolloutConfiguration(temperature: 1, maximumNewTokens: 512)
        /// The reference policy, where β is not 0; nil: the policy as it was before training.
        public var reference: String?
        /// G, responses to each prompt.
        public var groupSize = 8
        /// What a score is compared with; nil: the group's mean, for `rloo` that of the others.
        public var baseline: AdvantageBaseline?
        /// What the difference is divided by; nil: the group's deviation, where the baseline is its mean.
        public var scale: AdvantageScale?
        /// Whether advantages are normalised over the generation in the end.
        public var normalizesAdvantages = false
        /// Responses of one generation; nil: those of one optimizer step.
        public var rolloutBatch: Int?
        /// The same in passes of `batch_size`.
        public var stepsPerGeneration: Int?
        /// Times that a generation is learned from.
        public var iterations = 1
        public var masksTruncated = false
        /// How often in a step groups that teach nothing are replaced by those of further prompts, at most.
        public var refills = 0
        public var objective = Objective()

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case rollouts, reference, baseline, refills, objective
            /// A section, whose keys are at the same level as the others.
            case rewards = "rewards"
            case aggregation = "reward_aggregation"
            case rewardClipRange = "reward_clip_range"
            case groupSize = "group_size"
            case scale = "scale_rewards"
            case normalizesAdvantages = "normalize_advantages"
            case rolloutBatch = "rollout_batch"
            case stepsPerGeneration = "steps_per_generation"
            case iterations = "num_iterations"
            case masksTruncated = "mask_truncated"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "multi_objective_aggregation": .name("reward_aggregation"),
            "ref_model": .name("reference"), "ref_model_name_or_path": .name("reference"),
            "num_generations": .name("group_size"), "generation_batch_size": .name("rollout_batch"),
            "mask_truncated_completions": .name("mask_truncated"), "use_vllm": .ignored,
            "log_completions": .ignored, "num_completions_to_print": .ignored,
        ].merging(RolloutConfiguration.synonyms) { own, _ in own }
            .merging(samplingElsewhere) { own, _ in own }

        public static let ranges: [String: SettingRange] = [
            "group_size": .count, "rollout_batch": .count, "steps_per_generation": .count,
            "num_iterations": .count, "refills": .within(0...1000),
        ]

        public func validate() throws {
            if let range = rewardClipRange {
                try InvalidSetting.check(
                    range.count == 2 && range[0] <= range[1], CodingKeys.rewardClipRange,
                    expected: "the lowest and the highest", found: "\(range)")
            }
            try InvalidSetting.check(
                reference == nil || objective.klWeight != 0, CodingKeys.reference,
                expected: "none where beta is 0", found: reference ?? "")
            try InvalidSetting.check(
                objective.loss != .rloo || aggregation == .sumThenNormalize, CodingKeys.aggregation,
                expected: "sum_then_normalize beside the loss rloo", found: aggregation.rawValue)
            try validateComparison()
            try validateSampling()
        }

        /// That baseline, scale and group go together.
        private func validateComparison() throws {
            try InvalidSetting.check(
                groupSize > 1 || comparedWith == .greedy || comparedWith == .zero, CodingKeys.groupSize,
                expected:
                    "at least 2, as a response is compared with the others to its prompt, or baseline greedy or none",
                found: groupSize)
            try InvalidSetting.check(
                comparedWith == .group || usedScale == .unscaled, CodingKeys.scale,
                expected: "none beside the baseline \(comparedWith.rawValue)", found: usedScale.rawValue)
            let isByGroup = comparedWith == .group && usedScale == .group
            try InvalidSetting.check(
                aggregation == .sumThenNormalize || isByGroup, CodingKeys.aggregation,
                expected: "sum_then_normalize beside another baseline or scale than group",
                found: aggregation.rawValue)
        }

        /// That what is drawn can be drawn.
        private func validateSampling() throws {
            try InvalidSetting.check(
                refills == 0 || rollouts.replay == nil, CodingKeys.refills,
                expected: "0 beside replay, which has no further prompts", found: refills)
            try InvalidSetting.check(
                refills == 0 || comparedWith != .zero, CodingKeys.refills,
                expected: "0 beside the baseline none, by which every response teaches something",
                found: refills)
            try InvalidSetting.check(
                comparedWith != .greedy || rollouts.replay == nil, CodingKeys.baseline,
                expected: "another baseline beside replay, which has no most probable responses",
                found: comparedWith.rawValue)
        }

        /// Says what scores are compared with, and what the difference is divided by.
        public mutating func resolve() {
            objective.resolve()
            baseline = comparedWith
            scale = usedScale
        }

        var comparedWith: AdvantageBaseline { baseline ?? (objective.loss == .rloo ? .others : .group) }
        var usedScale: AdvantageScale { scale ?? (comparedWith == .group ? .group : .unscaled) }
    }
}

// MARK: - The verb

extension GRPO {
    public static func missingData(_ settings: TrainingSettings<GRPO>) -> [InvalidSetting] {
        settings.method.rollouts.missing
    }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        rewards.inputs(of: configuration.rewards.selection) + .models(configuration.reference)
            + .data(configuration.rollouts.files)
    }

    public static func resolve(_ settings: inout TrainingSettings<GRPO>) {
        settings.method.resolve()
        // What does not go together is refused when it is used.
        guard let schedule = try? Schedule(settings.training, settings.method) else { return }
        settings.method.rolloutBatch = schedule.generationSize
        settings.method.stepsPerGeneration = schedule.generationSize / settings.training.batchSize
    }

    public static func train(_ settings: TrainingSettings<GRPO>, context: RunContext) throws -> TrainingResult
    {
        let method = settings.method
        let schedule = try Schedule(settings.training, method)
        let rollouts = try RolloutTraining(
            settings, method.rollouts, usual: Configuration().rollouts,
            limitIsLearned: method.objective.loss == .drGRPO, rewards: method.rewards.selection,
            demand: .init(
                responses: schedule.generationSize, groupSize: method.groupSize, mayGrow: method.refills > 0),
            reference: method.objective.klWeight == 0 ? .none : .model(method.reference), context: context)
        if method.rollouts.replay != nil, !method.objective.usesSampling {
            context.progress.note(
                "the recorded log-probabilities are not learned from: ratios are to the policy as it takes the "
                    + "responses in; --sampler-correction weighs responses of another sampler")
        }
        return try rollouts.run {
            GroupObjective(model: $0, configuration: method, schedule: schedule)
        }
    }
}
