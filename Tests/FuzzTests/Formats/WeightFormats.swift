import Foundation
import JSON
import TestSupport
import Tokenization

@testable import Checkpoints
@testable import Models

extension FuzzFormat {
    /// Files of weights.
    static let weights = [
        FuzzFormat(
            "safetensors", .binary, sources: ["Checkpoints/SafetensorsFile.swift"],
            samples: headers.map { safetensors(Array($0.utf8)) }, reader: { _ in readSafetensors }),
        FuzzFormat(
            "safetensors-header", .json, sources: ["Checkpoints/JSONValue+Reading.swift"],
            samples: headers.map { Array($0.utf8) }, frame: safetensors, reader: { _ in readSafetensors }),
        FuzzFormat(
            "safetensors-index", .json, sources: [],
            samples: [
                Array(#"{"metadata": {"total_size": 24}, "weight_map": {"a": "1.st", "b": "1.st"}}"#.utf8)
            ]
        ) { folder in
            let shard = safetensors(Array(headers[0].utf8))
            try Data(shard).write(to: folder.appendingPathComponent("1.st"))
            return { input in
                _ = try input.file("model.safetensors.index.json")
                _ = try WeightFiles(folder: input.folder)
            }
        },
        FuzzFormat("gguf", .binary, sources: ["Checkpoints/GGUFFile.swift"], samples: [gguf().bytes]) { _ in
            readGGUF
        },
    ]

    // MARK: Safetensors

    private static let headers = [
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
            + #""b":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]}}"#,
        #"{"x":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"y":{"dtype":"F16","shape":[0,3],"#
            + #""data_offsets":[8,8]},"z":{"dtype":"U8","shape":[16],"data_offsets":[8,24]}}"#,
    ]

    /// A header with its length before and 24 bytes after it.
    private static func safetensors(_ header: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(header.count))
        return bytes + header + (0..<24)
    }

    private static func readSafetensors(_ input: FuzzInput) throws {
        let file = try SafetensorsFile(input.file("model.safetensors"))
        for name in file.tensors.keys { _ = try file.withBytes(of: name) { $0.reduce(0, &+) } }
    }

    // MARK: GGUF

    /// A model of one layer and its tokenizer.
    private static func gguf() -> GGUFBuilder {
        var builder = GGUFBuilder()
        builder.add("general.architecture", .string("llama"))
        for (key, value) in [
            ("block_count", 1), ("context_length", 64), ("embedding_length", 32), ("feed_forward_length", 32),
            ("attention.head_count", 2), ("attention.head_count_kv", 1), ("rope.dimension_count", 16),
        ] as [(String, UInt32)] {
            builder.add("llama.\(key)", .uint32(value))
        }
        builder.add("llama.rope.freq_base", .float32(10_000))
        builder.add("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
        addTokenizer(to: &builder)
        for (name, type, shape) in [
            ("token_embd", .q8_0, [300, 32]), ("output_norm", .float32, [32]),
            ("blk.0.attn_norm", .float32, [32]),
            ("blk.0.ffn_norm", .float32, [32]), ("blk.0.attn_q", .q4_0, [32, 32]),
            ("blk.0.attn_k", .q4_1, [16, 32]), ("blk.0.attn_v", .q5_0, [16, 32]),
            ("blk.0.attn_output", .q5_1, [32, 32]), ("blk.0.ffn_gate", .float16, [32, 32]),
            ("blk.0.ffn_up", .bfloat16, [32, 32]), ("blk.0.ffn_down", .q8_0, [32, 32]),
        ] as [(String, GGUFTensorType, [Int])] {
            let blocks = shape.reduce(1, *) / type.blockSize
            builder.add(
                "\(name).weight", type.rawValue, shape,
                [UInt8](repeating: 0x3C, count: blocks * type.blockByteCount))
        }
        return builder
    }

    private static func addTokenizer(to builder: inout GGUFBuilder) {
        let tokens = smallVocabulary.sorted { $0.value < $1.value }.map(\.key)
        builder.add("tokenizer.ggml.model", .string("gpt2"))
        builder.add("tokenizer.ggml.pre", .string("smollm"))
        builder.add("tokenizer.ggml.tokens", .raw(9, array(of: 8, tokens.map(GGUFBuilder.bytes))))
        let types = tokens.indices.map { index in
            var bytes: [UInt8] = []
            bytes.append(integer: Int32(index < 3 ? 3 : 1))
            return bytes
        }
        builder.add("tokenizer.ggml.token_type", .raw(9, array(of: 5, types)))
        let merges = smallMerges.map { "\($0[0]) \($0[1])" }
        builder.add("tokenizer.ggml.merges", .raw(9, array(of: 8, merges.map(GGUFBuilder.bytes))))
        for (key, id) in [("bos", 1), ("eos", 2), ("padding", 0), ("unknown", 0)] as [(String, UInt32)] {
            builder.add("tokenizer.ggml.\(key)_token_id", .uint32(id))
        }
        builder.add("tokenizer.chat_template", .string("{{ messages[0].content }}"))
    }

    private static func array(of type: UInt32, _ elements: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: type)
        bytes.append(integer: UInt64(elements.count))
        return bytes + elements.joined()
    }

    private static func readGGUF(_ input: FuzzInput) throws {
        let file = try GGUFFile(input.file("model.gguf"))
        for name in file.tensors.keys { _ = try file.floats(of: name) }
        _ = try? use(Tokenizer(gguf: GGUFVocabulary(file)))
        let model = try GGUFModel(file)
        for name in model.configuration.parameterShapes.keys { _ = try model.floats(of: name) }
        _ = model.generationDefaults
    }
}
