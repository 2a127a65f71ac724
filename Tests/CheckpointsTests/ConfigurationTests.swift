import Foundation
import JSON
import Testing

@testable import Checkpoints

@Suite struct ModelConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small llama's file with some keys replaced; nil removes one.
    private func file(_ changes: [String: Any?] = [:]) throws -> URL {
        var json: [String: Any] = [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100,
            "max_position_embeddings": 256,
            "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
        ]
        for (key, value) in changes { json[key] = value }
        return try folder.file("config.json", try JSONSerialization.data(withJSONObject: json))
    }

    private func read(_ changes: [String: Any?] = [:]) throws -> ModelConfiguration {
        try ModelConfiguration(contentsOf: try file(changes))
    }

    @Test func goldenFiles() throws {
        var llama = ModelConfiguration(
            family: .llama, hiddenSize: 64, layerCount: 3, headCount: 4, keyValueHeadCount: 2, headSize: 16,
            feedForwardSize: 176, vocabularySize: 512, maximumPositions: 512, normEpsilon: 1e-5,
            ropeTheta: 10_000,
            tiesEmbeddings: true, attentionHasBias: false, initializerRange: 0.1, beginningOfSequenceID: 1,
            endOfSequenceIDs: [2], paddingID: 0, elementType: .float32)
        #expect(try ModelConfiguration(contentsOf: Fixtures.golden("tiny-llama/config.json")) == llama)
        #expect(llama.architectures == ["LlamaForCausalLM"] && llama.labelCount == nil)

        llama.head = .sequenceClassification(labels: ["LABEL_0"])
        llama.layerCount = 2
        llama.tiesEmbeddings = false
        #expect(try ModelConfiguration(contentsOf: Fixtures.golden("tiny-reward/config.json")) == llama)
        #expect(llama.architectures == ["LlamaForSequenceClassification"] && llama.labelCount == 1)

        let qwen2 = try ModelConfiguration(contentsOf: Fixtures.golden("tiny-qwen2/config.json"))
        #expect(
            qwen2.family == .qwen2 && qwen2.attentionHasBias && qwen2.headSize == 16 && !qwen2.tiesEmbeddings)
        let qwen3 = try ModelConfiguration(contentsOf: Fixtures.golden("tiny-qwen3/config.json"))
        #expect(
            qwen3.family == .qwen3 && !qwen3.attentionHasBias && qwen3.headSize == 24
                && qwen3.ropeTheta == 1e6)
    }

    @Test(arguments: Fixtures.models) func goldenFilesRoundTrip(_ model: String) throws {
        let golden = Fixtures.golden("\(model)/config.json")
        let configuration = try ModelConfiguration(contentsOf: golden)
        let url = folder.url.appendingPathComponent("config.json")
        try configuration.write(to: url)
        #expect(try ModelConfiguration(contentsOf: url) == configuration)
        #expect(
            try JSONDecoder().decode(ModelConfiguration.self, from: JSONEncoder().encode(configuration))
                == configuration)

        // Every key we write has the value transformers wrote, but for the theta, which we repeat at the top
        // as version 4 has it.
        let theirs = try JSONObject(contentsOf: golden)
        let ours = try JSONObject(contentsOf: url)
        for (key, value) in ours where key != "rope_theta" && !(key == "head_dim" && theirs[key] == nil) {
            #expect(theirs[key] == value, "\(key)")
        }
        #expect(ours["rope_theta"] == .number(configuration.ropeTheta))
    }

    @Test func anOldFile() throws {
        let configuration = try read([
            "rope_theta": 100_000, "rope_scaling": NSNull(), "torch_dtype": "bfloat16", "pad_token_id": -1,
            "eos_token_id": [2, 3], "num_key_value_heads": NSNull(),
        ])
        #expect(configuration.ropeTheta == 100_000 && configuration.ropeScaling == nil)
        #expect(configuration.elementType == .bfloat16 && configuration.paddingID == nil)
        #expect(configuration.endOfSequenceIDs == [2, 3] && configuration.keyValueHeadCount == 4)
        #expect(configuration.headSize == 16 && !configuration.tiesEmbeddings)
        #expect(try read().ropeTheta == 10_000)
    }

    @Test func absentTokensAreLlamasOwnAndNullIsNone() throws {
        let absent = try read(["bos_token_id": nil, "eos_token_id": nil])
        #expect(absent.beginningOfSequenceID == 1 && absent.endOfSequenceIDs == [2])
        let null = try read(["bos_token_id": NSNull(), "eos_token_id": NSNull()])
        #expect(null.beginningOfSequenceID == nil && null.endOfSequenceIDs.isEmpty)
        try null.write(to: folder.url.appendingPathComponent("config.json"))
        #expect(try ModelConfiguration(contentsOf: folder.url.appendingPathComponent("config.json")) == null)
        let qwen = try read([
            "model_type": "qwen2", "architectures": nil, "bos_token_id": nil, "eos_token_id": nil,
        ])
        #expect(qwen.beginningOfSequenceID == nil && qwen.endOfSequenceIDs.isEmpty)
    }

    @Test func ropeScaling() throws {
        let linear = try read(["rope_scaling": ["type": "linear", "factor": 4]])
        #expect(linear.ropeScaling == .linear(factor: 4))
        let llama3 = try read([
            "rope_parameters": [
                "rope_type": "llama3", "rope_theta": 500_000, "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            ]
        ])
        #expect(llama3.ropeTheta == 500_000)
        #expect(
            llama3.ropeScaling
                == .llama3(
                    factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: 8192))
        for configuration in [linear, llama3] {
            let url = folder.url.appendingPathComponent("config.json")
            try configuration.write(to: url)
            #expect(try ModelConfiguration(contentsOf: url) == configuration)
        }
        expectError(.unsupported, "rope_scaling.type", "'proportional'") {
            _ = try read(["rope_scaling": ["type": "proportional", "factor": 4]])
        }
        expectError(.malformed, "rope_parameters.short_factor") {
            _ = try read(["rope_parameters": ["rope_type": "longrope"]])
        }
        expectError(.malformed, "rope_scaling.factor") { _ = try read(["rope_scaling": ["type": "linear"]]) }
        expectError(.malformed, "positive factors") {
            _ = try read(["rope_scaling": ["type": "linear", "factor": 0]])
        }
    }

    @Test func labels() throws {
        let classifier: [String: Any?] = ["architectures": ["LlamaForSequenceClassification"]]
        func labels(_ changes: [String: Any?]) throws -> ModelConfiguration.Head {
            try read(classifier.merging(changes) { $1 }).head
        }
        #expect(try labels([:]) == .sequenceClassification(labels: ["LABEL_0", "LABEL_1"]))
        #expect(try labels(["num_labels": 1]) == .sequenceClassification(labels: ["LABEL_0"]))
        #expect(
            try labels(["id2label": ["1": "safe", "0": "helpful"]])
                == .sequenceClassification(labels: ["helpful", "safe"]))
        expectError(.malformed, "num_labels") { _ = try labels(["num_labels": 3, "id2label": ["0": "a"]]) }
        expectError(.malformed, "id2label.0") { _ = try labels(["id2label": ["1": "a"]]) }
        expectError(.malformed, "id2label.0") { _ = try labels(["id2label": ["0": 1]]) }
        expectError(.malformed, "num_labels") { _ = try labels(["num_labels": 1_000_000_000_000]) }
        expectError(.malformed, "id2label") { _ = try labels(["id2label": [String: String]()]) }
    }

    @Test func whatIsNotImplementedIsNamed() throws {
        let cases: [(String, Any)] = [
            ("model_type", "gemma3"), ("hidden_act", "gelu"), ("use_sliding_window", true),
            ("final_logit_softcapping", 30), ("attn_logit_softcapping", 50), ("no_rope_layers", [1, 0]),
            ("quantization_config", ["quant_method": "gptq"]),
            ("layer_types", ["full_attention", "sliding_attention"]),
            ("partial_rotary_factor", 0.5), ("architectures", ["LlamaForTokenClassification"]),
            ("architectures", ["Qwen2ForCausalLM"]),
        ]
        for (key, value) in cases {
            expectError(.unsupported, "config.json", "'\(key)'") { _ = try read([key: value]) }
        }
    }

    @Test func otherNamesAndValuesOfTheSame() throws {
        #expect(try read(["hidden_act": "swish"]) == read(["hidden_act": "silu"]))
        #expect(try read(["initializer_range": 0]).initializerRange == 0)
    }

    @Test func whatIsMissingOrWrongIsNamed() throws {
        for key in [
            "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "vocab_size",
            "max_position_embeddings",
        ] {
            expectError(.malformed, "config.json", "'\(key)'", "none") { _ = try read([key: nil]) }
        }
        let cases: [(String, Any)] = [
            ("hidden_size", "64"), ("hidden_size", 64.5), ("hidden_size", 0), ("hidden_size", -1),
            ("hidden_size", 1 << 40),
            ("num_hidden_layers", 1 << 30), ("num_attention_heads", 0), ("num_key_value_heads", 3),
            ("num_key_value_heads", 0), ("head_dim", 15), ("vocab_size", Int.max), ("rms_norm_eps", 0),
            ("max_position_embeddings", (1 << 24) + 1),
            ("rope_theta", -1), ("bos_token_id", 100), ("eos_token_id", [2, 100]), ("eos_token_id", "2"),
            ("tie_word_embeddings", "yes"), ("rope_scaling", 3), ("architectures", "LlamaForCausalLM"),
        ]
        for (key, value) in cases {
            expectError(.malformed, "config.json", "'\(key)'") { _ = try read([key: value]) }
        }
        expectError(.missing, "absent.json") {
            _ = try ModelConfiguration(contentsOf: folder.url.appendingPathComponent("absent.json"))
        }
        expectError(.malformed, "broken.json: byte 1") {
            _ = try ModelConfiguration(contentsOf: try folder.file("broken.json", "{x".utf8))
        }
    }
}

