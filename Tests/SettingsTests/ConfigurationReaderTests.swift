import Foundation
import Models
import Testing
import Training

@testable import Settings

/// What a method declares.
private struct Preference: ConfigurationSection, Equatable {
    enum Loss: String, Codable, CaseIterable { case sigmoid, hinge, ipo }

    var training = TrainingConfiguration(learningRate: 1e-6)
    var adapter = AdapterTraining()
    var losses: [Loss] = [.sigmoid]
    var beta = 0.1
    var reference: String?

    enum CodingKeys: String, CodingKey {
        case training, adapter
        case losses = "loss"
        case beta, reference
    }

    static let synonyms: [String: ConfigurationSynonym] = [
        "loss_type": .name("loss"),
        "ref_model": .name("reference", values: ["initial policy": nil]),
    ]

    func validate() throws {
        try InvalidSetting.check(beta > 0, CodingKeys.beta, expected: "a number above 0", found: beta)
    }
}

@Suite struct ConfigurationReaderTests {
    private func read(
        _ yaml: String, flags: [ConfigurationOverride] = []
    ) throws -> ResolvedConfiguration<Preference> {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(yaml.utf8).write(to: folder.appending(path: "dpo.yaml"))
        let file = URL(fileURLWithPath: "dpo.yaml", relativeTo: URL(fileURLWithPath: folder.path + "/"))
        return try ConfigurationReader(file: file, overrides: flags)
            .read(Preference())
    }

    private func message(_ yaml: String, flags: [ConfigurationOverride] = []) -> String? {
        do { _ = try read(yaml, flags: flags) } catch { return "\(error)" }
        return nil
    }

    @Test func flagWinsOverFileOverDefault() throws {
        let method = try read(
            "batch_size: 2\nbeta: 0.5\n", flags: [.init(flag: "--batch-size", value: 16)]
        ).value
        #expect(method.training.batchSize == 16)
        #expect(method.beta == 0.5)
        #expect(method.training.learningRate == 1e-6)
        #expect(method.training.maximumLength == 1024)
    }

