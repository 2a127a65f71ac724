// How GRPO learns from a generation of responses: one optimizer step after the other, some micro-batches each.
import Files
import Foundation
import LanguageModels
import Rewards
import Statistics
import Torch
import Training

extension GRPO {
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
        private var entropyControl: EntropyControl

        public init(model: LanguageModel, configuration: Configuration, schedule: Schedule) {
            self.model = model
            self.configuration = configuration
            self.schedule = schedule
            entropyControl = EntropyControl(configuration.objective.entropy)
        }

        public var needsRollouts: Bool { generation == nil }
        public var stepsPerBatch: Int { schedule.stepsPerIteration * configuration.iterations }
        public var passesPerBatch: Int { configuration.iterations }
        public var addsGradients: Bool { schedule.passesPerStep > 1 }
        public var comparesWithGreedy: Bool { configuration.comparedWith == .greedy }
        public var dynamicSampling: DynamicSampling? {
            guard configuration.refills > 0 else { return nil }
            return DynamicSampling(
                groupSize: configuration.groupSize, maximumRefills: configuration.refills,
                passScore: configuration.rollouts.curriculum.passScore
            ) { [configuration] in
                try Comparison($0.scores, $0.rollouts, configuration).signals
            }
        }

        public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
            try measurer.measured(rollouts, underPolicy: measuresPolicy)
        }

        public func step(_ step: RolloutStep) throws -> Metrics {
            var metrics = Metrics()
            if let rollouts = step.rollouts {
                step.learner.tokensSeen += rollouts.reduce(0) { $0 + $1.length }
                metrics = try generate(from: rollouts, step.scores)
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
                if configuration.objective.entropy.isOn {
                    entropyControl.update(entropy: Part.entropy(of: parts))
                    metrics["entropy_coef"] = entropyControl.coefficient
                }
            }
            current.stepsDone += 1
            generation = current.stepsDone == windows.count * configuration.iterations ? nil : current
            metrics["step_time"] = (ContinuousClock.now - step.began) / .seconds(1)
            return metrics
        }

        /// Takes in responses and compares them.
        private func generate(from rollouts: [Rollout], _ scores: RewardTable) throws -> Metrics {
            guard !rollouts.isEmpty else {
                generation = Generation(microBatches: [[]])
                return Metrics()
            }
            let comparison = try Comparison(scores, rollouts, configuration)
            generation = Generation(
                microBatches: rollouts.indices.chunked(schedule.passSize).map { indices in
                    indices.compactMap { index -> Experience? in
                        comparison.advantages[index].map {
                            Experience(rollout: rollouts[index], advantage: $0)
                        }
                    }
                })
            var metrics = scores.metrics.following(.completions(of: rollouts))
            metrics["frac_reward_zero_std"] = comparison.shareWithoutDifference
            let greedy = rollouts.compactMap(\.greedyScore)
            if !greedy.isEmpty { metrics["reward_greedy"] = Moments(greedy).mean }
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

        /// What a micro-batch adds to a step.
        private struct Part {
            let loss: Double
            let metrics: Metrics
            /// Mean over tokens, and how many; nothing where it is not asked for.
            var entropy = (mean: 0.0, count: 0.0)

            /// Over the tokens of all of them.
            static func entropy(of parts: [Part]) -> Double {
                parts.reduce(0) { $0 + $1.entropy.mean * $1.entropy.count }
                    / parts.reduce(0) { $0 + $1.entropy.count }
            }
        }

        /// Adds the gradient of a micro-batch.
        private func accumulate(_ part: [Experience], share: StepShare) -> Part {
            let objective = configuration.objective
            let batch = RolloutBatch(part.map(\.rollout))
            let (scores, record) = model.recordingRouting {
                model.tokenLikelihoods(
                    of: batch.packed, counts: batch.counts, temperature: configuration.rollouts.temperature)
            }
            let router = record.map {
                RouterLoss($0, of: model, share: 1 / Double(share.microBatches))
            }
            let tokens = responseTokens(part, scores)
            let surrogate = GRPO.surrogate(tokens, objective)
            let ownLoss = GRPO.loss(surrogate, tokens, objective, share: share)
            let policyLoss = router?.loss.map { ownLoss + $0 } ?? ownLoss
            var metrics = withoutGradients { GRPO.metrics(surrogate, tokens, objective) }
            if let router { metrics = router.metrics.following(metrics) }
            guard objective.entropy.isOn else {
                policyLoss.backward()
                return Part(loss: policyLoss.item(), metrics: metrics)
            }
            let entropy = GRPO.entropy(surrogate, tokens)
            let loss = policyLoss - entropy.mean / Double(share.microBatches) * entropyControl.weight
            loss.backward()
            metrics["policy_loss"] = policyLoss.item() * Double(share.microBatches)
            return Part(
                loss: loss.item(), metrics: metrics, entropy: (entropy.mean.item(), entropy.count))
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

        public var extraState: [String: Double] {
            get { entropyControl.state }
            set { entropyControl.state = newValue }
        }

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
