import Datasets
import Statistics
import Torch
import Training

/// A judgment with the numbers of what it is about.
struct JudgedRow {
    let judgment: TokenizedJudgment
    /// The head that the row teaches.
    let head: Head
    /// The chance that the judgment is the opposite of what its annotator meant.
    let errorRate: Double
    /// The number of its scale among those of the likelihood, and the level on it; nil unless it is a mark.
    let mark: (scale: Int, level: Int)?

    struct Head {
        let aspect: Int
        /// Nil: the shared model's head.
        let group: Int?

        var ofGroup: (group: Int, aspect: Int)? { group.map { ($0, aspect) } }
    }
}

/// The judgments of one forward pass, taken apart into the terms of their likelihoods. Sequences are numbered
/// across all rows; S is their number.
struct JudgmentBatch {
    let rows: [JudgedRow]
    /// The head of each sequence, S of them.
    let sequenceHeads: [JudgedRow.Head]
    private let starts: [Int]
    private var pairs: [Pair] = []
    private var rankings: [(row: Int, tiers: [[Int]])] = []
    private var marks: [Int: [(row: Int, level: Int)]] = [:]
    private var thumbs: [(row: Int, isGood: Bool)] = []

    /// Two sequences of which the first is the better one, or that are alike.
    private struct Pair {
        let row: Int
        let first: Int
        let second: Int
        var margin = 0.0
        var isTie = false
        /// The share of its row's term.
        var weight = 1.0
    }

    /// - Parameter splitsRankings: whether a ranking counts as the mean of the comparisons that it implies.
    init(_ rows: [JudgedRow], splitsRankings: Bool) {
        self.rows = rows
        var (heads, starts): ([JudgedRow.Head], [Int]) = ([], [])
        for row in rows {
            starts.append(heads.count)
            heads += row.judgment.sequences.map { _ in row.head }
        }
        (sequenceHeads, self.starts) = (heads, starts)
        for (index, row) in rows.enumerated() {
            switch row.judgment.verdict {
            case .preferred(let margin):
                pairs.append(
                    Pair(row: index, first: starts[index], second: starts[index] + 1, margin: margin ?? 0))
            case .ranked: addRanking(index, splits: splitsRankings)
            case .rated: if let mark = row.mark { marks[mark.scale, default: []].append((index, mark.level)) }
            case .good(let isGood): thumbs.append((index, isGood))
            }
        }
    }

    private mutating func addRanking(_ row: Int, splits: Bool) {
        let tiers = (rows[row].judgment.verdict.tiers ?? []).map { $0.map { starts[row] + $0 } }
        if splits || tiers.joined().count == 2 {
            pairs += Self.pairs(of: tiers, row: row)
        } else {
            rankings.append((row, tiers))
        }
    }

    /// All comparisons and ties that a ranking implies, of equal weight.
    private static func pairs(of tiers: [[Int]], row: Int) -> [Pair] {
        let order = tiers.enumerated().flatMap { tier, members in members.map { (tier, $0) } }
        let weight = 2 / Double(max(2, order.count * (order.count - 1)))
        return order.indices.flatMap { first in
            order[(first + 1)...].map { second in
                Pair(
                    row: row, first: order[first].1, second: second.1, isTie: order[first].0 == second.0,
                    weight: weight)
            }
        }
    }

    // MARK: The loss

    /// −log of the likelihood of all rows, a scalar.
    /// - Parameter scores: [S]
    func loss(of scores: Tensor, _ parameters: LikelihoodParameters) -> Tensor {
        let terms =
            [pairLoss(of: scores, parameters), thumbLoss(of: scores, parameters)]
            + rankings.map { row, tiers in
                RankingLikelihood.loss(
                    scores: scores, tiers: tiers,
                    logTies: parameters.logTies(ofAspect: rows[row].head.aspect))
            }
            + marks.sorted { $0.key < $1.key }.map { scale, marks in
                RatingLikelihood.losses(
                    scores: absolute(scores, rows: marks.map(\.row), parameters),
                    thresholds: parameters.thresholds(ofScale: scale, aspects: aspects(of: marks.map(\.row))),
                    levels: marks.map(\.level)
                ).sum()
            }
        return terms.compactMap(\.self).reduce(nil) { sum, term in sum.map { $0 + term } ?? term }
            ?? scores.sum() * 0
    }

    private func pairLoss(of scores: Tensor, _ parameters: LikelihoodParameters) -> Tensor? {
        let preferred = pairs.filter { !$0.isTie }
        let ties = pairs.filter(\.isTie)
        let losses = [
            preferred.isEmpty
                ? nil
                : PairLikelihood.losses(
                    differences: differences(preferred, scores),
                    logTies: parameters.logPairTies(ofAspects: aspects(of: preferred.map(\.row))),
                    errorRates: errorRates(of: preferred.map(\.row), on: scores.device)),
            ties.isEmpty
                ? nil
                : parameters.logPairTies(ofAspects: aspects(of: ties.map(\.row))).map {
                    PairLikelihood.tieLosses(differences: differences(ties, scores), logTies: $0)
                },
        ]
        let sums = zip(losses, [preferred, ties]).compactMap { losses, pairs in
            losses.map { ($0 * Tensor(pairs.map { Float($0.weight) }, on: scores.device)).sum() }
        }
        return sums.reduce(nil) { sum, term in sum.map { $0 + term } ?? term }
    }

