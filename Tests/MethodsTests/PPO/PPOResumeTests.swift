import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// A run that stops between two updates of one batch of responses goes on as if it had not, with everything that PPO keeps.
@Suite(.serialized) struct PPOResumeTests {
    private let jobs: TinyRuns
    private static let steps = 3

    init() throws { jobs = try TinyRuns(prompts: 5) }

    /// Two steps of four updates after one in which only the critic learns.
    private func settings(_ change: (inout PPO.Configuration) -> Void) -> TrainingSettings<PPO> {
        var settings = TrainingSettings(PPO.self)
        settings.training = jobs.training(steps: Self.steps, learningRate: 3e-3)
        settings.training.batchSize = 2
        settings.method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        settings.method.rollouts.maximumNewTokens = 6
        settings.method.rewards.rewards = ["concise:enough=1"]
        (settings.method.rolloutBatch, settings.method.ppoEpochs, settings.method.minibatches) = (3, 2, 2)
        change(&settings.method)
        settings.resolve()
        return settings
    }

    private static func everything(_ method: inout PPO.Configuration) {
        method.critic.origin = .policy
        method.critic.learningRate = 1e-2
        method.critic.warmup = 1
        method.scores.kind = .standard
        method.scores.clip = 2
        method.targetKL = 0.1
        method.klHorizon = 4
        method.dualClip = 3
        method.entropyCoefficient = 0.01
        method.pretraining.files = [Fixtures.golden("sft/prompt_completion.jsonl").path]
        method.synchronization.isOn = true
        method.synchronization.mixture = 0.3
        method.synchronization.interval = 1
        method.explain = 2
    }

    private struct Run {
        let trainer: RolloutTrainer
        let objective: PPO.Objective

        /// All that is left of it.
        func finish() throws -> [Metrics] {
            var metrics: [Metrics] = []
            while trainer.stepsDone < PPOResumeTests.steps { metrics.append(try trainer.step()) }
            return metrics
        }
    }

    /// - Parameter update: the run stops before it, counted over all steps; nil: it does not.
    private func run(_ settings: TrainingSettings<PPO>, stoppingBefore update: Int? = nil) throws -> Run {
        let (training, method) = (settings.training, settings.method)
        let context = try jobs.context("none")
        let source = try ModelSource(jobs.model, on: context.computation)
        let model = try source.loadTrainable(settings.adapters, on: context.computation)
        let updates = Self.steps * method.updatesPerStep
        let critic = try CriticSource(settings, policy: source, context: context).critic(
            for: model, updates: updates)
        var asked = -1
        let objective = PPO.Objective(
            model: model, critic: critic, batchSize: training.batchSize, configuration: method,
            pretraining: try PretrainingMix(settings, policy: source, context: context),
            stops: {
                asked += 1
                return asked == update
            })
        let reference = try source.loadFrozen(on: context.computation)
        let trainer = RolloutTrainer(
            model: model,
            source: try method.rollouts.source(
                for: RolloutDemand(responses: method.rolloutBatch), needsScores: false, model: source,
                order: 7,
                progress: context.progress),
            measurer: RolloutMeasurer(
                model: model, reference: .model(reference), temperature: 0.7, batchSize: 2),
            rewards: try context.rewards.sources(method.rewards.selection, on: context.computation).load(),
            learner: Learner(
                model.trainableParameters + objective.parameters, training, totalSteps: updates),
            objective: objective,
            following: try FollowingReference(method.synchronization, reference: reference, policy: model),
            seeds: context.seeds)
        return Run(trainer: trainer, objective: objective)
    }

    /// Every file that a checkpoint of the run consists of.
    private func checkpoint(_ run: Run, _ name: String) throws -> [String: Data] {
        let folder = jobs.folder.url.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try TrainingCheckpoint.write(run.trainer, seconds: 0, to: folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return names.reduce(into: [:]) { $0[$1] = try? Data(contentsOf: folder.appending(path: $1)) }
    }

    /// Before the first update of all, inside the second epoch of the step in which the critic warms up, and between the epochs
    /// of the next.
    @Test(arguments: [0, 3, 6]) func everythingGoesOn(_ update: Int) throws {
        try expectSame(settings(Self.everything), stoppingBefore: update)
    }

    @Test(arguments: [5]) func aHeadGoesOn(_ update: Int) throws {
        try expectSame(settings { _ in }, stoppingBefore: update)
        try expectSame(settings { $0.critic.warmup = 1 }, stoppingBefore: update)
    }

    private func expectSame(_ settings: TrainingSettings<PPO>, stoppingBefore update: Int) throws {
        let whole = try run(settings)
        let metrics = try whole.finish()
        let expected = try checkpoint(whole, "whole-\(UUID().uuidString)")

        let stopped = try run(settings, stoppingBefore: update)
        var before: [Metrics] = []
        #expect(throws: StoppedInsideStep.self) {
            while true { before.append(try stopped.trainer.step()) }
        }
        #expect(before == Array(metrics.prefix(update / settings.method.updatesPerStep)))
        let name = "stopped-\(UUID().uuidString)"
        _ = try checkpoint(stopped, name)

        let resumed = try run(settings)
        _ = try TrainingCheckpoint.restore(resumed.trainer, from: jobs.folder.url.appending(path: name))
        #expect(resumed.trainer.stepsDone == before.count)
        #expect(try resumed.finish() == Array(metrics.dropFirst(before.count)), "stopped before \(update)")
        #expect(resumed.trainer.samples.map(\.text) == whole.trainer.samples.map(\.text))
        #expect(resumed.trainer.explained == whole.trainer.explained)
        let found = try checkpoint(resumed, "resumed-\(UUID().uuidString)")
        #expect(found.keys.sorted() == expected.keys.sorted())
        for (name, data) in expected { #expect(found[name] == data, "\(name), stopped before \(update)") }
    }
}
