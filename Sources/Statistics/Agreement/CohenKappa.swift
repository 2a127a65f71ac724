/// How much a disagreement weighs.
public enum DisagreementWeight: String, Codable, CaseIterable, Hashable, Sendable {
    /// Every disagreement weighs the same.
    case equal
    /// By the difference of the two values.
    case linear
    /// By its square.
    case quadratic

    func callAsFunction(_ first: Int, _ second: Int) -> Double {
        let difference = abs(Double(first - second))
        switch self {
        case .equal: return first == second ? 0 : 1
        case .linear: return difference
        case .quadratic: return difference * difference
        }
    }
}

/// The values that two raters gave to the same units.
public struct PairedRatings: Sendable {
    private let values: [Int]
    /// For each kind of item, how often each cell of the table of both values occurs in it.
    private let contributions: [[(cell: Int, count: Double)]]
    private let counts: [Int]

    /// - Parameters:
    ///   - pairs: what the first and the second rater said about a unit that both have seen.
    ///   - items: for every pair, the item it belongs to, where an item has several units (``Bootstrap``).
    public init(_ pairs: [(first: Int, second: Int)], items: [Int]? = nil) {
        let values = Set(pairs.lazy.flatMap { [$0.first, $0.second] }).sorted()
        let places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
        let cells = pairs.compactMap { pair in
            places[pair.first].flatMap { row in
                places[pair.second].map { row * values.count + $0 }
            }
        }
        let kinds = ClusterKinds(cells, clusters: items)
        self.values = values
        contributions = kinds.contents.map { cells in
            Dictionary(cells.map { ($0, 1) }, uniquingKeysWith: +).map { ($0, $1) }
        }
        counts = kinds.counts
    }

    /// The share of units that both gave the same value; `nil` without units.
    public var agreement: Double? { agreement(table(counts)) }

    /// Cohen's κ (*A Coefficient of Agreement for Nominal Scales*, 1960): agreement beyond what two raters with these
    /// habits would reach by chance; with weights, disagreements count by their size (Cohen, *Weighted Kappa*, 1968).
    ///
    /// `1 − Σ w o / Σ w e`, where `o` are observed and `e` expected shares of pairs of values, and `w` is the weight.
    ///
    /// - Returns: `nil` without units, or where both raters only ever gave one and the same value.
    public func kappa(_ weight: DisagreementWeight = .equal) -> Double? { kappa(table(counts), weight) }

    /// ``agreement`` and ``kappa(_:)`` with intervals from drawing items again.
    public func estimates(
        _ weight: DisagreementWeight = .equal, bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) -> (agreement: Estimate?, kappa: Estimate?) {
        let estimates = bootstrap.estimates(ofKinds: counts, using: &generator) { counts in
            let table = table(counts)
            return [agreement(table), kappa(table, weight)]
        }
        return (estimates[0], estimates[1])
    }

    /// How often each pair of values occurs, row by row. Counts are whole, so the order of adding does not matter.
    private func table(_ counts: [Int]) -> [Double] {
        var table = [Double](repeating: 0, count: values.count * values.count)
        for (contribution, times) in zip(contributions, counts) where times > 0 {
            for (cell, count) in contribution { table[cell] += count * Double(times) }
        }
        return table
    }

    private func agreement(_ table: [Double]) -> Double? {
        let total = table.reduce(0, +)
        return total > 0 ? values.indices.reduce(0) { $0 + table[$1 * (values.count + 1)] } / total : nil
    }

    private func kappa(_ table: [Double], _ weight: DisagreementWeight) -> Double? {
        var first = [Double](repeating: 0, count: values.count)
        var second = first
        for row in values.indices {
            for column in values.indices {
                first[row] += table[row * values.count + column]
                second[column] += table[row * values.count + column]
            }
        }
        var observed = 0.0
        var expected = 0.0
        for row in values.indices {
            for column in values.indices {
                let weight = weight(values[row], values[column])
                observed += weight * table[row * values.count + column]
                expected += weight * first[row] * second[column]
            }
        }
        return expected > 0 ? 1 - observed * table.reduce(0, +) / expected : nil
    }
}
