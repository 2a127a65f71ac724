import Datasets
import Foundation
import Rewards
import Runs
import Statistics
import Training

/// Measures a reward model: what it says about the arms' answers, and how well it predicts held-out judgments.
struct RewardModelMeasurer {
    private let source: RewardModelSource
    private let fingerprint: String
    private let context: RunContext
    private let folder: EvaluationFolder
    /// Whether judgments in plain text become messages.
    private let chatPrompts: Bool

    init(_ argument: String, chatPrompts: Bool, context: RunContext, folder: EvaluationFolder) throws {
        self.chatPrompts = chatPrompts
        self.context = context
        self.folder = folder
        source = try RewardModelSource(argument, on: context.computation)
        let hashes = try source.inputs(role: "reward model").map { try ContentHash.sha256(of: $0.url) }
        fingerprint = hash(of: hashes + [argument, "\(context.precision)"])
    }

    /// Loads the model, which lives as long as the result.
    func loaded() throws -> RewardModelScorer { try source.load(on: context.computation) }

    /// A score per answer; nil for one that is longer than the reward model's context.
    func scores(
        of answers: [ArmAnswer], by arm: String, to prompts: [SourcedRow<PromptRow>],
        using scorer: () throws -> RewardModelScorer
    ) throws -> EvaluationFolder.Measurement<[Double?]> {
        let texts = answers.map { [prompts[$0.prompt].row.prompt.json.description, $0.text] }.joined()
        return try folder.measurement("reward", of: arm, fingerprint: hash(of: [fingerprint] + texts)) {
            try scorer().scores(of: answers.map { $0.rewardInput(prompts) })
        }
    }

    /// How often the reward model agrees with held-out judgments, and how sure it is.
    func quality(
        on paths: [String], using scorer: () throws -> RewardModelScorer, bootstrap: Bootstrap, seed: UInt64
    ) throws -> Report.RewardModelQuality? {
        let files = paths.map { URL(fileURLWithPath: $0) }
        let rows = try JSONLines(files, chatPrompts: chatPrompts).load(JudgmentRow.self)
        let description = try source.description()
        let preparation = RewardPreparation(
            tokenizer: source.tokenizer, maximumLength: nil,
            aspects: description.aspects.count > 1 ? description.aspects : [])
        let prepared = try preparation.prepare(rows)
        context.note(prepared.report)
        let judgments = prepared.rows
        let sequences = judgments.flatMap(\.sequences)
        let measurement = try folder.measurement(
            "reward", of: "comparisons", fingerprint: hash(of: [fingerprint] + sequences.map { "\($0)" })
        ) {
            try scorer().allScores(
                of: sequences,
                at: judgments.flatMap { judgment in
                    judgment.sequences.map { _ in rows[judgment.row].place }
                })
        }
        var remaining = measurement.value[...]
        let scores = judgments.map { judgment -> [RewardScores]? in
            let own = remaining.prefix(judgment.sequences.count).compactMap(\.self)
            remaining = remaining.dropFirst(judgment.sequences.count)
            return own.count == judgment.sequences.count ? own : nil
        }
        return RewardModelSummary(
            ScoredJudgments(rows: rows, judgments: judgments, scores: scores, description: description),
            bootstrap: bootstrap, seed: seed
        ).quality
    }
}
