import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Training

/// Rows and settings, from which one reward model or several are trained.
struct RewardTraining {
    let training: TrainingConfiguration
    private let adapters: AdapterTraining
    let method: RewardModeling.Configuration
    let source: ModelSource
    let rows: PreparedDataset<TokenizedJudgment>
    private let evaluationRows: [TokenizedJudgment]
    private let description: RewardDescription
    private let references: [[Int]]

    init(_ settings: TrainingSettings<RewardModeling>, context: RunContext) throws {
        training = settings.training
        adapters = settings.adapters
        method = settings.method
        source = try ModelSource(
            trainable: training.model, adapters: adapters, task: .sequenceClassification,
            on: context.computation)
        let preparation = RewardPreparation(
            tokenizer: source.tokenizer, maximumLength: try source.maximumLength(training.maximumLength),
            aspects: method.aspects,
            schemas: method.loss.schemas)
        let prepared = try preparation.prepare(training)
        rows = prepared.train
        evaluationRows = prepared.evaluation?.rows ?? []
        description = try RewardDescription(
            of: rows.rows, evaluation: evaluationRows,
            aspects: source.rewardLabels(method.aspects, adapter: adapters.initialFolder), method)
        references = try Self.references(
            method.normalize, preparation, chatPrompts: training.chatPrompts)
        try checkRankings()
        noteWhatRowsSay(context)
    }

    /// Reference responses as the model is given them.
    private static func references(
        _ paths: [String], _ preparation: RewardPreparation, chatPrompts: Bool
    ) throws -> [[Int]] {
        guard !paths.isEmpty else { return [] }
        let rows = try JSONLines(paths, setting: "normalize", chatPrompts: chatPrompts).load(
            ResponsesRow.self)
        return try rows.flatMap { sourced in
            try sourced.row.responses.map {
                try preparation.tokens(
                    prompt: sourced.row.prompt, response: sourced.row.prompt.answer($0.text),
                    columns: sourced.row.extra, at: sourced.place)
            }
        }
    }

    /// With many answers and large ties there are more sets to choose from than can be summed over.
    private func checkRankings() throws {
        let largestTier = 1 + (description.likelihood.logTies?.first?.count ?? 0)
        guard method.loss != .pairwise, largestTier > 1 else { return }
        for (row, place) in zip(rows.rows, rows.places) {
            let count = row.sequences.count
            guard
                RankingLikelihood.setCount(of: count, largestTier: largestTier)
                    > RankingLikelihood.largestSetCount
            else { continue }
            throw DataError(
                at: place,
                expected:
                    "a ranking with at most \(RankingLikelihood.largestSetCount) sets of answers to choose from",
                found: "\(count) answers where \(largestTier) may be tied",
                remedy: "use --loss pairwise, or rank fewer answers")
        }
    }

    private func noteWhatRowsSay(_ context: RunContext) {
        let named = Set(rows.rows.compactMap(\.context.aspect)).sorted()
        if method.aspects.isEmpty, named.count > 1 {
            context.progress.note(
                "rows are about \(named.joined(separator: ", ")), and one score learns from all of them; "
                    + "--aspects \(named.joined(separator: " ")) gives each its own")
        }
        guard method.estimatesErrors else { return }
        guard let annotators = description.annotators else {
            return context.progress.note(
                "no two annotators judged the same, so their errors are unknown; no label is smoothed")
        }
        let overlapping = annotators.count { $0.overlapping > 0 }
        context.progress.note(
            "error rates of \(overlapping) of \(annotators.count) annotators, "
                + "estimated where several judged the same")
    }

    // MARK: One model

    func run(context: RunContext) throws -> TrainingResult {
        try run(rows.rows.indices.map { $0 }, title: RewardModeling.title, context: context)
    }

    /// - Parameter drawn: the rows to learn from, by their position.
    func run(_ drawn: [Int], title: String, context: RunContext) throws -> TrainingResult {
        let job = RowTraining(
            context: context, training: training, source: source, rows: drawn.map { rows.rows[$0] },
            evaluationRows: evaluationRows,
            place: { rows.places[drawn[$0]].description }, report: rows.report)
        let files = method.normalize.map { (role: "normalize", url: URL(fileURLWithPath: $0)) }
        return try job.run(RewardModeling.self, title: title, extraInputs: files) {
            try source.loadTrainableRewardModel(adapters, aspects: method.aspects, on: context.computation)
        } objective: {
            RewardModeling.Objective(
                model: $0, configuration: method, description: description, rowCount: drawn.count)
        } finishing: {
            try addNormalizer($0, to: $1)
        }
    }

    private func addNormalizer(_ objective: RewardModeling.Objective, to folder: URL) throws {
        guard !references.isEmpty else { return }
        var learned = objective.learnedDescription
        let member = TrainedRewardModel(objective.model, description: learned, groups: objective.groupHeads)
        let scorer = RewardModelScorer(
            members: [member], tokenizer: source.tokenizer, batchSize: training.batchSize)
        let scores = try scorer.allScores(of: references).compactMap { $0?.members[0] }
        learned.normalizer = ScoreNormalizer(scores)
        try learned.write(to: folder)
    }
}
