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
import Datasets
import Files
import Foundation
import LanguageModels
import Models
import Rewards
import Settings
import Torch
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
        public var scale = AdvantageScale.group
        /// Whether advantages are normalised over the generation in the end.
        public var normalizesAdvantages = false
        /// Responses of one generation; nil: those of one optimizer step.
        public var rolloutBatch: Int?
        /// The same in passes of `batch_size`.
        public var stepsPerGeneration: Int?
        /// Times that a generation is learned from.
        public var iterations = 1
        public var masksTruncated = false
        public var objective = Objective()

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case rollouts, reference, objective
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
            "group_size": .within(2...1e6), "rollout_batch": .count, "steps_per_generation": .count,
            "num_iterations": .count,
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
        }
    }

    /// A response to learn from.
    struct Experience: Codable {
        let rollout: Rollout
        let advantage: Double
    }

    /// Responses that are learned from together, in micro-batches.
    struct Generation: Codable {
        let microBatches: [[Experience]]
        /// Optimizer steps taken on them.
        var stepsDone = 0

        var tokenCount: Int {
            microBatches.joined().reduce(0) { $0 + $1.rollout.response.count }
        }
    }

    /// Learns from groups of responses, one optimizer step at a time.
    public final class GroupObjective: RolloutObjective {
        public private(set) var lastRows: [Int] = []
        private let model: LanguageModel
        private let configuration: Configuration
        private let schedule: Schedule
        private var generation: Generation?

        public init(model: LanguageModel, configuration: Configuration, schedule: Schedule) {
            self.model = model
            self.configuration = configuration
            self.schedule = schedule
        }

        public var needsRollouts: Bool { generation == nil }
        public var stepsPerBatch: Int { schedule.stepsPerIteration * configuration.iterations }
        public var passesPerBatch: Int { configuration.iterations }
        public var addsGradients: Bool { schedule.passesPerStep > 1 }

        public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
            try measurer.measured(rollouts, underPolicy: measuresPolicy)
        }

        public func step(_ step: RolloutStep) throws -> Metrics {
            var metrics = Metrics()
            if let rollouts = step.rollouts {
                step.learner.tokensSeen += rollouts.reduce(0) { $0 + $1.length }
                metrics = generate(from: rollouts, step.scores)
            }
            guard var current = generation else { preconditionFailure("a step without responses") }
            let windows = current.microBatches.chunked(schedule.passesPerStep)
            let window = windows[current.stepsDone % windows.count]
            lastRows = window.joined().map(\.rollout.row)
            let counted = window.filter { !$0.isEmpty }
            let share = StepShare(
                microBatches: counted.count,
                tokens: Double(current.tokenCount * window.count) / Double(current.microBatches.count),
                maximumNewTokens: configuration.rollouts.maximumNewTokens)
            let parts = counted.map { accumulate($0, share: share) }
            if parts.isEmpty {
                step.learner.skipUpdate()
            } else {
                metrics = try step.learner.update(
                    loss: parts.reduce(0) { $0 + $1.loss },
                    Metrics.mean(of: parts.map(\.metrics)).following(metrics))
            }
            current.stepsDone += 1
            generation = current.stepsDone == windows.count * configuration.iterations ? nil : current
            metrics["step_time"] = (ContinuousClock.now - step.began) / .seconds(1)
            return metrics
        }

        /// Takes in responses and compares them.
        private func generate(from rollouts: [Rollout], _ scores: RewardTable) -> Metrics {
            let comparison = Comparison(scores, rollouts, configuration)
            generation = Generation(
                microBatches: rollouts.indices.chunked(schedule.passSize).map { indices in
                    indices.compactMap { index -> Experience? in
                        let rollout = rollouts[index]
                        guard let advantage = comparison.advantages[index],
                            rollout.isFinished || !configuration.masksTruncated
                        else { return nil }
                        return Experience(rollout: rollout, advantage: advantage)
                    }
                })
            var metrics = scores.metrics.following(.completions(of: rollouts))
            metrics["frac_reward_zero_std"] = comparison.shareWithoutDifference
            if configuration.penalizesKL {
                let tokens = rollouts.reduce(0) { $0 + $1.response.count }
                metrics["kl"] = rollouts.reduce(0) { $0 + $1.kl } / Double(tokens)
            }
            return configuration.objective.correction.metrics(of: rollouts).following(metrics)
        }

        /// Whether the policy's log-probabilities before learning are needed.
        private var measuresPolicy: Bool {
            schedule.stepsPerIteration * configuration.iterations > 1 || configuration.penalizesKL
                || configuration.objective.correction.mode != nil
        }

        /// Adds the gradient of a micro-batch.
        private func accumulate(_ part: [Experience], share: StepShare) -> (loss: Double, metrics: Metrics) {
            let objective = configuration.objective
            let batch = RolloutBatch(part.map(\.rollout))
            let scores = model.tokenLikelihoods(
                of: batch.packed, counts: batch.counts, temperature: configuration.rollouts.temperature)
            let tokens = responseTokens(part, scores)
            let surrogate = GRPO.surrogate(tokens, objective)
            let policyLoss = GRPO.loss(surrogate, tokens, objective, share: share)
            var metrics = withoutGradients { GRPO.metrics(surrogate, tokens, objective) }
            guard objective.entropyCoefficient != 0 else {
                policyLoss.backward()
                return (policyLoss.item(), metrics)
            }
            let entropy = GRPO.entropy(surrogate, tokens, share: share)
            let loss = policyLoss - entropy * objective.entropyCoefficient
            loss.backward()
            metrics["policy_loss"] = policyLoss.item() * Double(share.microBatches)
            return (loss.item(), metrics)
        }

        private func responseTokens(_ part: [Experience], _ scores: TokenLikelihoods) -> ResponseTokens {
            func tensor(_ values: [Double]) -> Tensor { Tensor(values.map(Float.init), on: model.device) }
            let rollouts = part.map(\.rollout)
            let reference = rollouts.flatMap(\.referenceLogProbabilities)
            let weights = rollouts.compactMap { rollout in
                configuration.objective.correction.weights(of: rollout).map { weights in
                    weights.count == 1
                        ? Array(repeating: weights[0], count: rollout.response.count) : weights
                }
            }
            return ResponseTokens(
                logProbabilities: scores.logProbabilities, entropies: scores.entropies,
                old: measuresPolicy ? tensor(rollouts.flatMap(\.policyLogProbabilities)) : nil,
                sampling: Tensor(rollouts.flatMap(\.samplingLogProbabilities), on: model.device),
                reference: reference.isEmpty || configuration.penalizesKL ? nil : tensor(reference),
                advantages: tensor(part.map(\.advantage)),
                weights: weights.isEmpty ? nil : tensor(weights.flatMap(\.self)),
                lengths: rollouts.map(\.response.count))
        }

        // MARK: Saving

        private static let generationFile = "generation.json"

        /// The generation that a checkpoint falls into: sampled by a policy that no longer exists.
        public func saveState(to folder: URL) throws {
            guard let generation else { return }
            let file = folder.appendingPathComponent(Self.generationFile)
            try AtomicFile.write(encoding: generation, to: file)
        }

        public func restoreState(from folder: URL) throws {
            let file = folder.appendingPathComponent(Self.generationFile)
            guard FileSystem.exists(file) else { return }
            generation = try FileSystem.decode(Generation.self, from: file)
        }
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
        settings.method.objective.resolve()
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
            demand: .init(responses: schedule.generationSize, groupSize: method.groupSize),
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
