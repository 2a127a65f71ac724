// How PPO learns from a batch of responses: a few epochs over them, with a critic beside the policy.
import Files
import Foundation
import LanguageModels
import Models
import RandomNumbers
import Runs
import Statistics
import Torch
import Training

extension PPO {
    public final class Objective: RolloutObjective {
        public private(set) var lastRows: [Int] = []
        private let model: LanguageModel
        private let valueHead: ValueHead
        private let batchSize: Int
        private let shuffles: Bool
        private let configuration: Configuration
        private var controller: KLController

        /// - Parameters:
        ///   - batchSize: responses of one forward and backward pass.
        ///   - shuffles: whether every epoch takes the responses in an order of its own.
        public init(model: LanguageModel, batchSize: Int, shuffles: Bool = true, configuration: Configuration)
        {
            self.model = model
            self.batchSize = batchSize
            self.shuffles = shuffles
            self.configuration = configuration
            valueHead = ValueHead(hiddenSize: model.configuration.hiddenSize, device: model.device)
            controller = KLController(
                coefficient: configuration.klCoefficient, target: configuration.targetKL)
        }

        public var parameters: [NamedTensor] { valueHead.parameters }
        public var updatesPerStep: Int { configuration.ppoEpochs * configuration.minibatches }
        public var passesPerBatch: Int { configuration.ppoEpochs }

        public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
            var measured = try measurer.measured(rollouts, valueHead: valueHead)
            guard configuration.rollouts.replay == nil else { return measured }
            // The policy has just written them. What its decoder says of them differs by rounding, and ratios are to begin
            // at exactly 1, here and where the run is replayed.
            for index in measured.indices {
                measured[index].samplingLogProbabilities = measured[index].policyLogProbabilities.map(
                    Float.init)
            }
            return measured
        }

        public func step(_ step: RolloutStep) throws -> Metrics {
            let rollouts = step.rollouts ?? []
            lastRows = rollouts.map(\.row)
            step.learner.tokensSeen += rollouts.reduce(0) { $0 + $1.length }
            let experiences = experiences(rollouts)
            let unscored = Metrics(["completions/unscored": Double(rollouts.count - experiences.count)])
            // Where nothing was scored there is nothing to say of scores and KL, and nothing to steer by.
            let objective = experiences.isEmpty ? Metrics() : objectiveMetrics(experiences)
            let updates = try updates(on: experiences, step)
            if let kl = objective["objective/kl"] { controller.update(kl: kl, episodes: experiences.count) }
            let byReward = step.scores.columns.count > 1 ? step.scores.metricsByReward : Metrics()
            return byReward.following(unscored.following(objective).following(Metrics.mean(of: updates)))
                .taking(updates.last, "num_tokens", "learning_rate")
        }

        /// All optimizer steps of a batch. One whose minibatch is empty is left out, and the learning rate falls all the same.
        private func updates(on experiences: [Experience], _ step: RolloutStep) throws -> [Metrics] {
            var updates: [Metrics] = []
            for epoch in 0..<configuration.ppoEpochs {
                var ordered = experiences
                var random = RandomSource(seed: step.seeds.derived("epoch \(epoch)").value)
                if shuffles { random.shuffle(&ordered) }
                for minibatch in PPO.minibatches(of: ordered, count: configuration.minibatches) {
                    if minibatch.isEmpty {
                        step.learner.skipUpdate()
                    } else {
                        updates.append(try update(minibatch, step.learner))
                    }
                }
            }
            return updates
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
            for name in parts.first?.metrics.entries.map(\.name) ?? [] {
                metrics[name] = parts.reduce(0) { $0 + ($1.metrics[name] ?? 0) }
            }
            metrics["val/ratio_var"] = PPO.variance(parts.flatMap(\.ratios))
            let policyLoss = metrics["loss/policy_avg"] ?? 0
            let valueLoss = metrics["loss/value_avg"] ?? 0
            return try learner.update(loss: policyLoss + configuration.valueCoefficient * valueLoss, metrics)
        }

        /// Adds the gradient of part of a minibatch. Every metric is that part's share of the minibatch's mean.
        private func accumulate(
            _ part: [Experience], count: Int, _ learner: Learner
        ) -> (metrics: Metrics, ratios: [Double]) {
            let batch = RolloutBatch(part.map(\.rollout))
            let scores = model.tokenLikelihoods(
                of: batch.packed, counts: batch.counts, temperature: configuration.rollouts.temperature)
            let values = valueHead(scores.hiddenStates)
            let tensor = { (rows: [[Double]]) in
                Tensor(rows.flatMap { $0.map(Float.init) }, on: self.model.device)
            }
            let old = Tensor(part.flatMap(\.rollout.samplingLogProbabilities), on: model.device)
            let advantages = tensor(part.map(\.advantages))
            let (oldValues, returns) = (tensor(part.map(\.rollout.values)), tensor(part.map(\.returns)))
            let policyLoss = PPO.policyLoss(
                logProbabilities: scores.logProbabilities, old: old, advantages: advantages,
                clipRange: configuration.clipRange, count: count)
            let valueLoss = PPO.valueLoss(
                values: values, old: oldValues, returns: returns, clipRange: configuration.valueClipRange,
                count: count)
            (policyLoss + valueLoss * configuration.valueCoefficient).backward()
            return withoutGradients {
                let update = Update(
                    logProbabilities: scores.logProbabilities, oldLogProbabilities: old,
                    entropies: scores.entropies, advantages: advantages, values: values,
                    oldValues: oldValues, returns: returns)
                let losses = Metrics([
                    "loss/policy_avg": policyLoss.item(), "loss/value_avg": valueLoss.item(),
                ])
                return (
                    PPO.metrics(update, configuration, count: count).following(losses),
                    (scores.logProbabilities - old).doubles().map { exp($0) }
                )
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
                "objective/scores": mean(scores),
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

        private static func valueHeadFile(in folder: URL) -> URL {
            folder.appendingPathComponent("value_head.safetensors")
        }

        /// Begins with the critic that a former run of PPO left beside the policy in `folder`; its file, where there is one.
        func takeCritic(from folder: URL) throws -> URL? {
            let file = Self.valueHeadFile(in: folder)
            guard FileSystem.exists(file) else { return nil }
            try restoreLearned(from: folder)
            return file
        }

        public func saveLearned(to folder: URL) throws {
            try TensorFile.write(valueHead.parameters, to: Self.valueHeadFile(in: folder))
        }

        public func restoreLearned(from folder: URL) throws {
            try TensorFile.restore(valueHead.parameters, from: Self.valueHeadFile(in: folder))
        }
    }
}