@Suite struct GenerationDefaultsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String) throws -> GenerationDefaults {
        try GenerationDefaults(contentsOf: try folder.file("generation_config.json", text.utf8))
    }

    @Test func goldenFile() throws {
        #expect(
            try GenerationDefaults(contentsOf: Fixtures.golden("tiny-llama/generation_config.json"))
                == GenerationDefaults(
                    beginningOfSequenceID: 1, endOfSequenceIDs: [2], paddingID: 0, samples: false))
    }

    @Test func roundTrips() throws {
        let all = GenerationDefaults(
            beginningOfSequenceID: 5, endOfSequenceIDs: [7, 6], paddingID: 0, samples: true, temperature: 0.7,
            topK: 20,
            topP: 0.8, repetitionPenalty: 1.05)
        let url = folder.url.appendingPathComponent("generation_config.json")
        for defaults in [all, GenerationDefaults(), GenerationDefaults(endOfSequenceIDs: [1])] {
            try defaults.write(to: url)
            #expect(try GenerationDefaults(contentsOf: url) == defaults)
        }
        #expect(
            try read(#"{"temperature": 1, "other": [1], "top_k": null}"#)
                == GenerationDefaults(temperature: 1))
    }

    @Test(arguments: [
        #"{"eos_token_id": "2"}"#, #"{"eos_token_id": [1, -2]}"#, #"{"bos_token_id": -1}"#,
        #"{"temperature": -1}"#,
        #"{"top_k": -5}"#, #"{"top_p": "0.5"}"#, #"{"do_sample": 1}"#, "[]", "",
    ])
    func wrongValuesAreErrors(_ text: String) {
        expectError(.malformed, "generation_config.json") { _ = try read(text) }
    }
}

