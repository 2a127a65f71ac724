import Foundation
import RandomNumbers
import Statistics
import Testing

@Suite struct LogisticFitTests {
    private static func outcomes(
        _ features: [Double], slope: Double, intercept: Double, _ random: inout RandomSource
    ) -> [Bool] {
        features.map { random.uniform() < 1 / (1 + exp(-(intercept + slope * $0))) }
    }

    /// What the data were drawn from comes back, to within four standard errors or so of 20,000 observations.
    @Test func slopeAndInterceptAreRecovered() {
        var random = RandomSource(seed: 3)
        let features = (0..<20_000).map { _ in 4 * random.uniform() - 2 }
        let outcomes = Self.outcomes(features, slope: 1.5, intercept: -0.5, &random)
        let fit = LogisticFit(features: features, outcomes: outcomes, hasIntercept: true)
        print("logistic fit: recovered \(fit.slope) and \(fit.intercept), true 1.5 and -0.5")
        #expect(abs(fit.slope - 1.5) < 0.09)
        #expect(abs(fit.intercept + 0.5) < 0.07)
    }

    /// At the maximum the ridge pulls as much as the data do.
    @Test(arguments: [false, true])
    func gradientVanishes(hasIntercept: Bool) {
        var random = RandomSource(seed: 4)
        let features = (0..<50).map { _ in 10 * random.uniform() - 3 }
        let outcomes = Self.outcomes(features, slope: 0.7, intercept: 0.4, &random)
        let fit = LogisticFit(features: features, outcomes: outcomes, hasIntercept: hasIntercept)
        let misses = zip(features, outcomes).map { feature, outcome in
            (outcome ? 1 : 0) - 1 / (1 + exp(-(fit.intercept + fit.slope * feature)))
        }
        let slopePull = zip(features, misses).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(slopePull - 1e-3 * fit.slope) < 1e-7)
        if hasIntercept {
            #expect(abs(misses.reduce(0, +) - 1e-3 * fit.intercept) < 1e-7)
        } else {
            #expect(fit.intercept == 0)
        }
    }

    @Test func separableAndMissingObservationsStayFinite() {
        let separable = LogisticFit(features: [-2, -1, 1, 2], outcomes: [false, false, true, true])
        #expect(separable.slope.isFinite && separable.slope > 2)
        #expect(LogisticFit(features: [], outcomes: []).slope == 0)
        #expect(LogisticFit(features: [0, 0], outcomes: [true, true]).slope == 0)
    }
}
