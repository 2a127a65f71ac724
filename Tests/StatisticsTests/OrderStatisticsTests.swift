import Foundation
import RandomNumbers
import TestSupport
import Testing

@testable import Statistics

/// Against the golden means over all subsets, in float64.
@Suite struct OrderStatisticsTests {
    private let golden: GoldenValue

    init() throws { golden = try Fixtures.goldenValues("preferences-extra/best_of_n.json") }

    private func expectEqual(_ value: Double, _ golden: Double, _ what: String) {
        #expect(abs(value - golden) <= 1e-9 * max(1, abs(golden)), "\(what): \(value), golden \(golden)")
    }

    @Test func meansOverSubsetsEqualTheGoldenOnes() throws {
        for set in try golden["sets"].array {
            let statistics = OrderStatistics(try set["samples"].doubles)
            for estimate in try set["estimates"].array {
                let n = try estimate["n"].int
                let what = "\(try set["name"].string), \(n)"
                expectEqual(statistics.expectedMaximum(of: n), try estimate["expected_max"].double, what)
                expectEqual(statistics.expectedMedian(of: n), try estimate["expected_median"].double, what)
                expectEqual(
                    statistics.expected(rank: 1, of: n), try estimate["expected_min"].double, what)
            }
        }
    }

    @Test func theBestByAProxyHasTheGoldenValue() throws {
        let chosen = try golden["select_by_proxy"]
        let (proxy, gold) = (try chosen["proxy"].doubles, try chosen["gold"].doubles)
        for estimate in try chosen["estimates"].array {
            let n = try estimate["n"].int
            let value = OrderStatistics.expected(gold, atBestOf: n, by: proxy)
            expectEqual(value, try estimate["expected_gold_of_proxy_best"].double, "\(n)")
        }
        // Chosen by themselves, values are their maximum.
        expectEqual(
            OrderStatistics.expected(gold, atBestOf: 4, by: gold),
            OrderStatistics(gold).expectedMaximum(of: 4), "itself")
    }

    @Test func manySamplesStayPrecise() {
        // Of 1 … M, the greatest of n is n (M + 1) / (n + 1) on average.
        let statistics = OrderStatistics((1...1000).map(Double.init))
        for n in [1, 2, 100, 999, 1000] {
            expectEqual(statistics.expectedMaximum(of: n), Double(n * 1001) / Double(n + 1), "\(n)")
        }
    }
}

@Suite struct BestOfNTests {
    private let golden: GoldenValue

    init() throws { golden = try Fixtures.goldenValues("preferences-extra/best_of_n_kl.json") }

    @Test func theBoundIsTheGoldenOne() throws {
        for row in try golden["bound"].array {
            let (bound, golden) = (BestOfN.divergenceBound(try row["n"].int), try row["value"].double)
            #expect(abs(bound - golden) < 1e-12)
        }
    }

    /// Scores that come as often as the distribution has them give the exact divergence, which the bound is above.
    @Test func levelsGiveTheExactDivergence() throws {
        for example in try golden["examples"].array {
            let base = try example["base"].array.map {
                try $0.string.split(separator: "/").map { Double($0)! }
            }
            let scores = zip(base, try example["reward"].doubles).flatMap { share, reward in
                Array(repeating: reward, count: Int((share[0] / share[1] * 1200).rounded()))
            }
            for row in try example["by_n"].array {
                let n = try row["n"].int
                let found = BestOfN.divergence(n, scores: scores)
                let exact = try divergence(row["best_of_n"].doubles, base, example["reward"].doubles)
                #expect(abs(found - exact) < 1e-9, "\(n): \(found), exact \(exact)")
                let golden = try row["exact_kl"].double
                #expect(abs(found - golden) < 1e-9, "\(n)")
                #expect(found <= BestOfN.divergenceBound(n) + 1e-12)
            }
        }
    }

    private func divergence(_ best: [Double], _ base: [[Double]], _ rewards: [Double]) throws -> Double {
        zip(best, base).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / ($1.1[0] / $1.1[1])) : 0) }
    }

    @Test func withoutTiesItIsTheBoundAndOfOneScoreNothing() {
        var random = RandomSource(seed: 1)
        let scores = (0..<16).map { _ in random.uniform() }
        for n in [1, 2, 16, 64] {
            #expect(abs(BestOfN.divergence(n, scores: scores) - BestOfN.divergenceBound(n)) < 1e-12)
            #expect(BestOfN.divergence(n, scores: [2, 2, 2, 2]) == 0)
        }
    }
}
