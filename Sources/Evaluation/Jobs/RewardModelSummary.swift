import Datasets
import Foundation
import RandomNumbers
import Rewards
import Statistics

/// Sums up what a reward model makes of held-out judgments: over all of them, and by aspect, group, length and source.
struct RewardModelSummary {
    private let judged: ScoredJudgments
    private let outcomes: [JudgedOutcome]
    /// For each of `judged`, a number that is the same for the same prompt.
    private let prompts: [Int]
    private let bootstrap: Bootstrap
    private let seed: UInt64

    /// A slice with fewer choices would be noise.
    private static let smallestSlice = 5
    private static let lengthBuckets = 4

    init(_ judged: ScoredJudgments, bootstrap: Bootstrap, seed: UInt64) {
        self.judged = judged
        self.bootstrap = bootstrap
        self.seed = seed
        outcomes = judged.outcomes
        prompts = Self.clusters(judged.judgments.indices.map { judged.row(of: $0).row })
    }

    /// Nil where there is nothing to agree or disagree with.
    var quality: Report.RewardModelQuality? {
        let all = slice("all", "all", outcomes)
        guard let all, let calibration = CalibrationCurve(scoreDifferences: outcomes.map(\.logOdds)) else {
            return nil
        }
        return Report.RewardModelQuality(
            comparisons: outcomes.count, accuracy: all.accuracy, lengthOnlyAccuracy: all.lengthOnlyAccuracy,
            accuracyOverLength: accuracyOverLength, highestAccuracy: highestAccuracy, logLoss: all.logLoss,
            lengthOnlyLogLoss: all.lengthOnlyLogLoss,
            calibration: calibration, margins: outcomes.map(\.logOdds), slices: slices,
            disagreement: GroupDisagreement(judged, prompts: prompts, estimate: estimate),
            members: members, annotators: judged.description.annotators ?? [])
    }

    // MARK: Slices

    private var slices: [Report.RewardModelQuality.Slice] {
        let context = { (outcome: JudgedOutcome) in judged.judgments[outcome.row].context }
        return slices("aspect") { context($0).aspect }
            + slices("group") {
                judged.description.groups?.column == .annotator ? context($0).annotator : context($0).group
            }
            + slices("shape") { judged.row(of: $0.row).row.schema.rawValue }
            + lengthSlices
            + slices("source") { judged.row(of: $0.row).source }
    }

    /// The outcomes by a name that they have; none where all have the same.
    private func slices(
        _ kind: String, name: (JudgedOutcome) -> String?
    ) -> [Report.RewardModelQuality.Slice] {
        let named = Dictionary(grouping: outcomes.filter { name($0) != nil }) { name($0) ?? "" }
        guard named.count > 1 else { return [] }
        return named.sorted { $0.key < $1.key }.compactMap { slice(kind, $0.key, $0.value) }
    }

    /// Quarters of the outcomes by the length of their answers.
    private var lengthSlices: [Report.RewardModelQuality.Slice] {
        guard outcomes.count >= Self.lengthBuckets * Self.smallestSlice else { return [] }
        let edges = (1..<Self.lengthBuckets).compactMap {
            quantile(Double($0) / Double(Self.lengthBuckets), of: outcomes.map(\.tokens))
        }
        let buckets = Dictionary(grouping: outcomes) { outcome in edges.count { $0 < outcome.tokens } }
        return buckets.sorted { $0.key < $1.key }.compactMap { bucket, members in
            let lengths = members.map { Int($0.tokens.rounded()) }
            let (shortest, longest) = (lengths.min() ?? 0, lengths.max() ?? 0)
            let range = shortest == longest ? "\(shortest)" : "\(shortest) to \(longest)"
            return slice("length", "\(range) tokens", members)
        }
    }

