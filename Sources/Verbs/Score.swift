import Checkpoints
import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Statistics
import Tokenization
import Torch
import Training

/// Settings of `heed score`.
public struct ScoreConfiguration: ConfigurationSection, Equatable {
    /// A language model, or a reward model; nil where `rewards` score.
    public var model: String?
    /// What scores answers in place of a model.
    public var rewards = PolicyRewards()
    /// JSON Lines files of texts, conversations, or prompts with completions; for rewards of prompts with answers.
    public var data: [String] = []
    /// Sequences of one forward pass.
    public var batchSize = 8
    /// Divides the logits.
    public var temperature = 1.0
    public var maximumLength: Int?
    /// Whether prompts and answers in plain text become messages, laid out by the model's chat template.
    public var chatPrompts = false

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case model, data, temperature
        /// A section, whose keys are at the same level as the others.
        case rewards
        case batchSize = "batch_size"
        case chatPrompts = "chat_prompts"
        case maximumLength = "max_length"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"), "dataset_name": .name("data"),
        "per_device_eval_batch_size": .name("batch_size"),
    ]

    public static let ranges: [String: SettingRange] = [
        "batch_size": .count, "temperature": .above(0), "max_length": .atLeast(2),
    ]

    /// Settings of models.
    public static let needs: [String: SettingNeed] = Dictionary(
        uniqueKeysWithValues: ["model", "batch_size", "temperature", "max_length"].map {
            ($0, SettingNeed.without("reward", "reward_model"))
        })
}

/// What scoring leaves behind.
public struct ScoreResult: Codable, Sendable {
    public let output: String
    public let rows: Int
    /// Counted tokens; of a language model alone.
    public var tokens: Int?
    /// Over all counted tokens; of a language model alone.
    public var perplexity: Double?
    /// Mean of the rows' scores; nil for a language model.
    public var meanScore: Double?
    /// The same of each reward by itself.
    public var rewards: [String: Double]?
    /// Rows that rewards gave no score.
    public var unscored: Int?
    /// Where the first reward says right or wrong: the share of prompts of which one of k answers is right, by k.
    public var passAt: [String: Estimate]?
    /// Tokens of an answer, where all rows have them.
    public var meanTokens: Double?
    /// The share of answers that ended by themselves.
    public var finished: Double?
    public var dropped: String?
}

/// `heed score`: what a model or rewards think of given texts, a row each, in their order.
public enum Scoring {
    public static func run(_ configuration: ScoreConfiguration, context: RunContext) throws -> ScoreResult {
        guard configuration.rewards.selection.isEmpty else {
            return try RewardScoring.run(configuration, context: context)
        }
        return try RewardModelSource.names(configuration.model, on: context.computation)
            ? rewardModel(configuration, context) : likelihoods(configuration, context)
    }

    /// Rows prepared as the model needs them; what it cannot take of them is noted.
    private static func prepared<P: Preparation>(
        _ preparation: P, _ configuration: ScoreConfiguration, _ context: RunContext
    ) throws -> PreparedDataset<P.Output> {
        let data = try preparation.prepare(
            JSONLines(configuration.data, setting: "data", chatPrompts: configuration.chatPrompts))
        if let note = data.report.noteOfLosses { context.progress.note(note) }
        context.note(data.report)
        return data
    }

    /// The longest text that is scored: as asked for, and never more than the model's context.
    private static func maximumLength(
        _ configuration: ScoreConfiguration, context limit: Int, _ context: RunContext
    ) -> Int {
        let wanted = configuration.maximumLength ?? limit
        if wanted > limit {
            context.progress.note("max_length \(wanted) is more than the model's context: \(limit) is used")
        }
        return min(wanted, limit)
    }

    private static func rewardModel(
        _ configuration: ScoreConfiguration, _ context: RunContext
    ) throws -> ScoreResult {
        let source = try RewardModelSource(configuration.model, role: "model", on: context.computation)
        let standard = ScoreConfiguration().temperature
        try InvalidSetting.check(
            configuration.temperature == standard, ScoreConfiguration.CodingKeys.temperature,
            expected: "\(standard) for a reward model, whose scores have none",
            found: configuration.temperature)
        let file = try context.outputFile()
        let scorer = try source.load(on: context.computation, batchSize: configuration.batchSize)
        let length = configuration.maximumLength.map { _ in
            maximumLength(configuration, context: scorer.maximumLength, context)
        }
        let data = try prepared(
            RewardTextPreparation(tokenizer: source.tokenizer, maximumLength: length), configuration, context)
        let scores = try scorer.allScores(of: data.rows, at: data.places)
        let unscored = scores.count { $0 == nil }
        if unscored > 0 {
            context.progress.note(
                "\(unscored) texts of more than \(scorer.maximumLength) tokens, the model's context, have no score"
            )
        }
        try write(to: file) { writer in
            for (tokens, scores) in zip(data.rows, scores) {
                try writer.append(columns(tokens, scores, scorer))
            }
        }
        let known = scores.compactMap { $0.map(scorer.score) }
        return ScoreResult(
            output: file.path, rows: scores.count,
            meanScore: known.isEmpty ? nil : Moments(known).mean,
            dropped: data.report.noteOfLosses)
    }

