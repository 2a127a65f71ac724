// Proximal policy optimisation on a reward (Schulman et al., "Proximal Policy Optimization Algorithms", 2017, equations 7
// and 9; Ziegler et al., "Fine-Tuning Language Models from Human Preferences", 2019; details after Huang et al., "The N+
// Implementation Details of RLHF with PPO", 2024).
//
// A step samples a batch of responses, scores them, and takes a few epochs over them.
//   * The score is added at the response's last token, wherever that is; every token pays β·KL to the reference.
//   * The critic is a scalar head on the policy's own hidden states, zero at the start (Ziegler et al.); their gradients
//     reach the policy's weights through `valueCoefficient`.
//   * Policy, reference and update all divide logits by the sampling temperature; filters that change the distribution
//     (top-k, top-p, …) are refused, so that ratios are 1 before the first update.
//   * Averages are over counted tokens of a whole minibatch: padding does not exist and accumulation changes nothing.
import Datasets
import Foundation
import LanguageModels
import Models
import RandomNumbers
import Rewards
import Runs
import Settings
import Statistics
import Torch
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
        /// Optimizer steps of one pass.
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
        }
    }

    /// Learns from a batch of responses in a few epochs, with a critic beside the policy.
    public final class Objective: RolloutObjective {
        public private(set) var lastRows: [Int] = []
        private let model: LanguageModel
        private let valueHead: ValueHead
        private let batchSize: Int
        private let configuration: Configuration
        private var controller: KLController

        /// - Parameter batchSize: responses of one forward and backward pass.
        public init(model: LanguageModel, batchSize: Int, configuration: Configuration) {
            self.model = model
            self.batchSize = batchSize
            self.configuration = configuration
            valueHead = ValueHead(hiddenSize: model.configuration.hiddenSize, device: model.device)
            controller = KLController(
                coefficient: configuration.klCoefficient, target: configuration.targetKL)
        }

        public var parameters: [NamedTensor] { valueHead.parameters }
        public var updatesPerStep: Int { configuration.ppoEpochs * configuration.minibatches }

        public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
            try measurer.measured(rollouts, valueHead: valueHead)
        }

        public func step(_ step: RolloutStep) throws -> Metrics {
            let rollouts = step.rollouts ?? []
            lastRows = rollouts.map(\.row)
            let experiences = experiences(rollouts)
            let byReward = step.scores.columns.count > 1 ? step.scores.metricsByReward : Metrics()
            let unscored = Double(rollouts.count - experiences.count)
            let objective = Metrics(["completions/unscored": unscored])
                .following(objectiveMetrics(experiences))
            var updates: [Metrics] = []
            for epoch in 0..<configuration.ppoEpochs {
                var shuffled = experiences
                var random = RandomSource(seed: step.seeds.derived("epoch \(epoch)").value)
                random.shuffle(&shuffled)
                let size = (shuffled.count + configuration.minibatches - 1) / configuration.minibatches
                for minibatch in shuffled.chunked(max(1, size)) {
                    updates.append(try update(Array(minibatch), step.learner))
                }
            }
            controller.update(kl: objective["objective/kl"] ?? 0, episodes: rollouts.count)
            return byReward.following(objective.following(Metrics.mean(of: updates))).taking(
                updates.last, "num_tokens", "learning_rate")
        }

        /// Rewards, advantages and returns of all responses that have a score.
        private func experiences(_ rollouts: [Rollout]) -> [Experience] {
            let scored = rollouts.filter { $0.score != nil }
            var rewards = scored.map { rollout in
                PPO.rewards(
                    score: penalizedScore(rollout), policy: rollout.policyLogProbabilities,
                    reference: rollout.referenceLogProbabilities, estimator: configuration.klEstimator,
                    coefficient: controller.coefficient)
            }
            if configuration.whitenRewards { rewards = whitened(rewards, shiftingMean: false) }
            let estimates = zip(scored, rewards).map { rollout, rewards in
                generalizedAdvantages(
                    rewards: rewards, values: rollout.values, discount: configuration.discount,
                    lambda: configuration.lambda)
            }
            let advantages = whitened(estimates.map(\.advantages))
            return scored.indices.map {
                Experience(rollout: scored[$0], advantages: advantages[$0], returns: estimates[$0].returns)
            }
        }

        private func penalizedScore(_ rollout: Rollout) -> Double {
            (rollout.score ?? 0) - (rollout.isFinished ? 0 : configuration.missingEOSPenalty ?? 0)
        }

        /// One optimizer step on a minibatch.
        private func update(_ minibatch: [Experience], _ learner: Learner) throws -> Metrics {
            let count = minibatch.reduce(0) { $0 + $1.rollout.response.count }
            let sorted = minibatch.sorted { $0.rollout.length < $1.rollout.length }
            let parts = sorted.chunked(batchSize).map { part in
                accumulate(Array(part), count: count, learner)
            }
            var metrics = Metrics()
            for name in parts.first?.entries.map(\.name) ?? [] {
                metrics[name] = parts.reduce(0) { $0 + ($1[name] ?? 0) }
            }
            metrics["val/ratio_var"] = (metrics["val/ratio_var"] ?? 0) - pow(metrics["val/ratio"] ?? 0, 2)
            let policyLoss = metrics["loss/policy_avg"] ?? 0
            let valueLoss = metrics["loss/value_avg"] ?? 0
            return try learner.update(loss: policyLoss + configuration.valueCoefficient * valueLoss, metrics)
        }

        /// Adds the gradient of part of a minibatch. Every metric is that part's share of the minibatch's mean;
        /// `val/ratio_var` is its share of the mean square.
        private func accumulate(_ part: [Experience], count: Int, _ learner: Learner) -> Metrics {
            let batch = RolloutBatch(part.map(\.rollout))
            let scores = model.tokenLikelihoods(
                of: batch.packed, counts: batch.counts, temperature: configuration.rollouts.temperature)
            let values = valueHead(scores.hiddenStates)
            let tensor = { (rows: [[Double]]) in
                Tensor(rows.flatMap { $0.map(Float.init) }, on: self.model.device)
            }
            let old = tensor(part.map(\.rollout.policyLogProbabilities))
            let advantages = tensor(part.map(\.advantages))
            let (oldValues, returns) = (tensor(part.map(\.rollout.values)), tensor(part.map(\.returns)))
            let policyLoss = PPO.policyLoss(
                logProbabilities: scores.logProbabilities, old: old, advantages: advantages,
                clipRange: configuration.clipRange, count: count)
            let valueLoss = PPO.valueLoss(
                values: values, old: oldValues, returns: returns, clipRange: configuration.valueClipRange,
                count: count)
            (policyLoss + valueLoss * configuration.valueCoefficient).backward()
            learner.tokensSeen += part.reduce(0) { $0 + $1.rollout.length }
            return withoutGradients {
                PPO.metrics(
                    Update(
                        logProbabilities: scores.logProbabilities, oldLogProbabilities: old,
                        entropies: scores.entropies, advantages: advantages, values: values,
                        oldValues: oldValues, returns: returns),
                    configuration, count: count
                ).following(
                    Metrics(["loss/policy_avg": policyLoss.item(), "loss/value_avg": valueLoss.item()]))
            }
        }

        /// What was asked of the policy and how it did, before the update.
        private func objectiveMetrics(_ experiences: [Experience]) -> Metrics {
            let rollouts = experiences.map(\.rollout)
            let mean = { (values: [Double]) in Moments(values).mean }
            let penalties = rollouts.map { rollout in
                PPO.rewards(
                    score: 0, policy: rollout.policyLogProbabilities,
                    reference: rollout.referenceLogProbabilities,
                    estimator: configuration.klEstimator, coefficient: controller.coefficient
                ).reduce(0, +)
            }
            let scores = rollouts.map(penalizedScore)
            return Metrics([
                "objective/kl": mean(rollouts.map(\.kl)),
                "objective/kl_coefficient": controller.coefficient,
                "objective/entropy": mean(rollouts.map { -$0.policyLogProbabilities.reduce(0, +) }),
                "objective/non_score_reward": mean(penalties),
                "objective/rlhf_reward": mean(scores) + mean(penalties),
                "objective/scores": mean(rollouts.compactMap(\.score)),
                "val/num_eos_tokens": Double(rollouts.count { $0.isFinished }),
                "completions/mean_length": mean(rollouts.map { Double($0.response.count) }),
                "critic/vf_explained_var": PPO.explainedVariance(experiences),
            ])
        }

        // MARK: Saving

        public var extraState: [String: Double] {
            get { ["kl_coefficient": controller.coefficient] }
            set {
                if let coefficient = newValue["kl_coefficient"] {
                    controller.restore(coefficient: coefficient)
                }
            }
        }

        private static let valueHeadFile = "value_head.safetensors"

        public func saveLearned(to folder: URL) throws {
            try TensorFile.write(valueHead.parameters, to: folder.appendingPathComponent(Self.valueHeadFile))
        }

        public func restoreLearned(from folder: URL) throws {
            try TensorFile.restore(
                valueHead.parameters, from: folder.appendingPathComponent(Self.valueHeadFile))
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
            settings, method.rollouts, rewards: method.rewards.selection,
            demand: .init(responses: method.rolloutBatch), reference: .model(method.reference),
            context: context)
        return try rollouts.run(
            Objective(model: rollouts.model, batchSize: training.batchSize, configuration: method))
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
