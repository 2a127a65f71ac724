import Datasets
import Foundation
import LanguageModels
import Runs
import TestSupport
import Testing
import Tokenization
import Torch

@testable import Alignment

/// Whole training runs against TRL's, step by step, by the tolerance rule of the golden numbers.
@Suite(.serialized) struct GoldenTrajectoryTests {
    /// One golden case: its settings and its steps.
    struct Case {
        let folder: String
        let expected: GoldenValue
        let training: TrainingConfiguration
        let adapters: AdapterTraining

        init(_ folder: String) throws {
            self.folder = folder
            expected = try Fixtures.goldenValues("\(folder)/expected.json")
            let settings = try expected["hyperparameters"]
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
            training.warmupSteps = try settings.optional("warmup_steps")?.int ?? 0
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

        /// Runs the job in a scratch folder and compares every metric of every step.
        func check(_ job: (Case, JobContext) throws -> TrainingResult) throws {
            let output = FileManager.default.temporaryDirectory
                .appendingPathComponent("heed-golden-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: output) }
            var run = RunConfiguration()
            run.output = output.path
            run.device = "cpu"
            run.precision = .float32
            let context = try JobContext(
                verb: "test", run: run, mode: .new, settings: [:],
                progress: ProgressDisplay(style: .quiet))
            _ = try job(self, context)
            let found = try MetricsLog.read(output.appendingPathComponent("metrics.jsonl"))
            let steps = try expected["steps"].array
            #expect(found.count == steps.count)
            for (record, step) in zip(found, steps) { try compare(record, step) }
        }

        private func compare(_ record: MetricsRecord, _ step: GoldenValue) throws {
            for name in step.keys where name != "step" {
                let wanted = try step[name].double
                guard let value = record[name] else {
                    Issue.record("\(folder): step \(record.step) has no \(name)")
                    continue
                }
                let tolerance = try tolerance(name, wanted)
                #expect(
                    abs(value - wanted) <= tolerance,
                    "\(folder) step \(record.step) \(name): found \(value), expected \(wanted) ± \(tolerance)"
                )
            }
        }

        /// The spread is listed for some metrics only; these are made of the same numbers as those listed.
        private static let sameSource = [
            "rewards/chosen": ["rewards/margins"], "rewards/rejected": ["rewards/margins"],
            "logps/rejected": ["logps/chosen"], "logits/chosen": ["entropy"], "logits/rejected": ["entropy"],
            "min_reward": ["margin", "mean_reward"],
            "max_reward": ["margin", "mean_reward"],
        ]

        /// 20 times the spread among correct implementations and 2e-6 relative; counting metrics may flip one element.
        private func tolerance(_ name: String, _ wanted: Double) throws -> Double {
            var noise = 0.0
            for kind in ["float32_eager_attention", "float64_weights"] {
                for listed in [name] + Self.sameSource[name, default: []] {
                    guard let spread = try expected["observed_noise"].optional(kind)?.optional(listed) else {
                        continue
                    }
                    noise = max(noise, try spread["max_abs"].double)
                }
            }
            let basic = 20 * noise + 2e-6 * max(1, abs(wanted))
            return name == "grad_norm" ? max(basic, 1e-5 * abs(wanted)) : basic
        }
    }

    @Test(arguments: [
        "completion_only", "assistant_only", "boundary_merge", "conversational_prompt_completion",
        "cosine_warmup_decay", "full_sequence_on_prompt_completion", "grad_accum_2", "lora",
        "messages_all_tokens",
        "no_clip", "packing_bfd", "packing_wrapped", "qwen2", "qwen3", "text", "truncated",
    ]) func supervised(_ name: String) throws {
        try Case("sft/\(name)").check { golden, context in
            var method = SFT.Configuration()
            let settings = try golden.expected["hyperparameters"]
            if let only = try settings.optional("completion_only_loss")?.bool {
                method.completionOnly = only ? .on : .off
            }
            method.assistantOnly = try settings.optional("assistant_only_loss")?.bool ?? false
            method.packing.isOn = try settings.optional("packing")?.bool ?? false
            if let strategy = try settings.optional("packing_strategy")?.string {
                method.packing.strategy = try #require(PackingConfiguration.Strategy(rawValue: strategy))
            }
            return try SFTJob.run(
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
            return try RewardJob.run(
                golden.training, adapters: golden.adapters, method: method, context: context)
        }
    }

    @Test(arguments: [
        "sigmoid_plain", "sigmoid_conversational_beta2", "sigmoid_grad_accum_2", "sigmoid_lora",
        "sigmoid_ref_is_initial_policy", "sigmoid_truncated", "boundary_merge",
    ]) func directPreference(_ name: String) throws {
        try Case("dpo/\(name)").check { golden, context in
            var method = DPO.Configuration()
            let settings = try golden.expected["hyperparameters"]
            method.beta = try settings["beta"].double
            if try settings["ref_model"].string == "tiny-llama-ref" {
                method.reference = Fixtures.golden("tiny-llama-ref").path
            }
            return try DPOJob.run(
                golden.training, adapters: golden.adapters, method: method, context: context)
        }
    }
}
