import Files
import Foundation
import LanguageModels
import Models
import Settings

/// An adapter and its base as one model in Hugging Face layout.
public enum AdapterMerge {
    /// Creates `folder` with the merged weights in float32, configuration and tokenizer; it appears whole or not at all.
    /// A reward model's adapter becomes a sequence classifier.
    ///
    /// - Parameter adapter: a model argument that names a folder with a PEFT adapter.
    /// - Throws: `InvalidSetting` for a model without adapter, `FileError.alreadyExists` where `folder` is there.
    public static func run(_ adapter: String, to folder: URL, on computation: Computation) throws {
        let source = try ModelSource(adapter, role: "adapter", on: computation)
        guard source.folders.adapter != nil else {
            throw InvalidSetting(
                "adapter", expected: "a folder with adapter_config.json",
                found: "\(adapter), a whole model: there is nothing to merge")
        }
        try AtomicFolder.create(at: folder) { partial in
            let model: DecoderModel =
                try source.isRewardModel
                ? source.loadRewardModel(on: computation) : source.loadFrozen(on: computation)
            try model.save(to: partial)
            try source.copyTokenizer(to: partial)
            try source.copyRewardFiles(to: partial)
        }
    }
}
