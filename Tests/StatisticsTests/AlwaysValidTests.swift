import Foundation
import RandomNumbers
import Statistics
import Testing

@Suite struct AlwaysValidTests {
    /// Looks at a coin of probability `truth` after every 40 throws up to 400.
    /// - Returns: whether the truth was outside at any look, by the always-valid and by the ordinary interval.
    private static func peek(
        at truth: Double, using generator: inout SplitMix64
    ) throws -> (always: Bool, ordinary: Bool) {
        var values: [Double] = []
        var left = (always: false, ordinary: false)
        while values.count < 400 {
            values += (0..<40).map { _ in
                Double.random(in: 0..<1, using: &generator) < truth ? 1 : 0
            }
            let estimate = try #require(alwaysValidEstimate(of: values))
            left.always = left.always || estimate.side(of: truth) != nil
            let ordinary = wilsonInterval(values.reduce(0, +), of: values.count)
            left.ordinary = left.ordinary || !ordinary.contains(truth)
        }
        return left
    }

    @Test(arguments: [0.5, 0.8]) func peekingBreaksOrdinaryIntervalsAlone(truth: Double) throws {
        var generator = SplitMix64(seed: 1)
        var wrong = (always: 0, ordinary: 0)
        let studies = 60
        for _ in 0..<studies {
            let left = try Self.peek(at: truth, using: &generator)
            if left.always { wrong.always += 1 }
            if left.ordinary { wrong.ordinary += 1 }
        }
        print("truth \(truth) left at any of 10 looks: \(wrong) of \(studies)")
        #expect(wrong.always <= 6)
        #expect(wrong.ordinary >= 7)
    }

    @Test func shrinksAsValuesComeIn() throws {
        var generator = SplitMix64(seed: 2)
        let values = (0..<2_000).map { _ in Double.random(in: 0..<1, using: &generator) < 0.6 ? 1.0 : 0 }
        let widths = try [50, 500, 2_000].map { count in
            let estimate = try #require(alwaysValidEstimate(of: Array(values[..<count])))
            return try #require(estimate.high) - #require(estimate.low)
        }
        #expect(widths[0] > widths[1] && widths[1] > widths[2])
        // The price of peeking: the ordinary interval of 2000 throws is 0.043 wide.
        #expect(widths[2] < 2.5 * 0.043)
        #expect(try #require(alwaysValidEstimate(of: values)).side(of: 0.5) == .above)
    }

    @Test func valuesThatVaryLittleHaveNarrowIntervals() throws {
        let width = { (values: [Double]) throws -> Double in
            let estimate = try #require(alwaysValidEstimate(of: values))
            #expect(estimate.mean == 0.5)
            return try #require(estimate.high) - #require(estimate.low)
        }
        let even = try width(Array(repeating: 0.5, count: 200))
        let coin = try width((0..<200).map { Double($0 % 2) })
        #expect(even < 0.5 * coin)
    }

    @Test func mirrorsAndEdges() throws {
        let values = [1.0, 0, 1, 1, 0.5, 1, 0, 1]
        let estimate = try #require(alwaysValidEstimate(of: values))
        let mirrored = try #require(alwaysValidEstimate(of: values.map { 1 - $0 }))
        #expect(try abs(#require(estimate.low) + #require(mirrored.high) - 1) < 1e-12)
        #expect(try abs(#require(estimate.high) + #require(mirrored.low) - 1) < 1e-12)
        #expect(alwaysValidEstimate(of: []) == nil)
        #expect(alwaysValidEstimate(of: [0])?.low == 0)
        // One vote says next to nothing.
        #expect(try #require(alwaysValidEstimate(of: [1])?.low) < 0.05)
        let wins = try #require(alwaysValidEstimate(of: Array(repeating: 1, count: 60)))
        #expect(wins.high == 1)
        #expect(wins.side(of: 0.8) == .above)
    }
}

@Suite struct FairCoinTests {
    /// `scipy.stats.binomtest(k, n).pvalue`, and by hand.
    @Test func exactProbabilities() {
        #expect(fairCoinProbability(heads: 0, of: 0) == 1)
        #expect(abs(fairCoinProbability(heads: 0, of: 5) - 0.0625) < 1e-12)
        #expect(abs(fairCoinProbability(heads: 5, of: 5) - 0.0625) < 1e-12)
        #expect(fairCoinProbability(heads: 5, of: 10) == 1)
        #expect(abs(fairCoinProbability(heads: 40, of: 100) - 0.056_887_933_640_980_784) < 1e-10)
        #expect(fairCoinProbability(heads: 9_000, of: 20_000) < 1e-40)
    }
}