    /// The keys of the sampler stand among those of the job, with the job's own defaults and other tools' names.
    @Test func aSectionInsideAJobReadsAsOneFlatFile() throws {
        let reader = try ConfigurationReader(file: nil)
        #expect(
            try reader.read(SampleConfiguration()).yaml == """
                model: null
                name: null
                prompts: []
                limit: null
                n: 1
                max_new_tokens: 256
                temperature: 1
                top_k: 0
                top_p: 1
                min_p: 0
                repetition_penalty: 1
                greedy: false
                stop: []
                slots: 32
                chat_prompts: false
                ignore_eos: false

                """)
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let yaml = "num_return_sequences: 4\nmax_completion_length: 9\ndo_sample: false\ntop_p: 0.5\n"
        try Data(yaml.utf8).write(to: file)
        let configuration = try ConfigurationReader(file: file).read(SampleConfiguration()).value
        #expect(configuration.sampler.answersPerPrompt == 4 && configuration.sampler.maximumNewTokens == 9)
        #expect(configuration.sampler.isGreedy && configuration.sampler.topP == 0.5)
        let refused = try ConfigurationReader(file: nil, overrides: [.init(flag: "--n", value: 0)])
        let error = #expect(throws: ConfigurationError.self) { try refused.read(SampleConfiguration()) }
        #expect(error?.description.contains("expected at least 1, found 0") == true)
    }

    @Test func nullUnsetsWhatMayBeUnset() throws {
        #expect(try read("max_length: null").value.training.maximumLength == nil)
        #expect(message("batch_size: null") == "dpo.yaml:1: batch_size: expected a whole number, found null")
    }

    @Test func emptyFileSetsNothing() throws {
        #expect(try read("# nothing\n").value == Preference())
    }

    @Test func filesOfTRLRunUnchanged() throws {
        let resolved = try read(
            """
            model_name_or_path: tiny-llama
            ref_model: initial policy
            dataset_name: rows.jsonl
            per_device_train_batch_size: 4
            gradient_accumulation_steps: 2
            num_train_epochs: 1
            max_steps: -1
            learning_rate: 1e-08
            lr_scheduler_type: constant_with_warmup
            optim: adamw_torch
            shuffle_dataset: False
            loss_type: hinge
            use_peft: true
            lora_r: 4
            lora_target_modules: [q_proj, v_proj]
            logging_steps: 1
            gradient_checkpointing: true
            report_to: none
            """)
        let method = resolved.value
        let (training, adapter) = (method.training, method.adapter)
        #expect(training.model == "tiny-llama")
        #expect(training.train == ["rows.jsonl"])
        #expect(training.batchSize == 4)
        #expect(training.gradientAccumulationSteps == 2)
        #expect(training.epochs == 1)
        #expect(training.maximumSteps == nil)
        #expect(training.learningRate == 1e-8)
        #expect(training.schedule == .constant)
        #expect(!training.shuffle)
        #expect(training.logEvery == 1)
        #expect(adapter.isOn && adapter.rank == 4)
        #expect(adapter.targets == ["q_proj", "v_proj"])
        #expect(method.losses == [.hinge])
        #expect(method.reference == nil)
        #expect(training.recomputesActivations)
        #expect(resolved.ignoredKeys == ["report_to"])
    }

    @Test(arguments: [("steps", StepInterval.steps(7)), ("epoch", .epoch), ("no", 0), ("false", 0)])
    func linesAreLoggedByTheStrategy(strategy: String, expected: StepInterval) throws {
        let resolved = try read("logging_strategy: \(strategy)\nlogging_steps: 7")
        #expect(resolved.value.training.logEvery == expected && resolved.ignoredKeys.isEmpty)
    }

    @Test func dataSetsAreMixedAsInTRL() throws {
        let resolved = try read(
            """
            datasets:
              - path: a.jsonl
                columns: [prompt, completion]
                fraction: 0.75
              - {path: b.jsonl, split: train, fraction: 0.25}
            load_best_model_at_end: true
            metric_for_best_model: eval_loss
            greater_is_better: false
            save_total_limit: 3
            """)
        let training = resolved.value.training
        #expect(training.trainingPaths == ["a.jsonl", "b.jsonl"])
        #expect(training.datasets.map(\.fraction) == [0.75, 0.25])
        #expect(training.datasets.map(\.columns) == [["prompt", "completion"], nil])
        #expect(training.selection.keepsBest && training.selection.metric == "eval_loss")
        #expect(training.selection.greaterIsBetter == false && training.keepCheckpoints == 3)
        #expect(resolved.ignoredKeys.isEmpty)
        // What is printed says the same.
        #expect(try read(resolved.yaml).value.training == training)
    }

    @Test func aDataSetSaysNothingUnheard() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try read("datasets:\n  - {path: a.jsonl, fractoin: 0.5}")
        }
        #expect(
            error?.description.hasSuffix(
                "datasets: expected data sets of path, split, columns, fraction, found fractoin") == true)
    }

    @Test func jsonIsReadToo() throws {
        let method = try read(#"{"adam_epsilon": 1e-08, "loss_type": ["sigmoid", "ipo"]}"#).value
        #expect(method.training.adamEpsilon == 1e-8)
        #expect(method.losses == [.sigmoid, .ipo])
    }

    @Test func unknownKeyIsNamedWithItsPlaceAndTheNearest() {
        #expect(
            message("beta: 0.1\nlearning_rat: 1e-5\n")
                == "dpo.yaml:2: 'learning_rat' is not a setting of this verb; did you mean 'learning_rate'?")
        #expect(
            message("quux: 1")
                == "dpo.yaml:1: 'quux' is not a setting of this verb; --print-config lists them all")
    }

    @Test func wrongTypesNameKeyPlaceExpectedAndFound() {
        #expect(message("\nbeta: much") == "dpo.yaml:2: beta: expected a number, found 'much'")
        #expect(message("batch_size: 2.5") == "dpo.yaml:1: batch_size: expected a whole number, found '2.5'")
        #expect(
            message("batch_size: '2'")
                == "dpo.yaml:1: batch_size: expected a whole number, found the text '2'")
        #expect(message("shuffle: [1]") == "dpo.yaml:1: shuffle: expected true or false, found a list")
        #expect(message("model: {a: 1}") == "dpo.yaml:1: model: expected a text, found a mapping")
        #expect(
            message("lr_scheduler_type: polynomial")
                == "dpo.yaml:1: lr_scheduler_type: expected one of constant, linear, cosine, cosine_with_min_lr, "
                + "warmup_stable_decay, found 'polynomial'"
        )
        #expect(
            message("loss: sigmoyd")
                == "dpo.yaml:1: loss: expected a list, each one of sigmoid, hinge, ipo, found 'sigmoyd'")
        #expect(
            message("loss: [ipo, sigmoyd]")
                == "dpo.yaml:1: loss: expected a list, each one of sigmoid, hinge, ipo, found 'ipo', 'sigmoyd'"
        )
    }

    @Test func refusedValuesNameTheirPlace() {
        #expect(message("x: 1\nbeta: 0")?.hasPrefix("dpo.yaml:1: 'x'") == true)
        #expect(message("\n\nbeta: 0") == "dpo.yaml:3: beta: expected a number above 0, found 0.0")
        #expect(
            message("", flags: [.init(flag: "--beta", value: -1.0)])
                == "--beta: expected a number above 0, found -1.0")
    }

    @Test func valuesThatWouldChangeTheResultAreRefused() {
        #expect(
            message("optim: adafactor")
                == "dpo.yaml:1: optim: the optimizer is AdamW; expected adamw or adamw_torch or adamw_torch_fused, "
                + "found 'adafactor'")
    }

    @Test func twoNamesOfOneSettingAreRefused() {
        #expect(
            message("loss: ipo\nloss_type: ipo")
                == "dpo.yaml:2: 'loss_type' says again what 'loss' says at dpo.yaml:1; keep one")
        #expect(message("beta: 1\nbeta: 2")?.contains("'beta' more than once") == true)
    }

    @Test func brokenFilesAreNamed() {
        #expect(message("- a\n- b\n") == "dpo.yaml:1: expected YAML with one key per line, found no key")
        #expect(message("beta: 1\n  model: [")?.hasPrefix("dpo.yaml:") == true)
        #expect(throws: ConfigurationError.unreadable(file: "none.yaml", reason: "there is no such file")) {
            try ConfigurationReader(file: URL(fileURLWithPath: "none.yaml"))
        }
    }

    @Test func printedConfigurationReadsBackToTheSame() throws {
        let first = try read(
            "model: 'null'\nlearning_rate: 3.3333333333333335e-05\nlora_targets: [q_proj]\nmax_length: null\n"
        )
        let again = try read(first.yaml)
        #expect(again.value == first.value)
        #expect(again.yaml == first.yaml)
        #expect(
            first.yaml.hasPrefix(
                "model: \"null\"\ntrain: []\ndatasets: []\neval: []\nchat_prompts: false\nlearning_rate: 3.3333333333333335e-05\n"
            )
        )
        #expect(first.yaml.contains("\nbeta: 0.1\n"))
        #expect(first.yaml.contains("\nmax_length: null\n"))
    }
}
