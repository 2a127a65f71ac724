import Foundation
import RandomNumbers
import Statistics
import TestSupport
import Testing

/// Against the golden fits, Newton's and confirmed by L-BFGS, in float64.
@Suite struct LengthControlledWinRateTests {
    private let golden: GoldenValue

    init() throws { golden = try Fixtures.goldenValues("preferences-extra/length_controlled.json") }

    private func comparisons(_ rows: [GoldenValue]) throws -> [LengthComparison] {
        try rows.map {
            LengthComparison(
                difference: try $0["model_length"].double - $0["baseline_length"].double,
                preference: try $0["preference"].double)
        }
    }

    private func table(_ name: String) throws -> [LengthComparison] {
        let text = try String(
            contentsOf: Fixtures.golden("preferences-extra/\(name)"), encoding: .utf8)
        return try comparisons(
            text.split(separator: "\n").map {
                GoldenValue(try JSONSerialization.jsonObject(with: Data($0.utf8)), path: name)
            })
    }

    private func expectEqual(_ value: Double, _ golden: Double, _ what: String) {
        #expect(abs(value - golden) <= 1e-9 * max(1, abs(golden)), "\(what): \(value), golden \(golden)")
    }

    @Test func fitsEqualTheGoldenOnes() throws {
        for table in try golden["tables"].array {
            let comparisons = try self.table(table["table"].string)
            for fit in try table["fits"].array where try fit["sd_ddof"].int == 0 {
                let own = try #require(LengthControlledWinRate(comparisons, ridge: fit["l2"].double))
                let what = "\(try table["table"].string), l2 \(try fit["l2"].double)"
                expectEqual(own.strength, try fit["theta_model"].double, what)
                expectEqual(own.lengthWeight, try fit["phi_length"].double, what)
                expectEqual(own.rate * 100, try fit["length_controlled_win_rate_percent"].double, what)
                #expect(!own.isSeparable && own.isIdentified)
            }
        }
    }

    @Test func sixRowsWithATie() throws {
        let six = try golden["six_rows"]
        let own = try #require(LengthControlledWinRate(comparisons(six["rows"].array)))
        expectEqual(own.strength, try six["theta_model"].double, "theta")
        expectEqual(own.lengthWeight, try six["phi_length"].double, "phi")
        expectEqual(own.rate * 100, try six["length_controlled_win_rate_percent"].double, "rate")
    }

    /// Maximum likelihood diverges; the penalty holds the fit, which says that it rests on it.
    @Test func separableRowsArePenalised() throws {
        let separable = try golden["separable_needs_penalty"]
        let rows = try comparisons(separable["rows"].array)
        let own = try #require(LengthControlledWinRate(rows))
        expectEqual(own.strength, try separable["theta_model"].double, "theta")
        expectEqual(own.lengthWeight, try separable["phi_length"].double, "phi")
        #expect(own.isSeparable && !own.isIdentified)
        var random = RandomSource(seed: 1)
        #expect(LengthControlledWinRate.estimate(rows, using: &random) == nil)
    }

    @Test func equalLengthsGiveThePlainRate() throws {
        let equal = try golden["all_lengths_equal"]
        let rows = try comparisons(equal["rows"].array)
        let own = try #require(LengthControlledWinRate(rows))
        expectEqual(own.rate * 100, try equal["win_rate_percent"].double, "rate")
        var (first, second) = (RandomSource(seed: 5), RandomSource(seed: 5))
        let plain = Bootstrap().mean(of: rows.map(\.preference), using: &first)
        #expect(LengthControlledWinRate.estimate(rows, using: &second) == plain)
        let won = try #require(
            LengthControlledWinRate([LengthComparison(difference: 0, preference: 1)]))
        #expect(won.rate == 1)
    }

    @Test func whatLengthCannotTellIsNotIdentified() throws {
        func fit(_ rows: [(Double, Double)]) -> LengthControlledWinRate? {
            LengthControlledWinRate(rows.map { LengthComparison(difference: $0.0, preference: $0.1) })
        }
        #expect(fit([]) == nil)
        // Always longer by the same: arm and length are one.
        #expect(fit([(3, 1), (3, 0), (3, 1)]) == nil)
        // Always longer and always preferred.
        #expect(try #require(fit([(3, 1), (5, 1), (9, 1)])).isIdentified == false)
        // Always preferred, longer or not.
        let always = try #require(fit([(3, 1), (-5, 1), (9, 1), (-4, 1)]))
        #expect(always.isSeparable && always.isIdentified && always.rate > 0.7)
        // Always longer, and not always preferred: the fit extrapolates.
        #expect(try #require(fit([(3, 1), (5, 0), (9, 1), (4, 0), (2, 1)])).isIdentified)
        // On the limit itself there may be both.
        #expect(try #require(fit([(1, 1), (1, 0), (2, 1), (-3, 0)])).isSeparable)
        // A tie is a win and a loss.
        #expect(try #require(fit([(1, 0.5), (2, 1), (-3, 0), (0.5, 0.5)])).isSeparable == false)
    }

    /// A judge of length alone, blurred: the arm wins by its length, and at equal length it would not.
    @Test func lengthIsTakenOut() throws {
        var random = RandomSource(seed: 11)
        let rows = (0..<400).map { _ in
            let difference = 200 * random.uniform() - 50
            return LengthComparison(
                difference: difference,
                preference: random.uniform() < 1 / (1 + exp(-difference / 40)) ? 1 : 0)
        }
        let clusters = rows.indices.map { $0 / 2 }
        let plain = try #require(mean(of: rows.map(\.preference)))
        let controlled = try #require(
            LengthControlledWinRate.estimate(
                rows, clusters: clusters, bootstrap: Bootstrap(resamples: 200), using: &random))
        #expect(plain > 0.65)
        let (low, high) = (try #require(controlled.low), try #require(controlled.high))
        #expect(low < 0.5 && 0.5 < high && high - low < 0.3)
    }

    @Test func theSameSeedGivesTheSameInterval() throws {
        let rows = Array(try table("lc_votes.jsonl").prefix(40))
        func estimate(_ seed: UInt64) -> Estimate? {
            var random = RandomSource(seed: seed)
            return LengthControlledWinRate.estimate(
                rows, bootstrap: Bootstrap(resamples: 100), using: &random)
        }
        #expect(estimate(1) == estimate(1) && estimate(1) != estimate(2))
    }
}
