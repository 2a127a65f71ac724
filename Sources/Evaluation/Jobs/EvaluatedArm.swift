import Datasets
import Foundation
import LanguageModels
import Models
import Settings
import Tokenization
import Training

/// One arm, found and ready to be loaded.
struct EvaluatedArm {
    let name: String
    let source: ModelSource
    /// The content hash of the model.
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

    /// Finds all arms.
    /// - Throws: `DataError` for a prompt that leaves one of them no room for an answer.
    static func find(
        _ models: [NamedPath], prompts: [SourcedRow<PromptRow>], maximumNewTokens: Int, context: RunContext
    ) throws -> [EvaluatedArm] {
        try models.map { model in
            let source = try ModelSource(model.path, role: "models", on: context.computation)
            let prepared = try PreparedPrompts(
                prompts, for: source, maximumNewTokens: maximumNewTokens, progress: context.progress)
            return EvaluatedArm(
                name: model.name, source: source, fingerprint: try source.contentHash(),
                prompts: prepared.rows.map(\.tokens))
        }
    }
}
