import Foundation
import Statistics

/// Counts of values in intervals of equal width.
public struct HistogramBins: Codable, Hashable, Sendable {
    /// `counts.count + 1` edges in rising order; a bin holds its lower edge, the last bin both.
    public let edges: [Double]
    public let counts: [Int]

    /// Counts the values between the first and the last edge; others are left out.
    public init(of values: [Double], edges: [Double]) {
        precondition(edges.count > 1, "a histogram needs two edges, found \(edges.count)")
        let lowest = edges[0]
        let highest = edges[edges.count - 1]
        var counts = [Int](repeating: 0, count: edges.count - 1)
        for value in values where value >= lowest && value <= highest {
            let bin = (edges.lastIndex { $0 <= value } ?? 0)
            counts[min(bin, counts.count - 1)] += 1
        }
        self.edges = edges
        self.counts = counts
    }

    /// Edges at round numbers, about as far apart as the rule of Freedman and Diaconis (*On the Histogram as a
    /// Density Estimator*, 1981) says: twice the interquartile range over the cube root of the number of values.
    ///
    /// - Returns: `nil` when there are no values.
    public static func roundEdges(for values: [Double], atMost limit: Int = 40) -> [Double]? {
        guard let low = values.min(), let high = values.max(),
            let lowerQuartile = quantile(0.25, of: values), let upperQuartile = quantile(0.75, of: values)
        else { return nil }
        let width = 2 * (upperQuartile - lowerQuartile) / cbrt(Double(values.count))
        let wanted = width > 0 ? (high - low) / width : 10
        let span = Ticks.canDivide(low, high) ? high - low : max(abs(high) * 0.1, 1)
        let step = Ticks.roundStep(covering: span, inAbout: min(max(wanted, 5), Double(limit)))
        let first = (low / step).rounded(.down)
        let last = max((high / step).rounded(.up), first + 1)
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }
}
