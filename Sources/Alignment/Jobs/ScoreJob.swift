import Checkpoints
import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Tokenization
import Torch

/// Settings of `heed score`.
public struct ScoreConfiguration: ConfigurationSection, Equatable {
    /// A language model, or a reward model.
    public var model: String?
    /// JSON Lines files of texts, conversations, or prompts with completions.
    public var data: [String] = []
    /// Sequences of one forward pass.
    public var batchSize = 8
    /// Divides the logits.
    public var temperature = 1.0
    public var maximumLength: Int?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case model, data, temperature
        case batchSize = "batch_size"
        case maximumLength = "max_length"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"), "dataset_name": .name("data"),
        "per_device_eval_batch_size": .name("batch_size"),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            batchSize >= 1, CodingKeys.batchSize, expected: "at least 1", found: batchSize)
        try InvalidSetting.check(
            temperature > 0, CodingKeys.temperature, expected: "a number above 0", found: temperature)
    }
}

/// What scoring leaves behind.
public struct ScoreResult: Codable, Sendable {
    public let output: String
    public let rows: Int
    /// Counted tokens; nil for a reward model.
    public let tokens: Int?
    /// Over all counted tokens; nil for a reward model.
    public let perplexity: Double?
    /// Mean of the rows' scores; nil for a language model.
    public let meanScore: Double?
    public let dropped: String?
}

/// `heed score`: what a model thinks of given texts, a row each, in their order.
public enum ScoreJob {
    public static func run(_ configuration: ScoreConfiguration, context: JobContext) throws -> ScoreResult {
        let source = try ModelSource(configuration.model, role: "model", context: context)
        let file = try context.outputFile()
        let preparation = SupervisedPreparation(
            tokenizer: source.tokenizer, maximumLength: configuration.maximumLength)
        let data = try preparation.prepare(JSONLines(configuration.data, setting: "data"))
        if data.report.rowsDropped > 0 { context.progress.note(data.report.description) }
        return try source.isRewardModel
            ? rewards(data, source, to: file, configuration, context)
            : likelihoods(data, source, to: file, configuration, context)
    }

    private static func rewards(
        _ data: PreparedDataset<TokenizedSequence>, _ source: ModelSource, to file: URL,
        _ configuration: ScoreConfiguration, _ context: JobContext
    ) throws -> ScoreResult {
        let scorer = RewardModelScorer(
            model: try source.loadRewardModel(context: context), tokenizer: source.tokenizer,
            batchSize: configuration.batchSize)
        let scores = scorer.scores(of: data.rows.map(\.tokens))
        try write(to: file) { writer in
            for (row, score) in zip(data.rows, scores) {
                try writer.append([
                    ("tokens", .array(row.tokens.map { .integer($0) })),
                    ("score", score.map { .number($0) } ?? .null),
                ])
            }
        }
        let known = scores.compactMap { $0 }
        return ScoreResult(
            output: file.path, rows: scores.count, tokens: nil, perplexity: nil,
            meanScore: known.isEmpty ? nil : known.reduce(0, +) / Double(known.count),
            dropped: data.report.rowsDropped > 0 ? data.report.description : nil)
    }

    private static func likelihoods(
        _ data: PreparedDataset<TokenizedSequence>, _ source: ModelSource, to file: URL,
        _ configuration: ScoreConfiguration, _ context: JobContext
    ) throws -> ScoreResult {
        let model = try source.loadFrozen(context: context)
        let bar = context.progress.begin("scoring", total: data.rows.count)
        var (rows, total, count, tokens) = (0, 0.0, 0, 0)
        try write(to: file) { writer in
            for batch in data.rows.chunked(configuration.batchSize) {
                let packed = PackedBatch(batch.map(\.tokens))
                let scores = try catchingErrors {
                    withoutGradients {
                        model.tokenScores(
                            of: packed, counts: batch.flatMap(\.counts),
                            temperature: configuration.temperature)
                    }
                }
                var remaining = scores.logProbabilities.doubles()[...]
                for (row, length) in zip(batch, scores.countsPerSequence) {
                    let own = Array(remaining.prefix(length))
                    remaining = remaining.dropFirst(length)
                    try writer.append(columns(row, own))
                    total += own.reduce(0, +)
                    count += length
                }
                rows += batch.count
                tokens += packed.tokens.count
                bar.update(rows, tokens: tokens)
            }
        }
        bar.finish()
        return ScoreResult(
            output: file.path, rows: rows, tokens: count, perplexity: exp(-total / Double(count)),
            meanScore: nil,
            dropped: data.report.rowsDropped > 0 ? data.report.description : nil)
    }

    /// Token ids, log-probabilities of the counted ones, their sum, and the perplexity over them.
    private static func columns(
        _ row: TokenizedSequence, _ logProbabilities: [Double]
    ) -> [(name: String, value: JSONValue)] {
        let sum = logProbabilities.reduce(0, +)
        return [
            ("tokens", .array(row.tokens.map { .integer($0) })),
            ("logprobs", .array(logProbabilities.map { .number($0) })),
            ("sum_logprob", .number(sum)),
            ("perplexity", .number(exp(-sum / Double(max(1, logProbabilities.count))))),
        ]
    }

    private static func write(to file: URL, _ body: (JSONLinesWriter) throws -> Void) throws {
        let writer = try JSONLinesWriter(file, mode: .replace)
        try body(writer)
        try writer.finish()
    }
}

extension ModelSource {
    /// Whether the folders hold a model with one score in place of a vocabulary.
    var isRewardModel: Bool {
        if let adapter = folders.adapter {
            let file = adapter.appendingPathComponent(ModelFile.adapterConfiguration)
            return (try? AdapterConfiguration(contentsOf: file))?.task == .sequenceClassification
        }
        return (try? configuration())?.labelCount != nil
    }
}
