// One optimizer step of PPO: the losses of a minibatch, their gradients, and what they measure.
import Foundation
import LanguageModels
import Torch
import Training

extension PPO {
    /// One optimizer step on a minibatch.
    struct Update {
        private let minibatch: [Experience]
        private let objective: Objective
        /// False while only the critic learns.
        private let learnsPolicy: Bool
        /// Tokens of the minibatch.
        private let count: Int

        init(_ minibatch: [Experience], of objective: Objective, learnsPolicy: Bool) {
            self.minibatch = minibatch
            self.objective = objective
            self.learnsPolicy = learnsPolicy
            count = minibatch.reduce(0) { $0 + $1.rollout.response.count }
        }

        private var configuration: Configuration { objective.configuration }
        /// What the value loss is multiplied by.
        private var valueWeight: Double { objective.critic.isHead ? configuration.valueCoefficient : 1 }

        func take(_ learner: Learner) throws -> Metrics {
            let sorted = minibatch.sorted { $0.rollout.length < $1.rollout.length }
            let parts = sorted.chunked(objective.batchSize).map { accumulate(Array($0)) }
            var metrics = Metrics()
            for name in parts.first?.metrics.entries.map(\.name) ?? [] {
                metrics[name] = parts.reduce(0) { $0 + ($1.metrics[name] ?? 0) }
            }
            let valueLoss = valueWeight * (metrics["loss/value_avg"] ?? 0)
            guard learnsPolicy else {
                learner.skipUpdate()
                metrics["num_tokens"] = Double(learner.tokensSeen)
                return try objective.critic.update(loss: valueLoss).following(metrics)
            }
            metrics["val/ratio_var"] = PPO.variance(parts.flatMap(\.ratios))
            var loss = policyLoss(metrics) + (objective.critic.isHead ? valueLoss : 0)
            if let mix = objective.pretraining?.accumulate(on: objective.model) {
                metrics["loss/ptx_avg"] = mix.likelihood
                learner.tokensSeen += mix.tokens
                loss += mix.loss
            }
            let taken = try learner.update(loss: loss, metrics)
            return try objective.critic.update(loss: valueLoss).following(taken)
        }

        /// What the policy minimises, of its parts.
        private func policyLoss(_ parts: Metrics) -> Double {
            var loss = parts["loss/policy_avg"] ?? 0
            if let kl = parts["loss/kl_avg"] { loss += objective.controller.coefficient * kl }
            if configuration.entropyCoefficient > 0 {
                loss -= configuration.entropyCoefficient * (parts["policy/entropy_avg"] ?? 0)
            }
            return loss
        }

        // MARK: Part of a minibatch

        /// Tensors of a part's tokens, [C] each.
        private struct Tokens {
            let batch: RolloutBatch
            /// Log-probabilities under the policy that drew them.
            let old: Tensor
            let reference: Tensor
            let advantages: Tensor
            let oldValues: Tensor
            let returns: Tensor

            init(_ part: [Experience], on device: Device) {
                func tensor(_ values: [[Double]]) -> Tensor {
                    Tensor(values.flatMap { $0.map(Float.init) }, on: device)
                }
                batch = RolloutBatch(part.map(\.rollout))
                old = Tensor(part.flatMap(\.rollout.samplingLogProbabilities), on: device)
                reference = tensor(part.map(\.rollout.referenceLogProbabilities))
                advantages = tensor(part.map(\.advantages))
                oldValues = tensor(part.map(\.rollout.values))
                returns = tensor(part.map(\.returns))
            }
        }

        /// Adds the gradient of part of a minibatch. Every metric is that part's share of the minibatch's mean.
        private func accumulate(_ part: [Experience]) -> (metrics: Metrics, ratios: [Double]) {
            let tokens = Tokens(part, on: objective.model.device)
            let (likelihoods, record) = objective.model.recordingRouting {
                self.likelihoods(of: tokens.batch)
            }
            let policy = learnsPolicy ? likelihoods.map { policyTerms($0, tokens, record) } : nil
            // A network has a graph of its own: the policy's is let go before it is built.
            if !objective.critic.isHead { policy?.loss.backward() }
            let values = objective.critic.values(of: tokens.batch, states: likelihoods?.hiddenStates)
            let valueLoss = PPO.valueLoss(
                values: values, old: tokens.oldValues, returns: tokens.returns,
                clipRange: configuration.valueClipRange, count: count)
            let weighted = valueLoss * valueWeight
            (objective.critic.isHead ? policy.map { $0.loss + weighted } ?? weighted : weighted).backward()
            return withoutGradients {
                var metrics = PPO.valueMetrics(
                    values: values, old: tokens.oldValues, returns: tokens.returns,
                    clipRange: configuration.valueClipRange, count: count)
                metrics["loss/value_avg"] = valueLoss.item()
                guard let policy, let likelihoods else { return (metrics, []) }
                let moved = PPO.policyMetrics(
                    logProbabilities: likelihoods.logProbabilities, old: tokens.old,
                    entropies: likelihoods.entropies, advantages: tokens.advantages, configuration,
                    count: count)
                let ratios = (likelihoods.logProbabilities - tokens.old).doubles().map { exp($0) }
                return (metrics.following(policy.parts.following(moved)), ratios)
            }
        }

        /// What the policy says of the tokens: without gradients while it does not learn, nil where nobody reads it then.
        private func likelihoods(of batch: RolloutBatch) -> TokenLikelihoods? {
            func measured() -> TokenLikelihoods {
                objective.model.tokenLikelihoods(
                    of: batch.packed, counts: batch.counts, temperature: configuration.rollouts.temperature)
            }
            if learnsPolicy { return measured() }
            return objective.critic.isHead ? withoutGradients(measured) : nil
        }

        /// What the policy minimises on these tokens, and the parts of it that carry no weight yet.
        private func policyTerms(
            _ scores: TokenLikelihoods, _ tokens: Tokens, _ record: RouterRecord?
        ) -> (loss: Tensor, parts: Metrics) {
            let surrogate = PPO.policyLoss(
                logProbabilities: scores.logProbabilities, old: tokens.old, advantages: tokens.advantages,
                clipRange: configuration.clipRange, dualClip: configuration.dualClip, count: count)
            var (loss, parts) = (surrogate, Metrics(["loss/policy_avg": surrogate.item()]))
            if configuration.klPlacement == .loss {
                let kl =
                    configuration.klEstimator.loss(
                        logProbabilities: scores.logProbabilities, old: tokens.old,
                        reference: tokens.reference
                    ).sum() / Double(count)
                loss = loss + kl * objective.controller.coefficient
                parts["loss/kl_avg"] = kl.item()
            }
            if configuration.entropyCoefficient > 0 {
                loss = loss - scores.entropies.sum() * (configuration.entropyCoefficient / Double(count))
            }
            if let record {
                let share = Double(scores.logProbabilities.count) / Double(count)
                let router = RouterLoss(record, of: objective.model, share: share)
                loss = router.loss.map { loss + $0 } ?? loss
                for entry in router.metrics.entries { parts[entry.name] = entry.value * share }
            }
            return (loss, parts)
        }
    }
}