    /// Token ids and the score; each aspect, each group and the spread of an ensemble's members where there are some.
    private static func columns(
        _ tokens: [Int], _ scores: RewardScores?, _ scorer: RewardModelScorer
    ) -> [(name: String, value: JSONValue)] {
        let tokens = JSONValue.array(tokens.map { .integer($0) })
        guard let scores else { return [("tokens", tokens), ("score", .null)] }
        func named(_ names: [String], _ values: [Double]) -> JSONValue {
            .object(JSONObject(zip(names, values).map { (key: $0, value: .number($1)) }))
        }
        var columns: [(name: String, value: JSONValue)] = [
            ("tokens", tokens), ("score", .number(scorer.score(scores))),
        ]
        let (aspects, groups) = (scorer.knowledge.aspects, scorer.knowledge.groups?.names ?? [])
        if aspects.count > 1 { columns.append(("aspects", named(aspects, scores.means()))) }
        if !groups.isEmpty {
            let values = groups.indices.map { Moments(scores.means(ofView: $0 + 1)).mean }
            columns.append(("groups", named(groups, values)))
        }
        if scores.members.count > 1 {
            let values = scores.members.map { Moments($0[0]).mean }
            columns.append(("std", .number(Moments(values).deviation)))
        }
        return columns
    }

    private static func likelihoods(
        _ configuration: ScoreConfiguration, _ context: RunContext
    ) throws -> ScoreResult {
        let source = try ModelSource(configuration.model, role: "model", on: context.computation)
        let file = try context.outputFile()
        let length = maximumLength(
            configuration, context: try source.configuration().contextLength, context)
        let data = try prepared(
            SupervisedPreparation(tokenizer: source.tokenizer, maximumLength: length), configuration, context)
        let model = try source.loadFrozen(on: context.computation)
        let bar = context.progress.begin("scoring", total: data.rows.count)
        var (rows, total, count, tokens) = (0, 0.0, 0, 0)
        try write(to: file) { writer in
            for batch in data.rows.chunked(configuration.batchSize) {
                let packed = PackedBatch(batch.map(\.tokens))
                let scores = try catchingErrors {
                    try ModelNotFinite.naming {
                        "\(data.places[rows + $0])"
                    } _: {
                        try withoutGradients {
                            try model.tokenLikelihoods(
                                of: packed, counts: batch.flatMap(\.counts),
                                temperature: configuration.temperature
                            ).finiteLogProbabilities()
                        }
                    }
                }
                for (row, own) in zip(batch, scores) {
                    try writer.append(columns(row, own))
                    total += own.reduce(0, +)
                    count += own.count
                }
                rows += batch.count
                tokens += packed.tokens.count
                bar.update(rows, tokens: tokens)
            }
        }
        bar.finish()
        return ScoreResult(
            output: file.path, rows: rows, tokens: count, perplexity: exp(-total / Double(count)),
            dropped: data.report.noteOfLosses)
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

    static func write(to file: URL, _ body: (JSONLinesWriter) throws -> Void) throws {
        let writer = try JSONLinesWriter(file, mode: .replace)
        try body(writer)
        try writer.finish()
    }
}

extension ScoreResult {
    /// What rewards say of answers, in words.
    fileprivate var ofAnswers: [String] {
        guard let rewards else { return [] }
        let passes = (passAt ?? [:]).sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map { k, rate in
            let percent = { NumberStyle.fixed(100 * $0, decimals: 1) }
            let interval = rate.low.flatMap { low in rate.high.map { " (\(percent(low))–\(percent($0)))" } }
            return "pass@\(k) \(percent(rate.mean)) %\(interval ?? "")"
        }
        let others =
            rewards.sorted { $0.key < $1.key }.map { "\($0.key) \(NumberStyle.plain.text($0.value))" }
            + [meanTokens.map { "\(NumberStyle.fixed($0, decimals: 1)) tokens" }].compactMap(\.self)
            + [finished.map { "\(NumberStyle.percent.text($0)) ended by themselves" }].compactMap(\.self)
        return [passes, others].filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }
    }
}

// MARK: - The verb

extension ScoreConfiguration: JobConfiguration {
    public func inputs(_ catalogue: RewardCatalogue) -> [SettingInput] {
        .models(model) + .data(data) + catalogue.inputs(of: rewards.selection)
    }

    public var missing: [InvalidSetting] {
        (model == nil && rewards.selection.isEmpty
            ? [.missing("model", "a model (--model DIR), or rewards (--reward NAME)")] : [])
            + (data.isEmpty ? [.noFiles("data")] : [])
    }
}

extension Verb {
    public static let score = Verb("score", output: .rows, defaults: JobSettings(ScoreConfiguration())) {
        let result = try Scoring.run($0.job, context: $1.context)
        let finding = [
            result.perplexity.map { String(format: "perplexity %.4g", $0) },
            result.meanScore.map { String(format: "mean score %.4g", $0) },
            result.unscored.flatMap { $0 == 0 ? nil : "\($0) without a score" },
        ].compactMap { $0 }
        let line = (["\(result.rows) texts"] + finding).joined(separator: ", ")
        return VerbResult(
            json: result,
            lines: ["\(line), in \(result.output)"] + result.ofAnswers + [result.dropped].compactMap { $0 })
    }
}
