import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import TestSupport
import Testing
import Tokenization
import Torch
import Training

@testable import Methods

/// Whole training runs against TRL's, step by step, by the tolerance rule of the golden numbers.
@Suite(.serialized) struct GoldenTrajectoryTests {
    /// One golden case: its settings and its steps.
    struct Case {
        private let trajectory: GoldenTrajectory
        let training: TrainingConfiguration
        let adapters: AdapterTraining

        init(_ folder: String) throws {
            trajectory = try GoldenTrajectory(folder)
            let settings = try trajectory.expected["hyperparameters"]
            var training = TrainingConfiguration(learningRate: try settings["learning_rate"].double)
            training.schedule = .constant
            if let name = try settings.optional("lr_scheduler_type")?.string {
                training.schedule = try #require(TrainingConfiguration.Schedule(rawValue: name))
            }
            training.batchSize = try settings.optional("per_device_train_batch_size")?.int ?? 4
            training.gradientAccumulationSteps =
                try settings.optional("gradient_accumulation_steps")?.int ?? 1
            training.weightDecay = try settings.optional("weight_decay")?.double ?? 0
            training.adamBeta2 = try settings.optional("adam_beta2")?.double ?? 0.999
            training.maximumGradientNorm = try settings.optional("max_grad_norm")?.double ?? 1
            training.warmupSteps = .steps(try settings.optional("warmup_steps")?.int ?? 0)
            training.maximumSteps = try settings["max_steps"].int
            training.maximumLength = try settings.optional("max_length")?.int ?? 512
            training.shuffle = false
            let root = folder.split(separator: "/")[0]
            training.train = [Fixtures.golden("\(root)/\(try settings["dataset"].string)").path]
            let model =
                try settings.optional("model")?.string ?? (root == "reward" ? "tiny-reward" : "tiny-llama")
            let parts = model.split(separator: " ").map(String.init)
            training.model = Fixtures.golden(parts[0]).path
            var adapters = AdapterTraining()
            if parts.count > 1 { adapters.initialAdapter = Fixtures.golden("sft/lora_init").path }
            adapters.dropout = 0
            self.training = training
            self.adapters = adapters
        }

        var expected: GoldenValue { trajectory.expected }

        /// Runs the job in a scratch folder and compares every metric of every step.
        func check(_ job: (Case, RunContext) throws -> TrainingResult) throws {
            let output = FileManager.default.temporaryDirectory
                .appendingPathComponent("heed-golden-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: output) }
            var run = RunConfiguration()
            run.output = output.path
            run.device = "cpu"
            run.precision = .float32
            let context = try RunContext(
                verb: "test", run: run, mode: .new, settings: [:],
                progress: ProgressDisplay(style: .quiet))
            _ = try job(self, context)
            let found = try MetricsLog.read(output.appendingPathComponent("metrics.jsonl"))
            try trajectory.check(found.map { record in { record[$0] } })
        }
    }

    @Test(arguments: [
        "completion_only", "assistant_only", "boundary_merge", "conversational_prompt_completion",
        "cosine_warmup_decay", "dft", "full_sequence_on_prompt_completion", "grad_accum_2", "lora",
        "messages_all_tokens",
        "no_clip", "packing_bfd", "packing_wrapped", "qwen2", "qwen3", "text", "truncated",
    ]) func supervised(_ name: String) throws {
        try Case("sft/\(name)").check { golden, context in
            var method = SFT.Configuration()
            let settings = try golden.expected["hyperparameters"]
            if let only = try settings.optional("completion_only_loss")?.bool {
                method.completionOnly = only ? .on : .off
            }
            if let loss = try settings.optional("loss_type")?.string {
                method.loss = try #require(SFT.Configuration.Loss(rawValue: loss))
            }
            method.assistantOnly = try settings.optional("assistant_only_loss")?.bool ?? false
            method.packing.isOn = try settings.optional("packing")?.bool ?? false
            if let strategy = try settings.optional("packing_strategy")?.string {
                method.packing.strategy = try #require(PackingConfiguration.Strategy(rawValue: strategy))
            }
            return try SFT.run(
                golden.training, adapters: golden.adapters, method: method, context: context)
        }
    }

    @Test(arguments: [
        "plain", "conversational", "centered", "margin", "margin_and_centered", "filtered_by_max_length",
        "grad_accum_2", "implicit_prompt",
    ]) func reward(_ name: String) throws {
        try Case("reward/\(name)").check { golden, context in
            var method = RewardModeling.Configuration()
            method.centerCoefficient =
                try golden.expected["hyperparameters"].optional("center_rewards_coefficient")?.double
            return try RewardModeling.run(
                golden.training, adapters: golden.adapters, method: method, context: context)
        }
    }
}
