import Datasets
import Feedback
import Files
import Foundation
import Runs
import Training

/// Training on what people said: stores among a verb's files are replaced by rows taken from them.
///
/// A new run takes the judgments that count now; a resumed run takes the very rows that it began with, which run.json
/// names by their hash. The store is told which run learned from which judgments.
struct JudgmentStores {
    private let schema: JudgmentSchema
    private let run: URL?
    /// What the run that is to be resumed began with.
    private let pinned: [RunManifest.Input]
    private var taken: [TrainingRows] = []

    init(_ schema: JudgmentSchema, context: RunContext) throws {
        self.schema = schema
        run = context.run.output.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath() }
        let manifest = run?.appending(path: "run.json")
        if case .resume = context.mode, let manifest, FileSystem.exists(manifest) {
            pinned = try RunManifest(contentsOf: manifest).inputs
        } else {
            pinned = []
        }
    }

    /// The settings with rows in place of stores.
    mutating func resolve(_ training: TrainingConfiguration) throws -> TrainingConfiguration {
        var training = training
        var entries = try training.trainingFiles
        var hasStore = false
        for index in entries.indices {
            guard let file = try rows(of: entries[index].path, role: "train") else { continue }
            entries[index].path = file.path
            hasStore = true
        }
        if hasStore { (training.train, training.datasets) = ([], entries) }
        training.evaluation = try training.evaluation.map { try rows(of: $0, role: "eval")?.path ?? $0 }
        return training
    }

    /// The context of a run on these rows.
    func context(_ context: RunContext) -> RunContext {
        guard !taken.isEmpty else { return context }
        var context = context
        let (taken, verb) = (taken, context.verb)
        context.origins = Dictionary(taken.map { ($0.file.path, $0.argument.name) }) { first, _ in first }
        context.onOpening = { folder in
            for rows in taken { try rows.recordUse(by: folder.url, verb: verb) }
        }
        return context
    }

    /// - Returns: nil where the path is not that of a store.
    private mutating func rows(of path: String, role: String) throws -> URL? {
        guard let argument = try StoreArgument(path) else { return nil }
        let former = pinned.first { $0.role == role && $0.path == argument.name }
        let rows =
            if let former, let run {
                try TrainingRows(pinnedTo: former.sha256, of: run.path, schema, from: argument)
            } else {
                try TrainingRows(schema, of: argument)
            }
        taken.append(rows)
        return rows.file
    }
}
