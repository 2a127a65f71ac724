import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// The golden families put into GGUF by the names and settings of llama.cpp's converter, and read back.
@Suite struct GGUFFamilyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Case: Sendable {
        let architecture: String
        /// What the families' own tensors are called, beside those of llama.
        var names: [(String, String)] = []
        var numbers: [(String, Double)] = []
        var integers: [(String, Int)] = []
        var texts: [(String, String)] = []
        /// What the file cannot say, or llama.cpp takes for granted.
        var change: @Sendable (inout ModelConfiguration) -> Void = { _ in }
    }

    private static let names = [
        ("model.embed_tokens.", "token_embd."), ("model.norm.", "output_norm."), ("lm_head.", "output."),
        ("model.layers.", "blk."), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
        ("input_layernorm", "attn_norm"),
    ]
    private static let plainNorms = [("post_attention_layernorm", "ffn_norm")]
    private static let outerNorms = [
        ("post_attention_layernorm", "post_attention_norm"), ("pre_feedforward_layernorm", "ffn_norm"),
        ("post_feedforward_layernorm", "post_ffw_norm"),
    ]
    private static let fused = [("self_attn.qkv_proj", "attn_qkv"), ("mlp.gate_up_proj", "ffn_up")]

    private static let cases: [String: Case] = [
        "gemma3": Case(
            architecture: "gemma3", names: outerNorms, numbers: [("rope.scaling.factor", 8)],
            integers: [("attention.sliding_window", 8), ("attention.sliding_window_pattern", 3)],
            texts: [("rope.scaling.type", "linear")],
            change: { $0.scales.attention = 0.25 }),
        "olmo2": Case(architecture: "olmo2", names: outerNorms),
        "phi3": Case(
            architecture: "phi3", names: fused + plainNorms,
            integers: [("rope.dimension_count", 6), ("attention.sliding_window", 10)]),
        "phi3_longrope": Case(
            architecture: "phi3", names: fused + plainNorms,
            integers: [("rope.scaling.original_context_length", 32)]),
        "smollm3": Case(
            architecture: "smollm3", names: plainNorms, change: { $0.layersWithoutPositions = [3] }),
        "granite": Case(
            architecture: "granite", names: plainNorms,
            numbers: [
                ("attention.scale", 0.3), ("embedding_scale", 12), ("residual_scale", 0.22),
                ("logit_scale", 8),
            ]),
        "qwen3_moe": Case(
            architecture: "qwen3moe", names: [("mlp.gate.", "ffn_gate_inp.")] + plainNorms,
            integers: [
                ("expert_count", 4), ("expert_used_count", 2), ("expert_feed_forward_length", 24),
            ]),
        "llama_rope_yarn": Case(
            architecture: "llama", names: plainNorms, numbers: [("rope.scaling.factor", 4)],
            integers: [("rope.scaling.original_context_length", 32)], texts: [("rope.scaling.type", "yarn")]),
        "llama_biases_untied": Case(architecture: "llama", names: plainNorms),
    ]

    @Test(arguments: cases.keys.sorted()) func comesBack(family name: String) throws {
        let golden = Fixtures.golden("families/\(name)")
        let described = try #require(Self.cases[name])
        var expected = try ModelConfiguration(contentsOf: golden.appendingPathComponent("config.json"))
        let weights = try WeightFiles(folder: golden)
        let builder = try builder(described, expected, weights)
        let model = try GGUFModel(GGUFFile(try folder.file("model.gguf", builder.bytes)))
        expected.initializerRange = 0.02
        described.change(&expected)
        #expect(model.configuration == expected)
        #expect(Set(model.entries.map(\.name)) == Set(weights.descriptions.keys))
        for weight in weights.descriptions.keys {
            let original = try weights.withBytes(of: weight) { $0.floats }
            let found = try model.floats(of: weight)
            // Gemma's norms lose the last bits where one is added to small numbers.
            #expect(zip(found, original).allSatisfy { abs($0 - $1) <= 1.2e-7 }, "\(weight)")
            if name != "gemma3" { #expect(found == original, "\(weight)") }
        }
    }

    private func builder(
        _ described: Case, _ configuration: ModelConfiguration, _ weights: WeightFiles
    ) throws -> GGUFBuilder {
        let architecture = described.architecture
        var builder = GGUFBuilder()
        builder.add("general.architecture", .string(architecture))
        let sizes = [
            ("block_count", configuration.layerCount), ("context_length", configuration.maximumPositions),
            ("embedding_length", configuration.hiddenSize),
            ("feed_forward_length", configuration.feedForwardSize),
            ("attention.head_count", configuration.headCount),
            ("attention.head_count_kv", configuration.keyValueHeadCount),
            ("attention.key_length", configuration.headSize),
            ("attention.value_length", configuration.headSize),
        ]
        for (key, value) in sizes + described.integers {
            builder.add("\(architecture).\(key)", .uint32(UInt32(value)))
        }
        let numbers = [
            ("rope.freq_base", configuration.ropeTheta),
            ("attention.layer_norm_rms_epsilon", configuration.normEpsilon),
        ]
        for (key, value) in numbers + described.numbers {
            builder.add("\(architecture).\(key)", .float32(Float(value)))
        }
        for (key, text) in described.texts { builder.add("\(architecture).\(key)", .string(text)) }
        for (key, id) in [("bos", 1), ("eos", 2), ("padding", 0)] as [(String, UInt32)] {
            builder.add("tokenizer.ggml.\(key)_token_id", .uint32(id))
        }
        if case .longrope(let rope) = configuration.ropeScaling {
            for (name, factors) in [("short", rope.short), ("long", rope.long)] {
                builder.add(
                    "rope_factors_\(name).weight", .float32, [factors.count],
                    [UInt8](floats: factors.map { Float($0) }))
            }
        }
        try add(weights, described, configuration, to: &builder)
        return builder
    }

    private func add(
        _ weights: WeightFiles, _ described: Case, _ configuration: ModelConfiguration,
        to builder: inout GGUFBuilder
    ) throws {
        var experts: [String: [(number: Int, values: [Float], shape: [Int])]] = [:]
        for (name, tensor) in weights.descriptions.sorted(by: { $0.key < $1.key }) {
            var values = try weights.withBytes(of: name) { $0.floats }
            if described.architecture == "gemma3", name.hasSuffix("norm.weight") {
                values = values.map { $0 + 1 }
            }
            if ["llama", "smollm3", "granite"].contains(described.architecture),
                name.contains("q_proj") || name.contains("k_proj")
            {
                values = interleaved(values, headSize: configuration.headSize, rows: tensor.shape[0])
            }
            let parts = name.split(separator: ".")
            if parts.count == 8, parts[4] == "experts" {
                let stack = "blk.\(parts[2]).ffn_\(parts[6].dropLast("_proj".count))_exps.weight"
                experts[stack, default: []].append((Int(parts[5]) ?? -1, values, tensor.shape))
                continue
            }
            let ggufName = (described.names + Self.names).reduce(name) {
                $0.replacingOccurrences(of: $1.0, with: $1.1)
            }
            builder.add(ggufName, .float32, tensor.shape, [UInt8](floats: values))
        }
        for (name, stack) in experts {
            let sorted = stack.sorted { $0.number < $1.number }
            builder.add(
                name, .float32, [sorted.count] + sorted[0].shape,
                [UInt8](floats: sorted.flatMap(\.values)))
        }
    }

    /// Within a head, rows 0 and D/2 become the first pair, and so on.
    private func interleaved(_ values: [Float], headSize: Int, rows: Int) -> [Float] {
        let width = values.count / rows
        var result: [Float] = []
        for head in stride(from: 0, to: rows, by: headSize) {
            for pair in 0..<headSize / 2 {
                for row in [head + pair, head + headSize / 2 + pair] {
                    result += values[row * width..<(row + 1) * width]
                }
            }
        }
        return result
    }

    @Test func frequenciesOfLlama3() throws {
        let golden = Fixtures.golden("families/llama_rope_llama3")
        let configuration = try ModelConfiguration(contentsOf: golden.appendingPathComponent("config.json"))
        let weights = try WeightFiles(folder: golden)
        var builder = try builder(
            Case(architecture: "llama", names: Self.plainNorms), configuration, weights)
        // θ = 500,000 and heads of 8: wavelengths 6.3, 167, 4,443 and 118,143; with a factor of 32 and the original 8,192
        // positions, the first two turn more than 4 times, the third between 1 and 4 times, the last less than once.
        let turns = 8192 / (2 * Double.pi) * pow(500_000, -0.5)
        let blend = (turns - 1) / 3
        let third = 1 / (blend + (1 - blend) / 32)
        builder.add("rope_freqs.weight", .float32, [4], [UInt8](floats: [1, 1, Float(third), 32]))
        #expect(
            try GGUFModel(GGUFFile(try folder.file("model.gguf", builder.bytes))).configuration.ropeScaling
                == .llama3(
                    factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: 8192)
        )
    }
}
