import Alignment
import Datasets
import Foundation
import LanguageModels
import RandomNumbers
import Runs

/// Measures a reward model: what it says about the arms' answers, and how well it predicts held-out comparisons.
struct RewardModelMeasurer {
    private let source: ModelSource
    private let fingerprint: String
    private let context: JobContext
    private let folder: EvaluationFolder

    init(_ argument: String, context: JobContext, folder: EvaluationFolder) throws {
        self.context = context
        self.folder = folder
        source = try ModelSource(argument, role: "reward-model", context: context)
        let folders = [source.folders.base] + (source.folders.adapter.map { [$0] } ?? [])
        fingerprint = hash(of: try folders.map { try ContentHash.sha256(of: $0) } + ["\(context.precision)"])
    }

    /// Loads the model, which lives as long as the result.
    func loaded() throws -> RewardModelScorer {
        RewardModelScorer(model: try source.loadRewardModel(context: context), tokenizer: source.tokenizer)
    }

    /// A score per answer; nil for one that is longer than the reward model's context.
    func scores(
        of answers: [ArmAnswer], by arm: String, to prompts: [Text],
        using scorer: () throws -> RewardModelScorer
    ) throws -> EvaluationFolder.Measurement<[Double?]> {
        let texts = answers.map { [prompts[$0.prompt].json.description, $0.text] }.joined()
        return try folder.measurement("reward", of: arm, fingerprint: hash(of: [fingerprint] + texts)) {
            try scorer().scores(
                of: answers.map {
                    Answer(prompt: prompts[$0.prompt], text: $0.text, isFinished: $0.isFinished)
                })
        }
    }

    /// How often the reward model agrees with held-out comparisons, and how sure it is.
    func quality(
        on paths: [String], using scorer: () throws -> RewardModelScorer, bootstrap: Bootstrap, seed: UInt64
    ) throws -> Report.RewardModelQuality? {
        let rows = try JSONLines(paths.map { URL(fileURLWithPath: $0) }).load(ComparisonRow.self)
        let preparation = RewardPreparation(tokenizer: source.tokenizer, maximumLength: nil)
        let prepared = try preparation.prepare(rows).rows
        let sequences = prepared.flatMap { [$0.chosen, $0.rejected] }
        let measurement = try folder.measurement(
            "reward", of: "comparisons", fingerprint: hash(of: [fingerprint] + sequences.map { "\($0)" })
        ) {
            try scorer().scores(of: sequences)
        }
        let pairs = prepared.indices.compactMap { index -> JudgedPair? in
            guard let chosen = measurement.value[2 * index], let rejected = measurement.value[2 * index + 1]
            else {
                return nil
            }
            return JudgedPair(
                row: rows[prepared[index].row].row, difference: chosen - rejected,
                lengthDifference: Double(prepared[index].chosen.count - prepared[index].rejected.count))
        }
        return Report.RewardModelQuality(pairs, bootstrap: bootstrap, seed: seed)
    }
}

/// A held-out comparison with what the reward model makes of it.
struct JudgedPair {
    let row: ComparisonRow
    /// Score of the chosen minus that of the rejected answer.
    let difference: Double
    /// Tokens of the chosen minus those of the rejected answer.
    let lengthDifference: Double
}

extension Report.RewardModelQuality {
    /// - Returns: nil when there are no pairs.
    init?(_ pairs: [JudgedPair], bootstrap: Bootstrap, seed: UInt64) {
        let differences = pairs.map(\.difference)
        let prompts = Self.clusters(pairs.map(\.row))
        let share = { (values: [Double]) -> Estimate? in
            var random = RandomSource(seed: seed)
            return bootstrap.mean(
                of: values.map { Outcome(score: $0, against: 0).value }, clusters: prompts, using: &random)
        }
        guard let accuracy = share(differences),
            let logLoss = bradleyTerryLogLoss(scoreDifferences: differences),
            let calibration = CalibrationCurve(scoreDifferences: differences)
        else { return nil }
        self.init(
            comparisons: pairs.count, accuracy: accuracy,
            lengthOnlyAccuracy: share(pairs.map(\.lengthDifference)),
            highestAccuracy: Self.highestAccuracy(pairs.map(\.row)), logLoss: logLoss,
            calibration: calibration)
    }

    /// A number for each row that is the same for the same prompt.
    private static func clusters(_ rows: [ComparisonRow]) -> [Int] {
        var numbers: [Text: Int] = [:]
        return rows.indices.map { index in
            guard let prompt = rows[index].splittingPrompt()?.prompt else { return -1 - index }
            let number = numbers[prompt] ?? numbers.count
            numbers[prompt] = number
            return number
        }
    }

    /// A judge that errs at known rates cannot be predicted better than by its likelier choice.
    private static func highestAccuracy(_ rows: [ComparisonRow]) -> Double? {
        let probabilities = rows.compactMap { $0.extra[SimulatedJudgment.probability]?.number }
        guard !rows.isEmpty, probabilities.count == rows.count else { return nil }
        return probabilities.reduce(0) { $0 + max($1, 1 - $1) } / Double(rows.count)
    }
}
