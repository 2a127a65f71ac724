import Checkpoints
import Datasets
import Foundation
import LanguageModels
import Runs
import Tokenization
import Training

/// The text that is learned from, as rows of tokens.
struct PretrainingText {
    let parts: [TokenRows]
    /// Of the parts in an epoch; nil: there is one part, which is learned whole.
    private let shares: [Double]?

    /// - Parameter length: of a row, in tokens.
    init(
        _ settings: TrainingSettings<Pretraining>, tokenizer: Tokenizer, frame: DocumentFrame, length: Int,
        context: RunContext
    ) throws {
        let files = try settings.training.trainingFiles
        let shards = TextShards(
            folder: settings.method.shards, tokenizer: tokenizer, frame: frame, progress: context.progress)
        shares = files.shares
        // Without shares all files are one text.
        let groups = shares == nil ? [files.map(\.path)] : files.map { [$0.path] }
        parts = try groups.enumerated().map { index, paths in
            TokenRows(
                try shards.shard(of: paths), length: length, ignoresDocuments: settings.method.seesWholeRows,
                seed: settings.training.shuffle ? context.seeds.derived("documents \(index)").value : nil)
        }
    }

    var tokenCount: Int { parts.reduce(0) { $0 + $1.shard.tokenCount } }
    var documentCount: Int { parts.reduce(0) { $0 + $1.shard.documentCount } }
    var byteCount: Int { parts.reduce(0) { $0 + $1.shard.byteCount } }

    func rows(_ training: TrainingConfiguration, _ context: RunContext) -> ShardRows {
        ShardRows(
            parts, shares: shares, batchSize: training.batchSize,
            gradientAccumulationSteps: training.gradientAccumulationSteps, seed: training.orderSeed(context))
    }

    // MARK: Epochs

    /// Tokens that are worth a weight (Hoffmann et al., "Training Compute-Optimal Large Language Models", 2022, table 3).
    private static let tokensPerParameter = 20.0
    /// Text that was seen so often teaches nothing any more (Muennighoff et al., "Scaling Data-Constrained Language Models",
    /// 2023, figure 3).
    private static let mostEpochs = 16.0

    /// How often to see the text: once for a model that has learned others, else as often as the model has use for.
    func epochs(for configuration: ModelConfiguration, startsAnew: Bool) -> Double {
        guard startsAnew else { return 1 }
        let wanted =
            Self.tokensPerParameter * Double(configuration.parameterCount) / Double(max(1, tokenCount))
        return min(max(1, wanted.rounded(.up)), Self.mostEpochs)
    }
}

extension ModelConfiguration {
    /// Weights, tied ones once.
    var parameterCount: Int { parameterShapes.values.reduce(0) { $0 + $1.reduce(1, *) } }
}

/// Text that is not learned from, to see what was learned.
struct HeldOutText {
    let rows: [PackedSequence]
    /// Tokens that are predicted, for every byte of text.
    let tokensPerByte: Double

    /// - Parameter length: of a row at most.
    /// - Returns: nil without files.
    init?(
        _ paths: [String], tokenizer: Tokenizer, frame: DocumentFrame, length: Int, progress: ProgressDisplay
    ) throws {
        guard !paths.isEmpty else { return nil }
        let files = try TextFiles(paths.map { URL(fileURLWithPath: $0) })
        if let note = files.note { progress.note(note, onceAbout: note) }
        let texts = try files.texts()
        let tokens = texts.map(tokenizer.encodeOrdinary)
        rows = tokens.flatMap { PackedSequence.heldOut($0, after: frame.beginning, length: length) }
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        tokensPerByte = Double(tokens.reduce(0) { $0 + $1.count }) / Double(max(1, bytes))
    }
}
