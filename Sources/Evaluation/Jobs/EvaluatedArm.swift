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
    /// Answers written in place of every one that is asked for.
    var candidates = 1
    /// Whether the best of them by the proxy is the arm's; otherwise all of them are.
    var takesBest = false
    /// Whether plain text is scored under it too.
    var measuresText = true

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

    /// - Parameter tokenizer: of the model's run, for a checkpoint without one.
    /// - Throws: `DataError` for a prompt that leaves no room for an answer.
    init(
        name: String, path: String, prompts: [SourcedRow<PromptRow>], maximumNewTokens: Int,
        tokenizer: Tokenizer? = nil, context: RunContext
    ) throws {
        self.name = name
        source = try ModelSource(path, role: "models", on: context.computation, tokenizer: tokenizer)
        fingerprint = try source.contentHash()
        self.prompts = try PreparedPrompts(
            prompts, for: source, maximumNewTokens: maximumNewTokens, progress: context.progress
        ).rows.map(\.tokens)
    }

    /// Finds all arms.
    static func find(
        _ models: [ArmArgument], prompts: [SourcedRow<PromptRow>], maximumNewTokens: Int, context: RunContext
    ) throws -> [EvaluatedArm] {
        try models.map { model in
            var arm = try EvaluatedArm(
                name: model.name, path: model.path, prompts: prompts, maximumNewTokens: maximumNewTokens,
                context: context)
            (arm.candidates, arm.takesBest) = (model.best ?? 1, model.best != nil)
            return arm
        }
    }
}
