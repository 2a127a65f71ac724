import Datasets
import Foundation
import LanguageModels
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Whole runs of GRPO on a tiny model.
@Suite(.serialized) struct GRPORunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns(prompts: 6) }

    private var sampled: GRPO.Configuration {
        var method = GRPO.Configuration()
        method.rewards.rewards = ["concise:enough=1"]
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 10
        method.groupSize = 4
        return method
    }

    private var replayed: GRPO.Configuration {
        var method = GRPO.Configuration()
        method.rollouts.replay = Fixtures.golden("grpo/rollouts.jsonl").path
        method.groupSize = 4
        return method
    }

    private func training(steps: Int, batchSize: Int = 8, passes: Int = 1) -> TrainingConfiguration {
        var training = jobs.training(steps: steps)
        training.batchSize = batchSize
        training.gradientAccumulationSteps = passes
        return training
    }

    /// What a run wrote, without what a clock says.
    private func run(
        _ method: GRPO.Configuration, _ training: TrainingConfiguration, output: String,
        mode: RunFolder.Mode = .new
    ) throws -> [MetricsRecord] {
        _ = try GRPO.run(
            training, adapters: jobs.lowRank, method: method, context: jobs.context(output, mode: mode))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func metrics(_ records: [MetricsRecord]) -> [[MetricsRecord.Metric]] {
        records.map { $0.metrics.filter { $0.name != "step_time" } }
    }

    @Test func answersToAPromptAreSampledSideBySideAndReplayed() throws {
        let first = try run(sampled, training(steps: 4), output: "first")
        #expect(first.count == 4 && first.allSatisfy { $0["reward"] != nil && $0["step_time"] != nil })
        let rows = try JSONLines(jobs.folder.url.appending(path: "first/samples.jsonl")).load(PromptRow.self)
        #expect(rows.count == 32)
        for group in stride(from: 0, to: 32, by: 4) {
            #expect(Set(rows[group..<group + 4].map(\.row.prompt)).count == 1)
        }
        #expect(Set(rows.prefix(24).map(\.row.prompt)).count == 6)

        // The recorded scores stand in for the reward; their column has another name.
        var again = sampled
        again.rewards.rewards = []
        again.rollouts.prompts = []
        again.rollouts.replay = jobs.folder.path("first/samples.jsonl")
        let second = try run(again, training(steps: 4), output: "second")
        for name in ["loss", "grad_norm", "reward", "reward_std", "entropy", "num_tokens"] {
            #expect(first.map { $0[name] } == second.map { $0[name] }, "\(name)")
        }
    }

    /// A run that ends inside a generation goes on with it: its responses came from a policy that is no more.
    @Test func aRunGoesOnInsideAGeneration() throws {
        var method = sampled
        method.iterations = 2
        method.objective.beta = 0.1
        var training = training(steps: 6)
        training.checkpointEvery = 1
        let whole = try run(method, training, output: "run")
        let weights = try jobs.folder.data("run/final/adapter_model.safetensors")
        #expect(jobs.folder.holds("run/checkpoint-5/generation.json"))
        #expect(!jobs.folder.holds("run/checkpoint-6/generation.json"))

        // As a process leaves it that is killed in its last step.
        for item in ["final", "checkpoint-6"] {
            try FileManager.default.removeItem(atPath: jobs.folder.path("run/\(item)"))
        }
        let manifest = try jobs.folder.text("run/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "run/run.json")
        let resumed = try run(method, training, output: "run", mode: .resume)
        #expect(resumed.map(\.step) == [1, 2, 3, 4, 5, 6])
        #expect(metrics(resumed) == metrics(whole))
        #expect(try jobs.folder.data("run/final/adapter_model.safetensors") == weights)
    }

    /// One pass of eight responses and two of four are the same step, but for bnpo, which is what it is about.
    @Test(arguments: GRPO.Objective.Loss.allCases.filter { $0 != .bnpo })
    func accumulationChangesNothing(_ loss: GRPO.Objective.Loss) throws {
        var method = replayed
        method.objective.loss = loss
        method.objective.epsilonHigh = loss == .cispo ? 2 : nil
        let together = try run(method, training(steps: 3), output: "together")
        let apart = try run(method, training(steps: 3, batchSize: 4, passes: 2), output: "apart")
        for (one, other) in zip(together, apart) {
            for name in ["loss", "grad_norm"] {
                expectClose(
                    try #require(other[name]), try #require(one[name]), relative: 2e-5, "\(loss) \(name)")
            }
        }
    }

    /// Responses without a score have no part in anything: a run without them is the same run.
    @Test func missingScoresLeaveTheBatch() throws {
        func row(_ scores: [String]) -> String {
            let responses = scores.enumerated().map { index, score in
                #"{"tokens": [\#(index + 5), 9, 2], "logprobs": [-1, -1, -1], "score": \#(score)}"#
            }
            return #"{"prompt": "a", "responses": [\#(responses.joined(separator: ","))]}"#
        }
        try jobs.folder.write(row(["1", "0", "null", "null"]), to: "some.jsonl")
        try jobs.folder.write(row(["1", "0"]), to: "known.jsonl")
        func losses(_ file: String, groupSize: Int, output: String) throws -> [Double?] {
            var method = replayed
            method.groupSize = groupSize
            method.objective.loss = .grpo
            method.rollouts.replay = jobs.folder.path(file)
            let records = try run(method, training(steps: 2, batchSize: groupSize), output: output)
            return records.flatMap { [$0["loss"], $0["grad_norm"], $0["reward"]] }
        }
        #expect(
            try losses("some.jsonl", groupSize: 4, output: "some")
                == losses("known.jsonl", groupSize: 2, output: "known"))

        try jobs.folder.write(row(["1", "0"]) + "\n" + row(["null", "null"]), to: "half.jsonl")
        #expect(
            try losses("half.jsonl", groupSize: 2, output: "half").map { $0 == nil }
                == [false, false, false, true, true, true])
    }

    @Test func groupsOfARecordingMustBeWhole() throws {
        var method = replayed
        method.groupSize = 8
        let message = jobs.message { _ = try run(method, training(steps: 1), output: "refused") }
        #expect(
            message?.contains("rollouts.jsonl:1: expected 8 responses to this prompt, side by side, found 4")
                == true, "\(message ?? "")")
        #expect(!jobs.folder.holds("refused"))
    }

    @Test func rewardsAreSummedByWeight() throws {
        var method = sampled
        method.rewards.rewardModel = jobs.rewardModel
        method.rewards.weights = [2, 0.5]
        let record = try #require(try run(method, training(steps: 1), output: "two").first)
        let (concise, model) = (record["rewards/concise/mean"], record["rewards/reward_model/mean"])
        expectClose(
            try #require(record["reward"]), 2 * (try #require(concise)) + 0.5 * (try #require(model)),
            relative: 1e-9)
        method.rewards.weights = [1]
        #expect(
            jobs.message { _ = try run(method, training(steps: 1), output: "refused") }
                == "reward_weights: expected one for each of 2 rewards, found 1")
        method.rewards.rewards = ["concise:error=0.1"]
        #expect(
            jobs.message { _ = try run(method, training(steps: 1), output: "refused") }?
                .contains("has no option 'error'") == true)
    }

    @Test func nothingToLearnIsRefused() throws {
        var method = sampled
        method.rewards.rewards = []
        let message = jobs.message { _ = try run(method, training(steps: 1), output: "refused") }
        #expect(message?.hasPrefix("reward: expected what to learn") == true)
        var rows = training(steps: 1)
        rows.train = ["rows.jsonl"]
        #expect(
            jobs.message { _ = try run(sampled, rows, output: "refused") }?
                .hasPrefix("train: expected nothing: grpo learns from responses") == true)
    }

    /// No tensor outlives its step.
    @Test func stepsLeaveNothingBehind() throws {
        let context = try jobs.context("none")
        var method = replayed
        method.iterations = 2
        method.objective.beta = 0.1
        let training = training(steps: 12)
        let schedule = try GRPO.Schedule(training, method)
        let source = try ModelSource(jobs.model, on: context.computation)
        let model = try source.loadTrainable(AdapterTraining(), on: context.computation)
        let trainer = RolloutTrainer(
            model: model,
            source: try method.rollouts.source(
                for: RolloutDemand(responses: schedule.generationSize, groupSize: 4), needsScores: true,
                model: source, order: nil, progress: context.progress),
            measurer: RolloutMeasurer(
                model: model, reference: .model(try source.loadFrozen(on: context.computation)),
                temperature: 1,
                batchSize: 8),
            rewards: [], learner: Learner(model.trainableParameters, training, totalSteps: 12),
            objective: GRPO.GroupObjective(model: model, configuration: method, schedule: schedule),
            seeds: context.seeds)
        for _ in 0..<3 { _ = try trainer.step() }
        let count = Tensor.liveCount
        for _ in 0..<8 { _ = try trainer.step() }
        #expect(Tensor.liveCount == count)
    }
}
