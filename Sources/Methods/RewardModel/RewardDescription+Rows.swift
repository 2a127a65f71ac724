import Datasets
import Foundation
import Rewards
import Settings
import Statistics

extension RewardDescription {
    /// What the rows themselves say, before anything is learned: which kinds of judgments there are, on which scales, by whom.
    ///
    /// Parameters of the likelihoods begin where they would end if all scores were equal, at the frequencies of the rows.
    /// - Throws: ``InvalidSetting`` for a scale of which only one level occurs, and for settings that rows cannot support.
    init(
        of rows: [TokenizedJudgment], evaluation: [TokenizedJudgment] = [], aspects: [String],
        _ configuration: RewardModeling.Configuration
    ) throws {
        self.init(aspects: aspects)
        groups = try configuration.groups.map { try Self.groups($0, in: rows) }
        likelihood = LearnedLikelihood()
        likelihood.thumbOffsets = Self.thumbOffset(rows).map { offset in aspects.map { _ in offset } }
        likelihood.logTies = Self.logTies(rows, all: rows + evaluation).map { ties in
            aspects.map { _ in ties }
        }
        likelihood.ratings = try Self.ratings(rows, aspectCount: aspects.count)
        let judgesAbsolutely = likelihood.thumbOffsets != nil || !likelihood.ratings.isEmpty
        likelihood.groupLeniencies = groups.flatMap { groups in
            judgesAbsolutely ? groups.names.map { _ in aspects.map { _ in 0 } } : nil
        }
        if configuration.estimatesErrors {
            let reliabilities = DawidSkene.reliabilities(
                of: DawidSkene.votes(of: rows, groups: configuration.groups))
            annotators = reliabilities.isEmpty ? nil : reliabilities
        }
        lengthBaseline = LengthOnlyModel(rows)
    }

    /// By annotator.
    var errorRates: [String: Double] {
        Dictionary(uniqueKeysWithValues: (annotators ?? []).map { ($0.name, $0.errorRate) })
    }

    /// A judgment with the numbers of its aspect, group and level. One of an unknown group is the shared model's.
    func judged(_ judgment: TokenizedJudgment, errorRate: Double = 0) -> JudgedRow {
        let aspect = judgment.context.aspect.flatMap { aspects.firstIndex(of: $0) } ?? 0
        let group = groups.flatMap { groups in
            judgment.context.name(in: groups.column).flatMap { groups.names.firstIndex(of: $0) }
        }
        var mark: (scale: Int, level: Int)?
        if case .rated(let rating, let range) = judgment.verdict,
            let scale = likelihood.ratings.firstIndex(where: { $0.scale.holds(range) })
        {
            mark = (scale, likelihood.ratings[scale].scale.level(of: rating))
        }
        return JudgedRow(
            judgment: judgment, head: .init(aspect: aspect, group: group), errorRate: errorRate, mark: mark)
    }

    // MARK: Reading the rows

    private static func groups(_ column: GroupColumn, in rows: [TokenizedJudgment]) throws -> Groups {
        let names = Set(rows.compactMap { $0.context.name(in: column) }).sorted()
        guard !names.isEmpty else {
            throw InvalidSetting(
                "groups", expected: "rows that name their \(column.rawValue)",
                found: "no \"\(column.rawValue)\" in any row")
        }
        return Groups(column: column, names: names)
    }

    private static func thumbOffset(_ rows: [TokenizedJudgment]) -> Double? {
        let thumbs = rows.compactMap { row -> Bool? in
            if case .good(let isGood) = row.verdict { isGood } else { nil }
        }
        guard !thumbs.isEmpty else { return nil }
        return -logit(Double(thumbs.count { $0 }), of: thumbs.count)
    }

    /// - Parameter all: rows to evaluate on included: they may tie more answers.
    private static func logTies(_ rows: [TokenizedJudgment], all: [TokenizedJudgment]) -> [Double]? {
        let largest = all.flatMap { $0.verdict.tiers ?? [] }.map(\.count).max() ?? 1
        guard largest > 1 else { return nil }
        var (ties, pairs) = (0, 0)
        for tiers in rows.compactMap(\.verdict.tiers) {
            let count = tiers.joined().count
            pairs += count * (count - 1) / 2
            ties += tiers.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
        }
        // Between equals P(tie) = ν / (2 + ν).
        return Array(repeating: logit(Double(ties), of: pairs) + log(2), count: largest - 1)
    }

    private static func ratings(
        _ rows: [TokenizedJudgment], aspectCount: Int
    ) throws -> [LearnedLikelihood.Rating] {
        var marks: [ClosedRange<Double>?: [Double]] = [:]
        for row in rows {
            if case .rated(let mark, let range) = row.verdict { marks[range, default: []].append(mark) }
        }
        let ordered = marks.sorted { ($0.key?.upperBound ?? 0) < ($1.key?.upperBound ?? 0) }
        return try ordered.map { range, marks in
            let scale = RatingScale(range, marks: marks)
            guard scale.levelCount > 1 else {
                throw InvalidSetting(
                    "train", expected: "different marks on a scale",
                    found:
                        "\(marks[0]) in all \(marks.count) rows on \(range.map { "the scale \($0)" } ?? "theirs")"
                )
            }
            let thresholds = (1..<scale.levelCount).map { level in
                -logit(Double(marks.count { scale.level(of: $0) >= level }), of: marks.count)
            }
            let logGaps = zip(thresholds, thresholds.dropFirst()).map { log($1 - $0) }
            return LearnedLikelihood.Rating(
                scale: scale, lowestThresholds: Array(repeating: thresholds[0], count: aspectCount),
                logGaps: Array(repeating: logGaps, count: aspectCount))
        }
    }

    /// The log-odds of a share, held off certainty by half a case on either side.
    private static func logit(_ successes: Double, of trials: Int) -> Double {
        log((successes + 0.5) / (Double(trials) - successes + 0.5))
    }
}
