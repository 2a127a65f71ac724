import Foundation
import Testing

@testable import Checkpoints

/// Settings that only some families have: what an absent key means, and what is refused.
@Suite struct FamilySettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A small model's file with some keys added or, by nil, set to null.
    private func read(_ family: String, _ changes: [String: Any?] = [:]) throws -> ModelConfiguration {
        var json: [String: Any] = [
            "model_type": family, "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
            "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100,
            "max_position_embeddings": 256, "head_dim": 16,
        ]
        for (key, value) in changes { json[key] = value ?? NSNull() }
        return try ModelConfiguration(
            contentsOf: try folder.file("config.json", try JSONSerialization.data(withJSONObject: json)))
    }

    @Test func slidingLayers() throws {
        let mistral = try read("mistral")
        #expect(mistral.slidingWindow == 4096 && mistral.slidingLayers == [0, 1, 2, 3])
        #expect(try read("mistral", ["sliding_window": nil]).slidingLayers.isEmpty)
        #expect(try read("phi3").slidingWindow == nil)
        let qwen: [String: Any?] = ["use_sliding_window": true, "sliding_window": 32, "max_window_layers": 3]
        #expect(try read("qwen2", qwen).slidingLayers == [3])
        #expect(try read("qwen3", ["sliding_window": 32]).slidingWindow == nil)
        #expect(try read("qwen3_moe", ["use_sliding_window": true]).slidingLayers == [0, 1, 2, 3])
        let gemma = try read("gemma3_text", ["sliding_window_pattern": 2, "sliding_window": 16])
        #expect(gemma.slidingLayers == [0, 2] && gemma.window(of: 0) == 16 && gemma.window(of: 1) == nil)
        #expect(try read("gemma3_text").slidingLayers == [0, 1, 2, 3])
        let smol: [String: Any?] = ["use_sliding_window": true, "sliding_window": 16]
        #expect(try read("smollm3", smol).slidingLayers == [3])
    }

    @Test func defaultsOfTheFamilies() throws {
        let gemma = try read("gemma3_text")
        #expect(gemma.tiesEmbeddings && gemma.activation == .geluTanh && gemma.ropeTheta == 1e6)
        #expect(gemma.slidingRope == .init(theta: 10_000) && gemma.scales.embedding == 8)
        #expect(gemma.scales.attention == 1 / 16 && gemma.beginningOfSequenceID == 2)
        #expect(try read("smollm3").layersWithoutPositions == [3] && read("smollm3").ropeTheta == 2e6)
        #expect(try read("granite").scales.attention == 1)
        let experts = try read("qwen3_moe", ["decoder_sparse_step": 2, "mlp_only_layers": [1]]).experts
        #expect(experts?.count == 128 && experts?.denseLayers == [0, 1, 2])
        #expect(try read("llama", ["mlp_bias": true]).feedForwardHasBias)
        #expect(try read("phi3", ["partial_rotary_factor": 0.5]).rotarySize == 8)
    }

    @Test func stretchedPositions() throws {
        let yarn: [String: Any] = ["type": "yarn", "factor": 4, "mscale": 1, "mscale_all_dim": 2]
        guard case .yarn(let found)? = try read("llama", ["rope_scaling": yarn]).ropeScaling else {
            Issue.record("no YaRN")
            return
        }
        // (0.1·ln 4 + 1) / (0.2·ln 4 + 1), and the model's positions where no others are named.
        #expect(abs((found.attentionFactor ?? 0) - 1.1386294361 / 1.2772588722) < 1e-9)
        #expect(found.originalMaximumPositions == 256 && found.fastTurns == 32 && found.rounds)
        let factors = [Double](repeating: 1.5, count: 8)
        let long: [String: Any] = ["type": "su", "short_factor": factors, "long_factor": factors]
        let phi3 = try read("phi3", ["rope_scaling": long, "original_max_position_embeddings": 64])
        guard case .longrope(let rope)? = phi3.ropeScaling else {
            Issue.record("no LongRoPE")
            return
        }
        #expect(rope.originalMaximumPositions == 64 && rope.factor == 4 && phi3.dependsOnLength)
        let dynamic: [String: Any] = ["type": "dynamic", "factor": 1.5]
        #expect(try read("llama", ["rope_scaling": dynamic]).contextLength == 384)
        expectError(.malformed, "rope_parameters.long_factor", "8 factors", "2") {
            var short = long
            short["long_factor"] = [1.0, 1.0]
            _ = try read("phi3", ["rope_scaling": short])
        }
        expectError(.malformed, "original_max_position_embeddings", "at least 2", "1") {
            _ = try read("phi3", ["rope_scaling": long, "original_max_position_embeddings": 1])
        }
    }

    @Test func whatIsNotImplementedIsNamed() throws {
        let cases: [(String, String, Any)] = [
            ("gemma3_text", "hidden_activation", "gelu"), ("gemma3_text", "final_logit_softcapping", 30),
            ("gemma3_text", "use_bidirectional_attention", true), ("mistral", "attention_bias", true),
            (
                "mistral", "layer_types",
                ["full_attention", "sliding_attention", "full_attention", "full_attention"]
            ),
            ("qwen2", "layer_types", [String](repeating: "chunked_attention", count: 4)),
            ("qwen3_moe", "mlp_bias", true), ("olmo2", "partial_rotary_factor", 0.5),
            ("granite", "architectures", ["GraniteMoeForCausalLM"]),
            ("llama", "rope_scaling.mrope_section", ["type": "default", "mrope_section": [2, 3]]),
        ]
        for (family, key, value) in cases {
            let path = key.split(separator: ".").first.map(String.init) ?? key
            expectError(.unsupported, "config.json", "'\(key)'") { _ = try read(family, [path: value]) }
        }
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let cases: [(String, String, [String: Any?])] = [
            ("smollm3", "no_rope_layers", ["no_rope_layers": [1, 0]]),
            ("qwen3", "layer_types", ["layer_types": ["full_attention"]]),
            ("qwen2", "sliding_window", ["layer_types": [String](repeating: "sliding_attention", count: 4)]),
            ("qwen3_moe", "num_experts_per_tok", ["num_experts": 4, "num_experts_per_tok": 5]),
            ("qwen3_moe", "decoder_sparse_step", ["decoder_sparse_step": 0]),
            ("granite", "residual_multiplier", ["residual_multiplier": 0]),
            ("gemma3_text", "query_pre_attn_scalar", ["query_pre_attn_scalar": 0]),
            ("mistral", "sliding_window", ["sliding_window": 0]),
            ("phi3", "partial_rotary_factor", ["partial_rotary_factor": 0.01]),
            (
                "llama", "rope_parameters.rope_type",
                ["head_dim": 2, "rope_parameters": ["rope_type": "dynamic", "factor": 2.0]]
            ),
        ]
        for (family, key, changes) in cases {
            expectError(.malformed, "config.json", "'\(key)'") { _ = try read(family, changes) }
        }
    }
}
