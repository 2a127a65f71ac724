import Checkpoints
import Foundation
import LanguageModels
import Methods
import Models
import Rewards
import RunTestSupport
import TestSupport
import Testing
import Torch
import Training

@testable import Verbs

/// Adapters, merged and stacked.
@Suite struct AdapterTests {
    private let jobs: TinyRuns
    private let sequences = [[5, 17, 300, 42, 7, 99], [11, 12, 13]]

    init() throws { jobs = try TinyRuns() }

    private func merge(_ adapter: String, to folder: String) throws {
        try AdapterMerge.run(
            adapter, to: jobs.folder.url.appending(path: folder), on: jobs.computation)
    }

    private func logProbabilities(_ model: String) throws -> [Double] {
        let context = try jobs.context("none")
        let model = try ModelSource(model, on: context.computation).loadFrozen(on: context.computation)
        let batch = PackedBatch(sequences)
        let counts = sequences.flatMap { $0.indices.map { $0 > 0 } }
        return withoutGradients {
            model.tokenLikelihoods(of: batch, counts: counts).logProbabilities.doubles()
        }
    }

    private func scores(_ model: String) throws -> [Double] {
        let context = try jobs.context("none")
        let source = try ModelSource(model, on: context.computation)
        return try RewardModelScorer(
            model: source.loadRewardModel(on: context.computation), tokenizer: source.tokenizer
        ).scores(of: sequences).compactMap(\.self)
    }

    @Test func aMergedModelIsTheModelWithItsAdapterOn() throws {
        let adapter = try jobs.adapter()
        try merge(adapter, to: "merged")
        let merged = try logProbabilities(jobs.folder.path("merged"))
        expectClose(merged, try logProbabilities(adapter), relative: 1e-5, "merged")
        let base = try logProbabilities(jobs.model)
        #expect(zip(merged, base).contains { abs($0 - $1) > 1e-3 }, "training changed nothing")
        for file in ["config.json", "model.safetensors", "tokenizer.json", "generation_config.json"] {
            #expect(jobs.folder.holds("merged/\(file)"), "\(file)")
        }
        #expect(!jobs.folder.holds("merged/adapter_config.json"))
        #expect(throws: (any Error).self) { try merge(adapter, to: "merged") }
    }

    @Test func aMergedRewardModelScoresTheSame() throws {
        let adapter = try jobs.rewardAdapter()
        try merge(adapter, to: "merged")
        expectClose(
            try scores(jobs.folder.path("merged")), try scores(adapter), relative: 1e-5, "scores")
    }

    @Test func aWholeModelHasNothingToMerge() throws {
        #expect(
            jobs.message { try merge(jobs.model, to: "merged") }?.contains("there is nothing to merge")
                == true)
        #expect(!jobs.folder.holds("merged"))
    }

    @Test func anAdapterOnAnAdapterIsRefused() throws {
        let adapter = try jobs.adapter()
        func message(_ change: (inout AdapterTraining) -> Void) -> String? {
            var training = jobs.training("sft/prompt_completion.jsonl", steps: 1)
            training.model = adapter
            var adapters = AdapterTraining()
            adapters.dropout = 0
            change(&adapters)
            return jobs.message {
                _ = try SFT.run(
                    training, adapters: adapters, method: SFT.Configuration(), context: jobs.context("second")
                )
            }
        }
        let ranked = try #require(message { $0.rank = 8 })
        #expect(
            ranked.contains("heed models merge \(adapter) DIR") && ranked.hasSuffix("leave out --lora-rank"))
        #expect(message { $0.initialAdapter = adapter }?.hasSuffix("leave out --init-adapter") == true)
        #expect(!jobs.folder.holds("second"))

        // Trained further, it stays one adapter on the same base.
        #expect(message { _ in } == nil)
        let context = try jobs.context("none")
        let folders = try ModelSource(jobs.folder.path("second/final"), on: context.computation)
            .folders
        #expect(folders.base.path == jobs.model)
    }

    @Test func aRewardModelOnAnAdapterIsRefused() throws {
        func message(_ model: String, output: String) -> String? {
            var training = jobs.training("reward/preference_plain.jsonl", steps: 1)
            training.model = model
            return jobs.message {
                _ = try RewardModeling.run(
                    training, adapters: AdapterTraining(), method: RewardModeling.Configuration(),
                    context: jobs.context(output))
            }
        }
        let adapter = try jobs.adapter()
        #expect(message(adapter, output: "refused")?.contains("heed models merge \(adapter) DIR") == true)
        let reward = try jobs.rewardAdapter()
        #expect(message(reward, output: "further") == nil)
        #expect(try scores(jobs.folder.path("further/final")) != scores(reward))
    }

    @Test func anAdapterWhoseBaseIsAnAdapterIsRefused() throws {
        let adapter = try jobs.adapter()
        let upper = jobs.folder.url.appending(path: "upper")
        try FileManager.default.copyItem(at: URL(fileURLWithPath: adapter), to: upper)
        let file = upper.appending(path: "adapter_config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: jobs.model, with: adapter)
        try Data(text.utf8).write(to: file)
        let message = jobs.message {
            _ = try ModelSource(upper.path, role: "model", on: jobs.computation)
        }
        #expect(message?.contains("merge that one (heed models merge \(adapter) DIR)") == true)
    }

    /// Training goes on with what the adapter says of itself; who says something else is refused.
    @Test func anAdapterIsTrainedFurtherAsItIs() throws {
        let folder = jobs.folder.url.appending(path: "own")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let own = AdapterConfiguration(
            rank: 8, alpha: 4, dropout: 0.2, targetModules: ["q_proj"], scalesByRootOfRank: true)
        try own.write(to: folder.appending(path: "adapter_config.json"))
        var settings = TrainingSettings(SFT.self)
        settings.training.model = jobs.model
        settings.adapters.initialAdapter = folder.path
        var asked = settings
        asked.adapters.dropout = 0.1
        settings.resolve()
        asked.resolve()
        #expect(settings.adapters.dropout == 0.2 && asked.adapters.dropout == 0.1)
        #expect(settings.adapters.rank == 8 && settings.adapters.alpha == 4)
        #expect(settings.adapters.targets == ["q_proj"] && settings.adapters.scalesByRootOfRank == true)
        #expect(settings.training.learningRate == 2e-4)

        var other = jobs.settings(SFT.self, "sft/prompt_completion.jsonl", steps: 1)
        other.adapters = AdapterTraining()
        other.adapters.initialAdapter = try jobs.adapter()
        other.adapters.alpha = 7
        let message = jobs.message { _ = try SFT.run(other, context: jobs.context("other")) }
        #expect(message?.contains("lora_alpha: expected 32.0, as the adapter in") == true, "\(message ?? "")")
    }

    @Test func learningRatesFollowWhatIsTrained() {
        func rate<Method: TrainingMethod>(_ method: Method.Type, rank: Int?) -> Double? {
            var settings = TrainingSettings(method)
            settings.adapters.rank = rank
            settings.resolve()
            return settings.training.learningRate
        }
        #expect(rate(SFT.self, rank: nil) == 2e-5 && rate(SFT.self, rank: 8) == 2e-4)
        #expect(rate(DPO.self, rank: nil) == 1e-6 && rate(DPO.self, rank: 8) == 1e-5)
        #expect(rate(RewardModeling.self, rank: 8) == 1e-4)
    }
}