    private func thumbLoss(of scores: Tensor, _ parameters: LikelihoodParameters) -> Tensor? {
        let rows = thumbs.map(\.row)
        guard let offsets = parameters.thumbOffsets(ofAspects: aspects(of: rows)), !thumbs.isEmpty else {
            return nil
        }
        return ThumbLikelihood.losses(
            scores: absolute(scores, rows: rows, parameters) - offsets, areGood: thumbs.map(\.isGood),
            errorRates: errorRates(of: rows, on: scores.device)
        ).sum()
    }

    /// Σ over rows that compare of (2 · mean score)², which for two answers is (s_1 + s_2)².
    func centering(of scores: Tensor) -> Tensor {
        let compared = rows.indices.filter { rows[$0].judgment.sequences.count > 1 }
        return compared.reduce(Tensor.zeros([], on: scores.device)) { sum, row in
            let own = scores[starts[row]..<starts[row] + rows[row].judgment.sequences.count]
            return sum + (own.mean() * 2).squared()
        }
    }

    private func differences(_ pairs: [Pair], _ scores: Tensor) -> Tensor {
        scores.selecting(Tensor(pairs.map(\.first), on: scores.device))
            - scores.selecting(Tensor(pairs.map(\.second), on: scores.device))
            - Tensor(pairs.map { Float($0.margin) }, on: scores.device)
    }

    /// The scores of rows with one answer, with what their groups are lenient by.
    private func absolute(_ scores: Tensor, rows indices: [Int], _ parameters: LikelihoodParameters) -> Tensor
    {
        let own = scores.selecting(Tensor(indices.map { starts[$0] }, on: scores.device))
        return parameters.leniencies(ofHeads: indices.map { rows[$0].head.ofGroup }).map { own + $0 } ?? own
    }

    private func aspects(of indices: [Int]) -> [Int] { indices.map { rows[$0].head.aspect } }

    /// Nil where nobody errs.
    private func errorRates(of indices: [Int], on device: Device) -> Tensor? {
        let rates = indices.map { Float(rows[$0].errorRate) }
        return rates.allSatisfy { $0 == 0 } ? nil : Tensor(rates, on: device)
    }

    // MARK: What is logged

    /// - Parameters:
    ///   - scores: S of them.
    ///   - aspects: their names.
    func metrics(
        of scores: [Double], aspects: [String], _ parameters: LikelihoodParameters
    ) -> Metrics {
        var metrics = Metrics()
        let ordered = orderedPairs
        addAgreement(ordered, scores, to: &metrics)
        if aspects.count > 1 {
            for (aspect, name) in aspects.enumerated() {
                let own = ordered.filter { rows[$0.row].head.aspect == aspect }
                metrics["accuracy/\(name)"] = accuracy(own, scores)
            }
        }
        withoutGradients { addAbsolute(scores, parameters, to: &metrics) }
        metrics["min_reward"] = scores.min()
        metrics["mean_reward"] = Moments(scores).mean
        metrics["max_reward"] = scores.max()
        return metrics
    }

    /// All comparisons, those that rankings imply among them.
    private var orderedPairs: [Pair] {
        (pairs + rankings.flatMap { Self.pairs(of: $0.tiers, row: $0.row) }).filter { !$0.isTie }
    }

    private func accuracy(_ pairs: [Pair], _ scores: [Double]) -> Double? {
        pairs.isEmpty
            ? nil : Double(pairs.count { scores[$0.first] > scores[$0.second] }) / Double(pairs.count)
    }

    private func addAgreement(_ pairs: [Pair], _ scores: [Double], to metrics: inout Metrics) {
        guard !pairs.isEmpty else { return }
        metrics["accuracy"] = accuracy(pairs, scores)
        metrics["margin"] = Moments(pairs.map { scores[$0.first] - scores[$0.second] }).mean
    }

    /// The share of thumbs on the side of their offset, and how many levels marks are off on average.
    private func addAbsolute(
        _ scores: [Double], _ parameters: LikelihoodParameters, to metrics: inout Metrics
    ) {
        let all = Tensor(scores.map { Float($0) })
        if let offsets = parameters.thumbOffsets(ofAspects: aspects(of: thumbs.map(\.row))), !thumbs.isEmpty {
            let own = absolute(all.to(on: offsets.device), rows: thumbs.map(\.row), parameters) - offsets
            let right = zip(own.doubles(), thumbs).count { ($0 > 0) == $1.isGood }
            metrics["thumbs/accuracy"] = Double(right) / Double(thumbs.count)
        }
        let distances = marks.flatMap { scale, marks -> [Double] in
            let thresholds = parameters.thresholds(ofScale: scale, aspects: aspects(of: marks.map(\.row)))
            let own = absolute(all.to(on: thresholds.device), rows: marks.map(\.row), parameters)
            let levels = (own.unsqueezed(1) .> thresholds).to(.float32).sum(along: 1).doubles()
            return zip(levels, marks).map { abs($0 - Double($1.level)) }
        }
        if !distances.isEmpty { metrics["ratings/distance"] = Moments(distances).mean }
    }
}
