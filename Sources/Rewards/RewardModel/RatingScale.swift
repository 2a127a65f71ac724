import Datasets

/// The levels of a scale, inferred from the marks that were given on it.
///
/// Every mark that occurs is a level of its own while there are few; marks of a finer scale are put into tenths of equal
/// number. Thresholds can be learned only between levels that occur.
public struct RatingScale: Codable, Hashable, Sendable {
    /// More different marks than this are grouped.
    static let mostLevels = 10

    /// As the rows state it; nil where they do not.
    public let lowest: Double?
    public let highest: Double?
    /// Between the levels: a mark's level is the number of edges below it.
    public let edges: [Double]

    public var levelCount: Int { edges.count + 1 }

    /// - Parameter marks: all that were given on this scale.
    package init(_ range: ClosedRange<Double>?, marks: [Double]) {
        lowest = range?.lowerBound
        highest = range?.upperBound
        let sorted = marks.sorted()
        let values = Set(sorted).sorted()
        let between = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
        guard values.count > Self.mostLevels else {
            edges = between
            return
        }
        // The step between two marks that is nearest to each tenth.
        let tenths = (1..<Self.mostLevels).compactMap { tenth in
            let mark = sorted[sorted.count * tenth / Self.mostLevels]
            return between.first { $0 > mark }
        }
        edges = Set(tenths).sorted()
    }

    package func level(of mark: Double) -> Int { edges.count { $0 < mark } }

    package func holds(_ range: ClosedRange<Double>?) -> Bool {
        lowest == range?.lowerBound && highest == range?.upperBound
    }
}
