import Checkpoints
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

/// rsLoRA and DoRA against PEFT: Fixtures/peft/generate.py trained the adapters and wrote the numbers.
@Suite struct AdapterVariantTests {
    static let cases = ["rslora", "dora", "dora_rslora"]

    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func folder(_ name: String) -> URL { Fixtures.root.appending(path: "peft/\(name)") }

    private func expected(_ name: String) throws -> GoldenValue {
        let data = try Data(contentsOf: folder(name).appending(path: "expected.json"))
        return GoldenValue(try JSONSerialization.jsonObject(with: data), path: name)
    }

    private func model(_ adapter: URL) throws -> LanguageModel {
        let options = LoadingOptions(trainability: .adapters)
        let model = try LanguageModel.load(from: Fixtures.golden("tiny-llama"), options: options)
        try model.loadAdapters(from: adapter)
        return model
    }

    private func logProbabilities(_ model: LanguageModel, _ ids: [Int]) -> [Double] {
        let batch = PackedBatch([ids])
        return withoutGradients {
            model.tokenLikelihoods(of: batch, counts: ids.indices.map { $0 > 0 }).logProbabilities.doubles()
        }
    }

    /// The rows that PEFT's runs learned from.
    private func rows() throws -> [PackedSequence] {
        let golden = try Fixtures.goldenValues("sft/completion_only/expected.json")
        return try golden["prepared_rows"].array.map { row in
            let (tokens, labels) = (try row["input_ids"].ints, try row["labels"].ints)
            return PackedSequence(TokenizedSequence(tokens: tokens, labels: labels.map { $0 != -100 }))
        }
    }

    @Test(arguments: cases) func trainingFollowsPEFT(_ name: String) throws {
        let (expected, model, rows) = (try expected(name), try model(folder(name)), try rows())
        var training = TrainingConfiguration(learningRate: try expected["learning_rate"].double)
        training.schedule = .constant
        let trainer = RowTrainer(
            model: model,
            rows: LoadedRows(rows, order: BatchOrder(rowCount: rows.count, batchSize: 4, seed: nil)) {
                "\($0)"
            },
            learner: Learner(model.trainableParameters, training, totalSteps: 3),
            objective: SFT.Objective(model: model, loss: .likelihood))
        for step in try expected["steps"].array {
            let metrics = try trainer.step()
            for metric in ["loss", "grad_norm"] {
                let found = try #require(metrics[metric])
                expectClose(found, try step[metric].double, relative: 1e-5, "\(name) \(metric)")
            }
        }
        let trained = try TensorFile.read(folder(name).appending(path: "trained/adapter_model.safetensors"))
        #expect(Set(trained.keys) == Set(model.trainableParameters.map(\.name)))
        for parameter in model.trainableParameters {
            let wanted = try #require(trained[parameter.name])
            expectClose(parameter.tensor.doubles(), wanted.doubles(), relative: 1e-4, parameter.name)
        }
    }

    @Test(arguments: cases) func scoresAsPEFTDoes(_ name: String) throws {
        let expected = try expected(name)
        let ids = try expected["input_ids"].ints
        let model = try model(folder("\(name)/trained"))
        expectClose(
            logProbabilities(model, ids), try expected["log_probabilities"].doubles, relative: 1e-5, name)

        let merged = jobs.folder.url.appending(path: "merged")
        try FileManager.default.createDirectory(at: merged, withIntermediateDirectories: true)
        try model.save(to: merged)
        expectClose(
            logProbabilities(try LanguageModel.load(from: merged), ids),
            try expected["merged_log_probabilities"].doubles, relative: 1e-5, "\(name), merged")

        // What is written loads again with the same meaning, and says what it is to PEFT.
        let again = jobs.folder.url.appending(path: "again")
        try FileManager.default.createDirectory(at: again, withIntermediateDirectories: true)
        try model.saveTrained(to: again)
        #expect(logProbabilities(try self.model(again), ids) == logProbabilities(model, ids))
        let configuration = try AdapterConfiguration(contentsOf: again.appending(path: "adapter_config.json"))
        #expect(configuration.learnsMagnitude == name.contains("dora"))
        #expect(configuration.scalesByRootOfRank == name.contains("rslora"))
        let stored = try TensorFile.read(again.appending(path: "adapter_model.safetensors"))
        #expect(stored.keys.contains { $0.hasSuffix(".lora_magnitude_vector") } == name.contains("dora"))
    }

    /// A new adapter changes nothing before it has learned, whatever its kind.
    @Test func aNewAdapterChangesNothing() throws {
        let ids = [5, 17, 300, 42, 7, 99]
        let plain = logProbabilities(try LanguageModel.load(from: Fixtures.golden("tiny-llama")), ids)
        var adapters = jobs.lowRank
        adapters.learnsMagnitude = true
        adapters.scalesByRootOfRank = true
        var training = jobs.training("sft/prompt_completion.jsonl", steps: 1)
        training.learningRate = 0
        let result = try SFT.run(
            training, adapters: adapters, method: SFT.Configuration(), context: jobs.context("new"))
        let model = try model(URL(fileURLWithPath: result.model))
        expectClose(logProbabilities(model, ids), plain, relative: 1e-6)
    }

    // MARK: Dropout

    private func losses(_ adapters: AdapterTraining, method: String, output: String) throws -> [Double?] {
        var training = jobs.training(
            method == "sft" ? "sft/prompt_completion.jsonl" : "dpo/preference_plain.jsonl", steps: 3,
            learningRate: 1e-2)
        training.schedule = .constant
        let context = try jobs.context(output)
        switch method {
        case "sft":
            _ = try SFT.run(
                training, adapters: adapters, method: SFT.Configuration(), context: context)
        case "dpo":
            _ = try DPO.run(
                training, adapters: adapters, method: DPO.Configuration(), context: context)
        default:
            _ = try RewardModeling.run(
                training, adapters: adapters, method: RewardModeling.Configuration(), context: context)
        }
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl")).map {
            $0["loss"]
        }
    }

    /// Dropout changes what is learned where it is asked for, DoRA included, and is off by default but in fine-tuning.
    @Test(arguments: [("sft", false), ("sft", true), ("dpo", false), ("reward", false)])
    func dropoutIsHonoured(method: String, dora: Bool) throws {
        var adapters = jobs.lowRank
        adapters.learnsMagnitude = dora
        let without = try losses(adapters, method: method, output: "without")
        adapters.dropout = 0.5
        #expect(try losses(adapters, method: method, output: "with") != without)
        adapters.dropout = nil
        #expect(try (losses(adapters, method: method, output: "default") == without) == (method != "sft"))
    }

    @Test(arguments: ["ppo", "grpo"]) func dropoutIsRefusedWhereRatiosAreTaken(_ verb: String) throws {
        var adapters = jobs.lowRank
        adapters.dropout = 0.1
        let message = jobs.message {
            var training = jobs.training(steps: 1)
            training.batchSize = GRPO.Configuration().groupSize
            let context = try jobs.context("refused")
            if verb == "ppo" {
                _ = try PPO.run(
                    training, adapters: adapters, method: PPO.Configuration(), context: context)
            } else {
                _ = try GRPO.run(
                    training, adapters: adapters, method: GRPO.Configuration(), context: context)
            }
        }
        #expect(message?.hasPrefix("lora_dropout: expected 0 in \(verb)") == true, "\(message ?? "nothing")")
    }
}
