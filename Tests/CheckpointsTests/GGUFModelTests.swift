import Files
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// The golden models put into GGUF as llama.cpp's converter does, and read back.
@Suite struct GGUFModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let names = [
        ("model.embed_tokens.", "token_embd."), ("model.norm.", "output_norm."), ("lm_head.", "output."),
        ("model.layers.", "blk."), ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"), ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ]

    /// Within a head of 16 rows, rows 0 and 8 become the first pair, rows 1 and 9 the second, and so on.
    private func interleavedRows(_ values: [Float], headSize: Int, rowLength: Int) -> [Float] {
        var result: [Float] = []
        for head in stride(from: 0, to: values.count, by: headSize * rowLength) {
            for pair in 0..<headSize / 2 {
                for half in [0, headSize / 2] {
                    let start = head + (half + pair) * rowLength
                    result += values[start..<start + rowLength]
                }
            }
        }
        return result
    }

    private func builder(_ model: String) throws -> GGUFBuilder {
        let configuration = try ModelConfiguration(contentsOf: Fixtures.golden("\(model)/config.json"))
        let weights = try WeightFiles(folder: Fixtures.golden(model))
        let family = configuration.family.rawValue
        var builder = GGUFBuilder()
        builder.add("general.architecture", .string(family))
        for (key, value) in [
            ("block_count", configuration.layerCount), ("context_length", 512), ("embedding_length", 64),
            ("feed_forward_length", 176), ("attention.head_count", 4), ("attention.head_count_kv", 2),
            ("attention.key_length", configuration.headSize),
            ("attention.value_length", configuration.headSize),
        ] {
            builder.add("\(family).\(key)", .uint32(UInt32(value)))
        }
        builder.add("\(family).rope.freq_base", .float32(Float(configuration.ropeTheta)))
        builder.add("\(family).attention.layer_norm_rms_epsilon", .float32(Float(configuration.normEpsilon)))
        for (key, id) in [("bos", 1), ("eos", 2), ("padding", 0)] as [(String, UInt32)] {
            builder.add("tokenizer.ggml.\(key)_token_id", .uint32(id))
        }
        for (name, tensor) in weights.descriptions.sorted(by: { $0.key < $1.key }) {
            var values = try weights.withBytes(of: name) { $0.floats }
            if configuration.family == .llama, name.contains("q_proj") || name.contains("k_proj") {
                values = interleavedRows(values, headSize: 16, rowLength: 64)
            }
            let ggufName = Self.names.reduce(name) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
            builder.add(ggufName, .float32, tensor.shape, [UInt8](floats: values))
        }
        return builder
    }

    private func model(_ builder: GGUFBuilder) throws -> GGUFModel {
        try GGUFModel(try GGUFFile(try folder.file("model.gguf", builder.bytes)))
    }

    @Test(arguments: ["tiny-llama", "tiny-qwen2", "tiny-qwen3"])
    func goldenModelsComeBack(_ name: String) throws {
        let model = try model(try builder(name))
        var expected = try ModelConfiguration(contentsOf: Fixtures.golden("\(name)/config.json"))
        expected.initializerRange = 0.02
        #expect(model.configuration == expected)
        #expect(
            model.generationDefaults
                == GenerationDefaults(beginningOfSequenceID: 1, endOfSequenceIDs: [2], paddingID: 0))

        let weights = try WeightFiles(folder: Fixtures.golden(name))
        #expect(Set(model.entries.map(\.name)) == Set(weights.descriptions.keys))
        let output = folder.url.appendingPathComponent("converted")
        try AtomicFolder.create(at: output) { try SafetensorsWriter.writeModel(model.entries, to: $0) }
        let converted = try WeightFiles(folder: output)
        for (name, tensor) in weights.descriptions {
            #expect(converted.descriptions[name]?.shape == tensor.shape, "\(name)")
            let (values, original) = (
                try converted.withBytes(of: name) { $0.floats }, try weights.withBytes(of: name) { $0.floats }
            )
            #expect(values == original, "\(name)")
        }
    }

    @Test func halfSplitOrderByHand() {
        // Two heads of four rows, two inputs each.
        let rows = { (indices: [Float]) in indices.flatMap { [$0, $0 + 0.5] } }
        #expect(
            GGUFModel.halfSplitRows(rows([0, 1, 2, 3, 4, 5, 6, 7]), headCount: 2, headSize: 4)
                == rows([0, 2, 1, 3, 4, 6, 5, 7]))
    }

    @Test func namesByHand() {
        #expect(
            GGUFModel.huggingFaceName(of: "blk.12.attn_q_norm.weight")
                == "model.layers.12.self_attn.q_norm.weight")
        #expect(GGUFModel.huggingFaceName(of: "blk.0.attn_q.bias") == "model.layers.0.self_attn.q_proj.bias")
        #expect(GGUFModel.huggingFaceName(of: "output.weight") == "lm_head.weight")
        for name in [
            "blk.x.attn_q.weight", "blk.-1.attn_q.weight", "blk.0.attn_q", "blk.0.attn_qkv.weight", "", "...",
        ] {
            #expect(GGUFModel.huggingFaceName(of: name) == nil)
        }
    }

    @Test func severalTokensThatEndATurn() throws {
        var builder = try builder("tiny-llama")
        builder.add("tokenizer.ggml.eot_token_id", .uint32(7))
        #expect(try model(builder).generationDefaults.endOfSequenceIDs == [2, 7])
    }

    @Test func theEndOfAMessageEndsATurnToo() throws {
        var builder = try builder("tiny-llama")
        builder.add("tokenizer.ggml.eot_token_id", .uint32(7))
        builder.add("tokenizer.ggml.eom_token_id", .uint32(9))
        #expect(try model(builder).generationDefaults.endOfSequenceIDs == [2, 7, 9])
    }

    @Test func aPartOfASplitModelSaysSo() throws {
        var builder = try builder("tiny-llama")
        builder.add("split.no", .uint32(0))
        builder.add("split.count", .uint32(3))
        expectError(.unsupported, "part 1 of a model split into 3 files", "llama-gguf-split") {
            _ = try model(builder)
        }
    }

    @Test func linearRopeScaling() throws {
        var builder = try builder("tiny-llama")
        builder.add("llama.rope.scaling.type", .string("linear"))
        builder.add("llama.rope.scaling.factor", .float32(4))
        #expect(try model(builder).configuration.ropeScaling == .linear(factor: 4))
    }

    @Test func whatIsNotSupportedIsNamed() throws {
        let sound = try builder("tiny-llama")
        func expectRefusal(
            _ kind: CheckpointError.Kind, _ text: String, location: SourceLocation = #_sourceLocation,
            _ change: (inout GGUFBuilder) -> Void
        ) {
            var builder = sound
            change(&builder)
            expectError(kind, "model.gguf", text, location: location) { _ = try model(builder) }
        }
        expectRefusal(.unsupported, "'gemma'") { $0.pairs[0].value = .string("gemma") }
        expectRefusal(.unsupported, "llama.expert_count") { $0.add("llama.expert_count", .uint32(8)) }
        expectRefusal(.unsupported, "'longrope'") { $0.add("llama.rope.scaling.type", .string("longrope")) }
        expectRefusal(.malformed, "rope.scaling.factor") {
            $0.add("llama.rope.scaling.type", .string("yarn"))
        }
        expectRefusal(.unsupported, "final_logit_softcapping") {
            $0.add("llama.final_logit_softcapping", .float32(30))
        }
        expectRefusal(.unsupported, "attention.sliding_window") {
            $0.add("llama.attention.sliding_window", .uint32(8))
        }
        expectRefusal(.unsupported, "rope.dimension_count") {
            $0.add("llama.rope.dimension_count", .uint32(8))
        }
        expectRefusal(.unsupported, "rope_freqs.weight") {
            $0.add("rope_freqs.weight", .float32, [8], [UInt8](floats: [1, 2, 1, 2, 1, 2, 1, 2]))
        }
        expectRefusal(.unsupported, "also 'blk.0.attn_qkv.weight'") {
            $0.add("blk.0.attn_qkv.weight", .float32, [1], [UInt8](floats: [1]))
        }
        expectRefusal(.malformed, "none for 'model.norm.weight'") {
            $0.tensors.removeAll { $0.name == "output_norm.weight" }
        }
        expectRefusal(.malformed, "token_embd.weight") {
            $0.tensors.removeAll { $0.name == "token_embd.weight" }
        }
        expectRefusal(.malformed, "llama.block_count") {
            $0.pairs.removeAll { $0.key == "llama.block_count" }
        }
        expectRefusal(.malformed, "llama.attention.head_count") { builder in
            builder.pairs.removeAll { $0.key == "llama.attention.head_count" }
            builder.add("llama.attention.head_count", .string("4"))
        }
        expectRefusal(.malformed, "shape [64], as the metadata says, found [32]") { builder in
            builder.tensors.removeAll { $0.name == "output_norm.weight" }
            builder.add("output_norm.weight", .float32, [32], [UInt8](repeating: 0, count: 128))
        }
        expectRefusal(.malformed, "num_hidden_layers") { builder in
            builder.pairs.removeAll { $0.key == "llama.block_count" }
            builder.add("llama.block_count", .uint32(.max))
        }
    }
}
