import Checkpoints
import Files
import Foundation
import Tokenization

/// A `.gguf` file as a folder in Hugging Face layout.
public enum GGUFImport {
    /// Creates `folder` with the model in it; it appears whole or not at all.
    ///
    /// - Parameter progress: what it throws ends the conversion, and nothing is left.
    public static func convert(
        _ file: URL, to folder: URL, progress: @escaping CatalogueStore.ProgressHandler
    ) throws {
        try AtomicFolder.create(at: folder) { partial in
            try convert(file, into: partial) { done, total in
                let name = file.lastPathComponent
                try progress(CatalogueProgress(name: name, phase: .converting, done: done, total: total))
            }
        }
    }

    /// Writes configuration, weights (dequantised, as float32) and tokenizer into `folder`, an existing one.
    ///
    /// - Parameter progress: weights written and weights in all, counted in values; what it throws ends the conversion.
    static func convert(
        _ file: URL, into folder: URL, progress: @escaping (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        let gguf = try GGUFFile(file)
        let model = try GGUFModel(gguf)
        let tokenizer = try Tokenizer(gguf: GGUFVocabulary(gguf))
        try tokenizer.write(to: folder)
        try model.configuration.write(to: folder.appending(path: "config.json"))
        try model.generationDefaults.write(to: folder.appending(path: "generation_config.json"))

        let entries = model.entries
        let total = entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
        var done = 0
        let counted = entries.map { entry in
            SafetensorsWriter.Entry(name: entry.name, elementType: entry.elementType, shape: entry.shape) {
                write in
                try entry.withBytes(write)
                done += entry.shape.reduce(1, *)
                try progress(done, total)
            }
        }
        try SafetensorsWriter.writeModel(counted, to: folder)
    }
}

extension GGUFVocabulary {
    /// The tokenizer's part of a file's metadata.
    init(_ file: GGUFFile) {
        func value(_ key: String) -> GGUFValue? { file.metadata["tokenizer.\(key)"] }
        self.init(
            file: file.url.path, model: value("ggml.model")?.string ?? "",
            preTokenizer: value("ggml.pre")?.string ?? "", tokens: value("ggml.tokens")?.strings ?? [],
            tokenTypes: value("ggml.token_type")?.integers ?? [], merges: value("ggml.merges")?.strings ?? [],
            scores: value("ggml.scores")?.numbers ?? [],
            addsBlankPrefix: value("ggml.add_space_prefix")?.boolean,
            beginningOfSequence: value("ggml.bos_token_id")?.integer,
            endOfSequence: value("ggml.eos_token_id")?.integer,
            padding: value("ggml.padding_token_id")?.integer,
            unknown: value("ggml.unknown_token_id")?.integer,
            addsBeginningOfSequence: value("ggml.add_bos_token")?.boolean,
            addsEndOfSequence: value("ggml.add_eos_token")?.boolean,
            chatTemplate: value("chat_template")?.string)
    }
}
