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

/// Whole runs on comparisons: what must not change a number, and what must survive a restart.
@Suite(.serialized) struct PreferenceRunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func run(
        _ method: DPO.Configuration, _ training: TrainingConfiguration? = nil, output: String,
        adapters: AdapterTraining = AdapterTraining(), mode: RunFolder.Mode = .new
    ) throws -> [MetricsRecord] {
        _ = try DPO.run(
            training ?? self.training(), adapters: adapters, method: method,
            context: jobs.context(output, mode: mode))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func training(steps: Int = 3, batchSize: Int = 4) -> TrainingConfiguration {
        var training = jobs.training("dpo/preference_plain.jsonl", steps: steps, learningRate: 5e-4)
        training.batchSize = batchSize
        training.shuffle = false
        return training
    }

    /// One pair a pass and an odd last pass (24 rows by 5), with every loss.
    @Test(arguments: DPO.Loss.allCases) func oddBatches(_ loss: DPO.Loss) throws {
        var method = DPO.Configuration()
        method.losses = [loss]
        method.labelSmoothing = loss == .exoPair ? 1e-3 : 0
        for (size, steps) in [(1, 2), (5, 5)] {
            let found = try run(
                method, training(steps: steps, batchSize: size), output: "\(loss)-\(size)",
                adapters: jobs.lowRank)
            #expect(found.count == steps && found.allSatisfy { $0["grad_norm"]?.isFinite == true }, "\(loss)")
        }
    }

    /// Nothing to choose between: no gradient from differences, and nothing that is not a number.
    @Test(arguments: [DPO.Loss.sigmoid, .ipo, .aot, .discopop]) func equalAnswers(_ loss: DPO.Loss) throws {
        let file = try jobs.folder.write(
            #"{"prompt": "a", "chosen": " b c", "rejected": " b c"}"#, to: "equal.jsonl")
        var training = training(steps: 2)
        training.train = [file.path]
        var method = DPO.Configuration()
        method.losses = [loss]
        let found = try run(method, training, output: "equal-\(loss)")
        // The two sides lie at different places in the batch and may be rounded differently.
        let first = try #require(found.first)
        let (gradient, margin) = (try #require(first["grad_norm"]), try #require(first["rewards/margins"]))
        #expect(gradient < 1e-3 && abs(margin) < 1e-5, "\(loss): \(gradient), \(margin)")
        #expect(found.allSatisfy { $0["loss"]?.isFinite == true })
    }

    /// The reference that is named, the policy without its adapters, and the one that is nobody.
    @Test func waysToTheSameReference() throws {
        var method = DPO.Configuration()
        let implicit = try run(method, output: "implicit", adapters: jobs.lowRank)
        method.reference = jobs.model
        #expect(
            try run(method, output: "named", adapters: jobs.lowRank).map(\.metrics) == implicit.map(\.metrics)
        )
        method.reference = DPO.Configuration.noReference
        let free = try run(method, output: "free", adapters: jobs.lowRank)
        for record in free {
            expectClose(
                try #require(record["rewards/chosen"]), 0.1 * (try #require(record["logps/chosen"])),
                relative: 1e-5)
        }
    }

    @Test func chosenAnswersAreHeldUpByTheirLikelihood() throws {
        var method = DPO.Configuration()
        method.losses = [.sigmoid, .sft]
        method.lossWeights = [1, 0.5]
        let mixed = try run(method, output: "mixed")
        method.losses = [.sigmoid]
        method.lossWeights = nil
        method.sftWeight = 0.5
        #expect(try run(method, output: "added").map(\.metrics) == mixed.map(\.metrics))
    }

    /// A reference that follows the policy is part of what a checkpoint keeps.
    @Test func aFollowingReferenceSurvivesARestart() throws {
        var method = DPO.Configuration()
        method.synchronization.isOn = true
        method.synchronization.interval = 2
        var training = training(steps: 5)
        training.checkpointEvery = 1
        let whole = try run(method, training, output: "run")
        let weights = try jobs.folder.data("run/final/model.safetensors")
        for item in ["final", "checkpoint-5"] {
            try FileManager.default.removeItem(atPath: jobs.folder.path("run/\(item)"))
        }
        let manifest = try jobs.folder.text("run/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "run/run.json")
        let resumed = try run(method, training, output: "run", mode: .resume)
        #expect(resumed.map(\.metrics) == whole.map(\.metrics))
        #expect(try jobs.folder.data("run/final/model.safetensors") == weights)
    }

    /// One that is the policy itself after every step measures no distance to it.
    @Test func aReferenceFollowsAdaptersToo() throws {
        var method = DPO.Configuration()
        (method.synchronization.isOn, method.synchronization.interval) = (true, 1)
        method.synchronization.mixture = 1
        func margins(_ output: String) throws -> [Double] {
            try run(method, output: output, adapters: jobs.lowRank).compactMap { $0["rewards/margins"] }
        }
        let following = try margins("following")
        method.synchronization.isOn = false
        let staying = try margins("staying")
        #expect(following.count == 3 && following.allSatisfy { abs($0) < 1e-4 }, "\(following)")
        #expect(staying.contains { abs($0) > 1e-3 }, "\(staying)")
    }

    @Test func theEndTellsWhatHappened() throws {
        let result = try DPO.run(
            training(), adapters: AdapterTraining(), method: DPO.Configuration(), context: jobs.context("run")
        )
        #expect(result.notes?.first?.hasPrefix("log-probability of chosen answers") == true)
    }

    /// log Σ p² against probabilities worked out from the logits, over more rows than are done at once.
    @Test func agreementOfTwoDraws() throws {
        let source = try ModelSource(jobs.model, on: jobs.computation)
        let model = try source.loadFrozen(on: jobs.computation)
        let tokens = (0..<150).map { $0 % 500 + 3 }
        let scores = withoutGradients {
            model.tokenLikelihoods(of: PackedBatch([tokens]), counts: tokens.map { _ in true })
        }
        let found = withoutGradients { model.collisionLogProbabilities(of: scores.hiddenStates) }.doubles()
        let logits = withoutGradients { model.logits(of: scores.hiddenStates) }.to(.float64)
        let expected = logits.softmax().squared().sum(along: -1).log().doubles()
        expectClose(found, expected, relative: 1e-5)
    }
}
