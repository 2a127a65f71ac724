import Charts
import Foundation
import Testing

@Suite struct HistogramBinsTests {
    @Test func binsHoldTheirLowerEdgeAndTheLastBoth() {
        let bins = HistogramBins(of: [-1, 0, 0.5, 1, 1.5, 2, 2.1], edges: [0, 1, 2])
        #expect(bins.counts == [2, 3])
    }

    @Test func roundEdgesCoverTheValues() throws {
        let values = (0..<200).map { sin(Double($0)) * 3.3 }
        let edges = try #require(HistogramBins.roundEdges(for: values))
        #expect(HistogramBins(of: values, edges: edges).counts.reduce(0, +) == 200)
        #expect((5...40).contains(edges.count))
        #expect(HistogramBins.roundEdges(for: []) == nil)
        let single = try #require(HistogramBins.roundEdges(for: [0.3, 0.3]))
        #expect(HistogramBins(of: [0.3, 0.3], edges: single).counts.reduce(0, +) == 2)
    }
}
