import Foundation
import RandomNumbers
import Testing

@testable import Statistics

@Suite struct RewardCurveTests {
    @Test func leastSquaresSolvesWhatHasOneSolution() throws {
        // A line through three points by hand: slope 1.5, intercept 1/3.
        let features = [0.0, 1, 2].map { [$0, 1] }
        let line = try #require(LeastSquares.coefficients(features: features, targets: [0, 2.5, 3]))
        #expect(abs(line[0] - 1.5) < 1e-12 && abs(line[1] - 1.0 / 3) < 1e-12)
        // Columns of very different size.
        let scaled = try #require(
            LeastSquares.coefficients(features: features.map { [$0[0] * 1e8, $0[1]] }, targets: [0, 2.5, 3]))
        #expect(abs(scaled[0] - 1.5e-8) < 1e-18)
        #expect(LeastSquares.coefficients(features: [[1, 2], [2, 4], [3, 6]], targets: [1, 2, 3]) == nil)
        #expect(LeastSquares.coefficients(features: [[1, 2]], targets: [1]) == nil)
        #expect(LeastSquares.coefficients(features: [[0, 1], [0, 2]], targets: [1, 2]) == nil)
        #expect(LeastSquares.coefficients(features: [], targets: []) == nil)
    }

    @Test(arguments: [RewardCurve.Form.bestOfN, .learning]) func findsTheCurveThatMadeTheData(
        _ form: RewardCurve.Form
    ) throws {
        let curve = RewardCurve(form, alpha: 1.2, beta: 0.35)
        let distances = [0, 0.3, 0.8, 1.1, 1.9, 2.6]
        let fit = try #require(RewardCurve(form, distances: distances, gains: distances.map(curve.gain)))
        #expect(abs(fit.alpha - 1.2) < 1e-9 && abs(fit.beta - 0.35) < 1e-9)
        // At the peak the gain is larger than on either side.
        let peak = try #require(fit.peak)
        #expect(fit.gain(at: peak) > fit.gain(at: peak * 0.99))
        #expect(fit.gain(at: peak) > fit.gain(at: peak * 1.01))
        #expect(fit.gain(at: 0) == 0)
    }

    @Test func whatNeverTurnsHasNoPeak() {
        #expect(RewardCurve(.bestOfN, alpha: 1, beta: 0).peak == nil)
        #expect(RewardCurve(.learning, alpha: 1, beta: -0.1).peak == nil)
        #expect(RewardCurve(.bestOfN, alpha: -1, beta: 1).peak == nil)
        #expect(RewardCurve(.learning, distances: [1, 1, 0], gains: [1, 2, 3]) == nil)
        // Rewards that are always the same differ by rounding.
        #expect(RewardCurve(.learning, distances: [1, 2, 3], gains: [0, 1e-16, -1e-16]) == nil)
    }

    /// Stations of 60 prompts whose means follow a curve with noise.
    private func stations(
        _ curve: RewardCurve, noise: Double, distances: [Double], _ random: inout RandomSource
    ) -> [RewardCurveEstimate.Station] {
        distances.map { distance in
            let prompts = (0..<60).map { _ in (random.uniform() - 0.5, random.uniform() - 0.5) }
            return .init(
                divergences: prompts.map { distance * distance * (1 + noise * $0.0) },
                gains: prompts.map { curve.gain(at: distance) + noise * $0.1 })
        }
    }

    @Test(arguments: [RewardCurve.Form.bestOfN, .learning]) func theIntervalHoldsTheTurningPoint(
        _ form: RewardCurve.Form
    ) throws {
        let curve = RewardCurve(form, alpha: 1, beta: form == .bestOfN ? 0.4 : 0.6)
        let peak = try #require(curve.peak)
        var (covered, wide) = (0, 0.0)
        for seed in 1...20 {
            var random = RandomSource(seed: UInt64(seed))
            let stations = stations(curve, noise: 0.5, distances: [0.5, 1, 1.5, 2, 2.5], &random)
            let fit = try #require(
                RewardCurveEstimate(form, stations, bootstrap: Bootstrap(resamples: 100), using: &random))
            let estimate = try #require(fit.peak)
            let (low, high) = (try #require(estimate.low), try #require(estimate.high))
            if low <= peak, peak <= high { covered += 1 }
            wide = max(wide, high - low)
            #expect(!fit.isExtrapolated && fit.farthest < 2.7)
        }
        // 95 % of studies, and by chance seldom fewer than 16 of 20.
        #expect((16...20).contains(covered), "\(covered)")
        #expect(wide < 0.5 && wide > 0)
    }

    @Test func whatNobodyReachedIsSaid() throws {
        var random = RandomSource(seed: 3)
        let few = Bootstrap(resamples: 100)
        let rising = RewardCurve(.bestOfN, alpha: 1, beta: -0.05)
        let straight = stations(rising, noise: 0.01, distances: [0.5, 1, 2], &random)
        let fit = try #require(RewardCurveEstimate(.bestOfN, straight, bootstrap: few, using: &random))
        #expect(fit.peak == nil)
        let far = RewardCurve(.bestOfN, alpha: 1, beta: 0.1)
        let near = stations(far, noise: 0.01, distances: [0.5, 1, 2], &random)
        let beyond = try #require(RewardCurveEstimate(.bestOfN, near, bootstrap: few, using: &random))
        let peak = try #require(beyond.peak)
        #expect(beyond.isExtrapolated && abs(peak.mean - 5) < 0.5)
        // Two stations say nothing of a curve with two numbers.
        #expect(RewardCurveEstimate(.bestOfN, Array(near.prefix(2)), using: &random) == nil)
    }
}
