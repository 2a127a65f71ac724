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
public struct PairedRatings: Hashable, Sendable {
    private let kinds: ClusterKinds<Pair>

    /// - Parameters:
    ///   - pairs: what the first and the second rater said about a unit that both have seen.
    ///   - items: for every pair, the item it belongs to, where an item has several units (``Bootstrap``).
    public init(_ pairs: [(first: Int, second: Int)], items: [Int]? = nil) {
        kinds = ClusterKinds(pairs.map { Pair(first: $0.first, second: $0.second) }, clusters: items)
    }

    /// The share of units that both gave the same value; `nil` without units.
    public var agreement: Double? { Self.agreement(table(kinds.counts)) }

    /// Cohen's κ (*A Coefficient of Agreement for Nominal Scales*, 1960): agreement beyond what two raters with these
    /// habits would reach by chance; with weights, disagreements count by their size (Cohen, *Weighted Kappa*, 1968).
    ///
    /// `1 − Σ w o / Σ w e`, where `o` are observed and `e` expected shares of pairs of values, and `w` is the weight.
    ///
    /// - Returns: `nil` without units, or where both raters only ever gave one and the same value.
    public func kappa(_ weight: DisagreementWeight = .equal) -> Double? {
        Self.kappa(table(kinds.counts), weight)
    }

    /// ``agreement`` and ``kappa(_:)`` with intervals from drawing items again.
    public func estimates(
        _ weight: DisagreementWeight = .equal, bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) -> (agreement: Estimate?, kappa: Estimate?) {
        let estimates = bootstrap.estimates(ofKinds: kinds.counts, using: &generator) { counts in
            let table = table(counts)
            return [Self.agreement(table), Self.kappa(table, weight)]
        }
        return (estimates[0], estimates[1])
    }

    private func table(_ counts: [Int]) -> [Pair: Int] {
        var table: [Pair: Int] = [:]
        for (pairs, count) in zip(kinds.contents, counts) where count > 0 {
            for pair in pairs { table[pair, default: 0] += count }
        }
        return table
    }

    private static func agreement(_ table: [Pair: Int]) -> Double? {
        let total = table.values.reduce(0, +)
        let agreed = table.reduce(0) { $0 + ($1.key.first == $1.key.second ? $1.value : 0) }
        return total > 0 ? Double(agreed) / Double(total) : nil
    }

    private static func kappa(_ table: [Pair: Int], _ weight: DisagreementWeight) -> Double? {
        var first: [Int: Int] = [:]
        var second: [Int: Int] = [:]
        for (pair, count) in table {
            first[pair.first, default: 0] += count
            second[pair.second, default: 0] += count
        }
        let total = Double(table.values.reduce(0, +))
        // Every term is a whole number, so the order in which a dictionary gives them does not matter.
        let observed = table.reduce(0.0) { $0 + weight($1.key.first, $1.key.second) * Double($1.value) }
        let expected = first.reduce(0.0) { sum, row in
            second.reduce(sum) { $0 + weight(row.key, $1.key) * Double(row.value * $1.value) }
        }
        return expected > 0 ? 1 - observed * total / expected : nil
    }

    private struct Pair: Hashable, Comparable, Sendable {
        let first: Int
        let second: Int

        static func < (left: Pair, right: Pair) -> Bool {
            (left.first, left.second) < (right.first, right.second)
        }
    }
}
