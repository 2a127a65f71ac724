// PPO-ptx: the likelihood of other rows beside the reward, against what reinforcement forgets (Ouyang et al., "Training
// language models to follow instructions with human feedback", 2022, equation 2). Their loss is −γ·E[log π(x)]; here the
// expectation is the mean over the counted tokens of the rows of one optimizer step.
import Datasets
import Foundation
import LanguageModels
import Models
import Settings
import Torch
import Training

public struct PretrainingConfiguration: ConfigurationSection, Equatable {
    /// Rows as `sft` takes them; `{"text"}` is plain text.
    public var files: [String] = []
    /// γ, the weight of their mean negative log-likelihood per token.
    public var coefficient = 0.05
    /// Rows beside each optimizer step; nil: `batch_size`.
    public var batchSize: Int?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case files = "ptx_data"
        case coefficient = "ptx_coefficient"
        case batchSize = "ptx_batch_size"
    }

    public static let ranges: [String: SettingRange] = [
        "ptx_coefficient": .above(0), "ptx_batch_size": .count,
    ]

    public static let needs: [String: SettingNeed] = [
        "ptx_coefficient": .beside("ptx_data"), "ptx_batch_size": .beside("ptx_data"),
    ]

    mutating func resolve(batchSize rows: Int) {
        if !files.isEmpty { batchSize = batchSize ?? rows }
    }

    /// What run.json hashes.
    var inputs: [(role: String, url: URL)] { files.map { ("ptx", URL(fileURLWithPath: $0)) } }
}

/// The rows, from which each optimizer step takes the next few.
final class PretrainingMix {
    private let rows: LoadedRows<PackedSequence>
    private let coefficient: Double

    /// Nil where none are asked for.
    /// - Throws: what is wrong with the rows.
    init?(_ settings: TrainingSettings<PPO>, policy: ModelSource, context: RunContext) throws {
        let (training, configuration) = (settings.training, settings.method.pretraining)
        guard !configuration.files.isEmpty else { return nil }
        let preparation = SupervisedPreparation(
            tokenizer: policy.tokenizer, maximumLength: try policy.maximumLength(training.maximumLength))
        let prepared = try preparation.prepare(
            JSONLines(configuration.files, setting: "ptx_data", chatPrompts: training.chatPrompts))
        if let loss = prepared.report.noteOfLosses { context.progress.note("ptx: \(loss)") }
        context.note(prepared.report)
        let order = BatchOrder(
            rowCount: prepared.rows.count, batchSize: configuration.batchSize ?? training.batchSize,
            seed: training.shuffle ? context.seeds.derived("ptx order").value : nil)
        rows = LoadedRows(
            prepared.rows.map(PackedSequence.init), order: order, report: prepared.report,
            place: { prepared.places[$0].description })
        coefficient = configuration.coefficient
    }

    /// Adds the gradient of the next rows' loss.
    /// - Returns: their mean negative log-likelihood, its share in the policy's loss, and how many tokens they have.
    func accumulate(on model: LanguageModel) -> (likelihood: Double, loss: Double, tokens: Int) {
        let window = rows.nextWindow()
        let measured = window.map { SFT.Objective(model: model, loss: .likelihood).measure($0, in: window) }
        for part in measured { (part.loss * coefficient).backward() }
        let mean = measured.reduce(0) { $0 + $1.loss.item() }
        return (mean, coefficient * mean, measured.reduce(0) { $0 + $1.tokenCount })
    }

    // MARK: Saving

    var cursor: BatchOrder.Cursor { rows.cursor }

    /// - Throws: where the rows cannot have such a place.
    func restore(_ cursor: BatchOrder.Cursor) throws {
        guard rows.restore(cursor) else { throw NoSuchPlace() }
    }

    private struct NoSuchPlace: Error, CustomStringConvertible {
        var description: String { "its place in ptx_data does not exist" }
    }
}
