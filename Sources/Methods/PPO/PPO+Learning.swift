// How PPO learns from a batch of responses: a few epochs over them, with a critic beside the policy.
import Datasets
import Files
import Foundation
import LanguageModels
import RandomNumbers
import Runs
import Torch
import Training

extension PPO {
    public final class Objective: RolloutObjective {
        public private(set) var lastRows: [Int] = []
        public private(set) var explained: [ExplainedResponse] = []
        let model: LanguageModel
        let critic: Critic
        let batchSize: Int
        let configuration: Configuration
        let pretraining: PretrainingMix?
        private let shuffles: Bool
        private let pieces: ([Int]) -> [String]
        private let stops: () -> Bool
        private(set) var controller: KLController
        private var runningScores = RunningScores()
        /// The one that a run stopped inside.
        private var batch: Batch?

        /// - Parameters:
        ///   - batchSize: responses of one forward and backward pass.
        ///   - shuffles: whether every epoch takes the responses in an order of its own.
        ///   - pretraining: rows that are learned beside the responses.
        ///   - pieces: the text of each of a response's tokens, for those that are explained.
        ///   - stops: whether the run is to stop before the next update.
        init(
            model: LanguageModel, critic: Critic, batchSize: Int, shuffles: Bool = true,
            configuration: Configuration, pretraining: PretrainingMix? = nil,
            pieces: @escaping ([Int]) -> [String] = { $0.map(String.init) },
            stops: @escaping () -> Bool = { Interruption.requested }
        ) {
            self.model = model
            self.critic = critic
            self.batchSize = batchSize
            self.shuffles = shuffles
            self.configuration = configuration
            self.pretraining = pretraining
            self.pieces = pieces
            self.stops = stops
            controller = KLController(
                coefficient: configuration.klCoefficient, target: configuration.targetKL,
                horizon: Double(configuration.klHorizon))
        }

        public var parameters: [NamedTensor] { critic.sharedParameters }
        public var updatesPerStep: Int { configuration.updatesPerStep }
        public var passesPerBatch: Int { configuration.ppoEpochs }
        public var unfinished: [Rollout]? { batch?.rollouts }

        public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
            var measured = try measurer.measured(rollouts) { [critic] batch, likelihoods in
                critic.values(of: batch, states: likelihoods.hiddenStates)
            }
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
            let begun = batch ?? takeIn(step)
            lastRows = begun.rollouts.map(\.row)
            let done = try learn(from: begun, step)
            batch = nil
            if let kl = done.metrics["objective/kl"] {
                controller.update(kl: kl, episodes: done.experiences.count)
            }
            explained = done.experiences.prefix(configuration.explain).map { $0.explained(pieces) }
            return done.metrics.following(Metrics.mean(of: done.updates))
                .taking(done.updates.last, "num_tokens", "learning_rate")
        }

        /// New responses, and what is to be learned from them.
        private func takeIn(_ step: RolloutStep) -> Batch {
            let rollouts = step.rollouts ?? []
            step.learner.tokensSeen += rollouts.reduce(0) { $0 + $1.length }
            runningScores.add(rollouts.compactMap(\.score))
            let scores = rollouts.map { rollout in
                rollout.score.map {
                    runningScores.normalized($0, configuration.scores) - configuration.penalty(of: rollout)
                }
            }
            let experiences = PPO.experiences(
                rollouts, scores: scores, coefficient: controller.coefficient, configuration)
            let unscored = Metrics(["completions/unscored": Double(rollouts.count - experiences.count)])
            let byReward = step.scores.columns.count > 1 ? step.scores.metricsByReward : Metrics()
            let objective = PPO.objectiveMetrics(
                experiences, learned: scores.compactMap(\.self), coefficient: controller.coefficient,
                configuration)
            return Batch(
                rollouts: rollouts, experiences: experiences,
                metrics: byReward.following(unscored.following(objective)))
        }

        /// All optimizer steps of a batch that are left. One whose minibatch is empty is left out, and the learning rate falls
        /// all the same.
        /// - Throws: `StoppedInsideStep`, with the batch kept as it is by then.
        private func learn(from begun: Batch, _ step: RolloutStep) throws -> Batch {
            var current = begun
            let learnsPolicy = step.number >= configuration.critic.warmup
            for epoch in 0..<configuration.ppoEpochs {
                var ordered = current.experiences
                var random = RandomSource(seed: step.seeds.derived("epoch \(epoch)").value)
                if shuffles { random.shuffle(&ordered) }
                let minibatches = PPO.minibatches(of: ordered, count: configuration.minibatches)
                for (index, minibatch) in minibatches.enumerated() {
                    guard epoch * minibatches.count + index == current.updatesDone else { continue }
                    if stops() {
                        batch = current
                        throw StoppedInsideStep()
                    }
                    if minibatch.isEmpty {
                        step.learner.skipUpdate()
                        critic.skipUpdate()
                    } else {
                        let update = Update(minibatch, of: self, learnsPolicy: learnsPolicy)
                        current.updates.append(try update.take(step.learner))
                    }
                    current.updatesDone += 1
                }
            }
            return current
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

        public func saveLearned(to folder: URL) throws { try critic.save(to: folder) }
        public func restoreLearned(from folder: URL) throws { try critic.restore(from: folder) }

        private struct State: Codable {
            let scores: RunningScores
            /// Where the rows beside the responses continue; missing where there are none.
            let pretraining: BatchOrder.Cursor?
            /// Missing between two steps.
            let batch: Batch?
        }

        private static func stateFile(in folder: URL) -> URL { folder.appendingPathComponent("ppo.json") }

        public func saveState(to folder: URL) throws {
            try critic.saveOptimizer(to: folder)
            let state = State(scores: runningScores, pretraining: pretraining?.cursor, batch: batch)
            try AtomicFile.write(encoding: state, to: Self.stateFile(in: folder))
        }

        public func restoreState(from folder: URL) throws {
            try critic.restoreOptimizer(from: folder)
            let file = Self.stateFile(in: folder)
            // Checkpoints of earlier versions are all between two steps.
            guard FileSystem.exists(file) else { return }
            let state = try FileSystem.decode(State.self, from: file)
            runningScores = state.scores
            if let cursor = state.pretraining { try pretraining?.restore(cursor) }
            batch = state.batch
        }
    }
}