@Suite struct AdapterConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ changes: [String: Any?] = [:]) throws -> AdapterConfiguration {
        var json: [String: Any] = [
            "peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"],
        ]
        for (key, value) in changes { json[key] = value }
        return try AdapterConfiguration(
            contentsOf: try folder.file(
                "adapter_config.json", try JSONSerialization.data(withJSONObject: json)))
    }

    @Test func goldenFileRoundTrips() throws {
        let golden = Fixtures.golden("sft/lora_init/adapter_config.json")
        let adapter = try AdapterConfiguration(contentsOf: golden)
        #expect(
            adapter
                == AdapterConfiguration(
                    rank: 4, alpha: 8,
                    targetModules: [
                        "down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj",
                    ],
                    baseModel: "../../tiny-llama"))
        #expect(adapter.scale == 2)
        let url = folder.url.appendingPathComponent("adapter_config.json")
        try adapter.write(to: url)
        #expect(try AdapterConfiguration(contentsOf: url) == adapter)
        let theirs = try JSONObject(contentsOf: golden)
        for (key, value) in try JSONObject(contentsOf: url) { #expect(theirs[key] == value, "\(key)") }
    }

    @Test func aRewardModelsAdapter() throws {
        let adapter = AdapterConfiguration(
            rank: 16, alpha: 0.5, dropout: 0.05, targetModules: ["q_proj"], bias: .adaptedLayers,
            task: .sequenceClassification, baseModel: nil, modulesToSave: ["score"], scalesByRootOfRank: true,
            learnsMagnitude: true)
        #expect(adapter.scale == 0.125)
        let url = folder.url.appendingPathComponent("a.json")
        try adapter.write(to: url)
        #expect(try AdapterConfiguration(contentsOf: url) == adapter)
    }

    @Test func whatIsNotImplementedIsNamed() {
        let cases: [(String, Any)] = [
            ("peft_type", "IA3"), ("lora_bias", true), ("rank_pattern", ["a": 3]),
            ("alpha_pattern", ["a": 3]), ("layers_to_transform", [1]), ("exclude_modules", ["x"]),
            ("use_qalora", true),
            ("fan_in_fan_out", true), ("target_parameters", ["a"]), ("init_lora_weights", "pissa_niter_16"),
            ("task_type", "TOKEN_CLS"), ("bias", "some"), ("layer_replication", [[0, 1]]),
            ("megatron_config", ["a": 1]), ("of_a_later_version", true), ("another_config", ["a": 1]),
            ("a_number", 2), ("a_choice", "new"),
        ]
        for (key, value) in cases {
            expectError(.unsupported, "adapter_config.json", "'\(key)'") { _ = try read([key: value]) }
        }
    }

    /// What PEFT writes into every file says nothing where the key that it belongs to is off.
    @Test func whatChangesNothingIsPassedOver() throws {
        let changes: [String: Any?] = [
            "megatron_core": "megatron.core", "qalora_group_size": 16, "peft_version": "0.21.2",
            "use_dora": true, "of_a_later_version": false, "another_config": [String: Int](), "a_number": 0,
            "auto_mapping": ["base_model_class": "LlamaForCausalLM"], "ensure_weight_tying": false,
            "inference_mode": true, "revision": "main", "init_lora_weights": true,
        ]
        #expect(try read(changes) == read(["use_dora": true]))
    }

    @Test func wrongValuesAreErrors() {
        let cases: [(String, Any?)] = [
            ("peft_type", nil), ("r", nil), ("r", 0), ("r", 1 << 40), ("r", "4"), ("lora_alpha", nil),
            ("lora_alpha", 0),
            ("lora_dropout", 1), ("lora_dropout", -0.1), ("target_modules", nil),
            ("target_modules", [String]()),
            ("target_modules", "all-linear"), ("modules_to_save", [1]),
        ]
        for (key, value) in cases {
            expectError(.malformed, "adapter_config.json", "'\(key)'") { _ = try read([key: value]) }
        }
    }
}
