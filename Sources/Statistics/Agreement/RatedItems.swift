/// What several raters said about the same items, for coefficients of agreement with intervals.
///
/// An item may have several units, such as the marks of its two answers, or the pairs that a ranking puts in order;
/// these hang together. Intervals come from drawing whole items again (``Bootstrap``), which Zapf and others (*Measuring
/// Inter-Rater Reliability for Nominal Data*, 2016) found to have the promised coverage for Fleiss' κ and for α. The
/// bootstrap of Hayes and Krippendorff (2007) draws single pairs of values instead, as though those of one item were
/// independent, which makes the interval too narrow where items have more than two raters.
public struct RatedItems: Sendable {
    /// A coefficient: ``CoincidenceMatrix/agreement``, ``CoincidenceMatrix/fleissKappa`` or
    /// ``CoincidenceMatrix/krippendorffAlpha(_:)``.
    public typealias Coefficient = (CoincidenceMatrix) -> Double?

    private let values: [Int]
    private let contributions: [CoincidenceMatrix.Contribution]
    private let counts: [Int]

    /// - Parameters:
    ///   - units: for each unit, the values that it was given, in any order; those with fewer than two are left out.
    ///   - items: for every unit, the item it belongs to; without it each unit stands alone.
    public init(_ units: [[Int]], items: [Int]? = nil) {
        let compared = units.indices.filter { units[$0].count > 1 }
        let kinds = ClusterKinds(
            compared.map { Unit(ratings: units[$0].sorted()) },
            clusters: items.map { items in compared.map { items[$0] } })
        let values = Set(compared.lazy.flatMap { units[$0] }).sorted()
        let places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
        self.values = values
        contributions = kinds.contents.map { .init(of: $0.map(\.ratings), places: places) }
        counts = kinds.counts
    }

    /// How many items have a unit with at least two values.
    public var itemCount: Int { counts.reduce(0, +) }

    public var coincidences: CoincidenceMatrix { coincidences(counts) }

    /// Several coefficients, all with intervals from the same draws; `nil` for those that are undefined.
    public func estimates(
        of coefficients: [Coefficient], bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) -> [Estimate?] {
        bootstrap.estimates(ofKinds: counts, using: &generator) { counts in
            let matrix = coincidences(counts)
            return coefficients.map { $0(matrix) }
        }
    }

    private func coincidences(_ counts: [Int]) -> CoincidenceMatrix {
        var matrix = CoincidenceMatrix(values: values)
        for (contribution, count) in zip(contributions, counts) where count > 0 {
            matrix.add(contribution, times: Double(count))
        }
        return matrix
    }

    private struct Unit: Hashable, Comparable {
        let ratings: [Int]

        static func < (left: Unit, right: Unit) -> Bool {
            left.ratings.lexicographicallyPrecedes(right.ratings)
        }
    }
}