    private func slice(
        _ kind: String, _ name: String, _ outcomes: [JudgedOutcome]
    ) -> Report.RewardModelQuality.Slice? {
        guard kind == "all" || outcomes.count >= Self.smallestSlice,
            let accuracy = accuracy(outcomes, \.logOdds),
            let logLoss = bradleyTerryLogLoss(scoreDifferences: outcomes.map(\.logOdds))
        else { return nil }
        let byLength = outcomes.filter { $0.lengthLogOdds != nil }
        let isComplete = byLength.count == outcomes.count
        return Report.RewardModelQuality.Slice(
            kind: kind, name: name, comparisons: outcomes.count, accuracy: accuracy, logLoss: logLoss,
            lengthOnlyAccuracy: isComplete ? self.accuracy(outcomes) { $0.lengthLogOdds ?? 0 } : nil,
            lengthOnlyLogLoss: isComplete && judged.description.lengthBaseline != nil
                ? bradleyTerryLogLoss(scoreDifferences: outcomes.compactMap(\.lengthLogOdds)) : nil)
    }

    private func accuracy(
        _ outcomes: [JudgedOutcome], _ logOdds: (JudgedOutcome) -> Double
    ) -> Estimate? {
        var random = RandomSource(seed: seed)
        return bootstrap.share(
            of: Self.hits(outcomes, logOdds), clusters: outcomes.map { prompts[$0.row] }, using: &random)
    }

    /// 1 where what was chosen is foretold, 1/2 where nothing is.
    private static func hits(
        _ outcomes: [JudgedOutcome], _ logOdds: (JudgedOutcome) -> Double
    ) -> [Double] {
        outcomes.map { Outcome(score: logOdds($0), against: 0).value }
    }

    /// A mean over values of rows, with the interval that drawing prompts gives.
    private func estimate(_ values: [Double], rows: [Int]) -> Estimate? {
        var random = RandomSource(seed: seed)
        return bootstrap.mean(of: values, clusters: rows.map { prompts[$0] }, using: &random)
    }

    private static func clusters(_ rows: [JudgmentRow]) -> [Int] {
        var numbers: [Text: Int] = [:]
        return rows.indices.map { index in
            guard let prompt = rows[index].askedPrompt else { return -1 - index }
            let number = numbers[prompt] ?? numbers.count
            numbers[prompt] = number
            return number
        }
    }

    // MARK: The whole

    /// Model and length are drawn together, so what makes a choice hard for both of them cancels.
    private var accuracyOverLength: Estimate? {
        let byLength = outcomes.compactMap(\.lengthLogOdds)
        guard byLength.count == outcomes.count else { return nil }
        let differences = zip(
            Self.hits(outcomes, \.logOdds), Self.hits(outcomes) { $0.lengthLogOdds ?? 0 }
        ).map(-)
        return estimate(differences, rows: outcomes.map(\.row))
    }

    /// A judge that errs at known rates cannot be predicted better than by its likelier choice.
    private var highestAccuracy: Double? {
        let rows = judged.judgments.indices.map { judged.row(of: $0).row }
        let probabilities = rows.compactMap { $0.extra[SimulatedJudgment.probability]?.number }
        guard !rows.isEmpty, probabilities.count == rows.count else { return nil }
        return probabilities.reduce(0) { $0 + max($1, 1 - $1) } / Double(rows.count)
    }

    /// The accuracy of each member of an ensemble; empty for a model on its own.
    private var members: [Estimate] {
        let count = judged.scores.compactMap { $0?.first?.members.count }.first ?? 1
        guard count > 1 else { return [] }
        return (0..<count).compactMap { member in
            let alone = ScoredJudgments(
                rows: judged.rows, judgments: judged.judgments,
                scores: judged.scores.map { $0?.map { RewardScores(members: [$0.members[member]]) } },
                description: judged.description)
            return accuracy(alone.outcomes, \.logOdds)
        }
    }
}

extension SourcedRow<JudgmentRow> {
    /// Where the row is from: as it says itself, or its file.
    fileprivate var source: String {
        row.extra["source"]?.string ?? place.file.split(separator: "/").last.map(String.init) ?? place.file
    }
}

extension JudgmentRow {
    /// The prompt, read off the answers of a comparison where it is not given.
    var askedPrompt: Text? {
        if case .comparison(let row) = self { row.splittingPrompt()?.prompt } else { prompt }
    }
}
