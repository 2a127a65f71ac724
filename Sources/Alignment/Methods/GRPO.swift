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
import Runs
import Torch

public enum GRPO {
    public struct Configuration: ConfigurationSection, Equatable {
        /// How several rewards become one advantage.
        public enum Aggregation: String, Codable, Sendable, CaseIterable {
            /// The weighted sum is compared within the group.
            case sumThenNormalize = "sum_then_normalize"
            /// Each is compared within the group, their weighted sum is normalised over the batch (Liu et al., GDPO, 2026).
            case normalizeThenSum = "normalize_then_sum"
        }

        /// Annotators by name, `NAME[:key=value,…]`.
        public var rewards: [String] = []
        /// A reward model, after the rewards by name.
        public var rewardModel: String?
        /// One for each reward; nil: 1.
        public var rewardWeights: [Double]?
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

        public static let defaultLearningRate = 1e-6

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case rollouts, reference, objective
            case rewards = "reward"
            case rewardModel = "reward_model"
            case rewardWeights = "reward_weights"
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
            "reward_funcs": .name("reward"), "reward_model_path": .name("reward_model"),
            "reward_model_name_or_path": .name("reward_model"),
            "multi_objective_aggregation": .name("reward_aggregation"),
            "ref_model": .name("reference"), "ref_model_name_or_path": .name("reference"),
            "num_generations": .name("group_size"), "generation_batch_size": .name("rollout_batch"),
            "mask_truncated_completions": .name("mask_truncated"), "use_vllm": .ignored,
            "log_completions": .ignored, "num_completions_to_print": .ignored,
        ].merging(RolloutConfiguration.synonyms) { own, _ in own }

        public func validate() throws {
            try InvalidSetting.check(
                groupSize >= 2, CodingKeys.groupSize, expected: "at least 2", found: groupSize)
            for (key, value) in [
                (CodingKeys.iterations, iterations), (.rolloutBatch, rolloutBatch ?? 1),
                (.stepsPerGeneration, stepsPerGeneration ?? 1),
            ] {
                try InvalidSetting.check(value >= 1, key, expected: "at least 1", found: value)
            }
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

    /// Trains a policy on groups of responses, one optimizer step at a time.
    public final class Trainer: TrainingMethod {
        public let model: LanguageModel
        public let learner: Learner
        public private(set) var stepsDone = 0
        public private(set) var samples: [Rollout] = []
        public private(set) var unscoredResponses = 0
        public private(set) var lastRows: [Int] = []
        private let source: any RolloutSource
        private let measurer: RolloutMeasurer
        private let rewards: [WeightedReward]
        private let configuration: Configuration
        private let schedule: GenerationSchedule
        private let seeds: SeedSequence
        private var generation: Generation?

        /// - Parameters:
        ///   - source: of the responses, in generations.
        ///   - rewards: none where the responses bring recorded scores.
        public init(
            model: LanguageModel, source: any RolloutSource, measurer: RolloutMeasurer,
            rewards: [WeightedReward], learner: Learner, configuration: Configuration,
            schedule: GenerationSchedule, seeds: SeedSequence
        ) {
            self.model = model
            self.source = source
            self.measurer = measurer
            self.rewards = rewards
            self.learner = learner
            self.configuration = configuration
            self.schedule = schedule
            self.seeds = seeds
        }

        public func step() throws -> Metrics {
            let started = ContinuousClock.now
            samples = []
            var (current, metrics) = try generation.map { ($0, Metrics()) } ?? generate()
            let windows = current.microBatches.chunked(schedule.passesPerStep)
            let window = windows[current.stepsDone % windows.count]
            lastRows = window.joined().map(\.rollout.row)
            let counted = window.filter { !$0.isEmpty }
            let share = StepShare(
                microBatches: counted.count,
                tokens: Double(current.tokenCount * window.count) / Double(current.microBatches.count),
                maximumNewTokens: configuration.rollouts.maximumNewTokens)
            let parts = counted.map { accumulate($0, share: share) }
            if !parts.isEmpty {
                metrics = try learner.update(
                    loss: parts.reduce(0) { $0 + $1.loss },
                    Metrics.mean(of: parts.map(\.metrics)).following(metrics))
            }
            current.stepsDone += 1
            generation = current.stepsDone == windows.count * configuration.iterations ? nil : current
            stepsDone += 1
            metrics["step_time"] = (ContinuousClock.now - started) / .seconds(1)
            return metrics
        }

        /// Takes in responses and compares them.
        private func generate() throws -> (Generation, Metrics) {
            let seed = seeds.derived("step \(stepsDone)").derived("sampling").value
            let batch = try source.nextBatch(from: model, seed: seed)
            var rollouts = try measurer.measured(batch, underPolicy: measuresPolicy)
            learner.tokensSeen += rollouts.reduce(0) { $0 + $1.length }
            let scores = try RewardTable(of: rollouts, by: rewards)
            for (index, score) in scores.totals.enumerated() { rollouts[index].score = score }
            samples = rollouts
            unscoredResponses += rollouts.count { $0.score == nil }
            let comparison = Comparison(scores, rollouts, configuration)
            let microBatches = rollouts.indices.chunked(schedule.passSize).map { indices in
                indices.compactMap { index -> Experience? in
                    let rollout = rollouts[index]
                    guard let advantage = comparison.advantages[index],
                        rollout.isFinished || !configuration.masksTruncated
                    else { return nil }
                    return Experience(rollout: rollout, advantage: advantage)
                }
            }
            var metrics = scores.metrics.following(.completions(of: rollouts))
            metrics["frac_reward_zero_std"] = comparison.shareWithoutDifference
            if configuration.penalizesKL {
                let tokens = rollouts.reduce(0) { $0 + $1.response.count }
                metrics["kl"] = rollouts.reduce(0) { $0 + $1.kl } / Double(tokens)
            }
            metrics = configuration.objective.correction.metrics(of: rollouts).following(metrics)
            return (Generation(microBatches: microBatches), metrics)
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
            let scores = model.tokenScores(
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

        private func responseTokens(_ part: [Experience], _ scores: TokenScores) -> ResponseTokens {
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

        public var datasetCursor: BatchOrder.Cursor { source.cursor }
        public var epochsDone: Double { source.epochsDone }
        public func restore(_ cursor: BatchOrder.Cursor) -> Bool { source.restore(cursor) }
        public func saveModel(to folder: URL) throws { try model.saveTrained(to: folder) }
        public func restoreModel(from folder: URL) throws { try model.restoreTrained(from: folder) }

        /// Steps are kept beside the learner's updates: one without a single score is a step and no update.
        public var extraState: [String: Double] {
            get { ["steps": Double(stepsDone), "unscored": Double(unscoredResponses)] }
            set {
                stepsDone = newValue["steps"].map { Int($0) } ?? stepsDone
                unscoredResponses = newValue["unscored"].map { Int($0) } ?? unscoredResponses
            }
        }

        private static let generationFile = "generation.json"

        /// The generation that a checkpoint falls into: sampled by a policy that is no more.
        public func saveState(to folder: URL) throws {
            guard let generation else { return }
            let file = folder.appendingPathComponent(Self.generationFile)
            try AtomicFile.write(JSONEncoder().encode(generation), to: file)
        }

        public func restoreState(from folder: URL) throws {
            let file = folder.appendingPathComponent(Self.generationFile)
            guard FileSystem.exists(file) else { return }
            generation = try JSONDecoder().decode(Generation.self, from: Data(contentsOf: file))
        }
    }
}
