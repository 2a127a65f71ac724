import Alignment
import Datasets
import Foundation
import LanguageModels
import Runs
import Tokenization

/// One arm, found and ready to be loaded.
struct EvaluatedArm {
    let name: String
    let source: ModelSource
    /// Hash of the model's files.
    let fingerprint: String
    /// The prompts as this model is given them.
    let prompts: [[Int]]

    /// Whether the reference is this arm with its adapter switched off.
    func isAdapter(on reference: EvaluatedArm) -> Bool {
        let (own, other) = (source.folders, reference.source.folders)
        return own.adapter != nil && other.adapter == nil
            && own.base.resolvingSymlinksInPath() == other.base.resolvingSymlinksInPath()
    }

    /// Whether both read and write the same tokens, so that one can score what the other wrote.
    func sharesTokens(with other: EvaluatedArm) -> Bool {
        prompts == other.prompts && source.tokenizer.vocabularySize == other.source.tokenizer.vocabularySize
    }

    /// Finds all arms; a base model that several of them share is hashed once.
    /// - Throws: `DataError` for a prompt that leaves one of them no room for an answer.
    static func find(
        _ models: [NamedPath], prompts: [SourcedRow<PromptRow>], maximumNewTokens: Int, context: JobContext
    ) throws -> [EvaluatedArm] {
        var hashes: [URL: String] = [:]
        return try models.map { model in
            let source = try ModelSource(model.path, role: "models", context: context)
            let folders = [source.folders.base] + (source.folders.adapter.map { [$0] } ?? [])
            let parts = try folders.map { folder in
                let hash = try hashes[folder] ?? ContentHash.sha256(of: folder)
                hashes[folder] = hash
                return hash
            }
            let prepared = try PreparedPrompts(prompts, for: source, maximumNewTokens: maximumNewTokens)
            return EvaluatedArm(
                name: model.name, source: source, fingerprint: hash(of: parts),
                prompts: prepared.rows.map(\.tokens))
        }
    }
}
