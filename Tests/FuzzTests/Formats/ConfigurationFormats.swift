import Checkpoints
import Foundation
import JSON
import TestSupport

extension FuzzFormat {
    /// JSON beside weights.
    static let configurations = [
        FuzzFormat(
            "config.json", .json, sources: ["Checkpoints/ConfigurationFields.swift"],
            samples: [
                golden("tiny-llama/config.json"), golden("tiny-qwen3/config.json"), ropeScaling,
                golden("families/gemma3/config.json"), golden("families/qwen3_moe/config.json"),
                golden("families/phi3_longrope/config_older_keys.json"),
            ]
        ) { input in
            let configuration = try ModelConfiguration(contentsOf: input.file("config.json"))
            _ = configuration.parameterShapes.values.reduce(0) { $0 &+ $1.count }
            _ = try JSONEncoder().encode(configuration)
        },
        FuzzFormat(
            "generation_config.json", .json, sources: [],
            samples: [
                #"{"bos_token_id": 1, "eos_token_id": [2, 7], "pad_token_id": 0, "do_sample": true, "top_k": 50, "#
                    + #""temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.1}"#
            ]
        ) { input in
            _ = try JSONEncoder().encode(GenerationDefaults(contentsOf: input.file("generation_config.json")))
        },
        FuzzFormat(
            "adapter_config.json", .json, sources: ["Checkpoints/AdapterConfiguration.swift"],
            samples: [file("peft/dora/adapter_config.json"), file("peft/rslora/adapter_config.json")]
        ) { input in
            _ = try JSONEncoder().encode(AdapterConfiguration(contentsOf: input.file("adapter_config.json")))
        },
    ]

    private static let ropeScaling =
        #"{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "head_dim": 8, "#
        + #""num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 128, "#
        + #""max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10000, "#
        + #""rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "#
        + #""high_freq_factor": 4.0, "original_max_position_embeddings": 64}}"#

    /// A file of the fixtures.
    static func file(_ path: String) -> String {
        (try? String(contentsOf: Fixtures.root.appending(path: path), encoding: .utf8)) ?? ""
    }

    static func golden(_ path: String) -> String { file("golden/\(path)") }
}
