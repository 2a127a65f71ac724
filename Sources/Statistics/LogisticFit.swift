import Foundation

/// Logistic regression on one feature by Newton's method. A ridge of 10⁻³ keeps it finite where the outcomes can be told
/// apart without error.
public struct LogisticFit: Hashable, Sendable {
    /// Of the log-odds, for each unit of the feature.
    public private(set) var slope = 0.0
    /// The log-odds at a feature of 0; 0 without an intercept.
    public private(set) var intercept = 0.0
    private static let ridge = 1e-3

    /// - Parameters:
    ///   - features: of each observation; without any, slope and intercept are 0.
    ///   - outcomes: as many, in the same order.
    ///   - hasIntercept: whether the log-odds at a feature of 0 are fitted too.
    public init(features: [Double], outcomes: [Bool], hasIntercept: Bool = false) {
        guard !features.isEmpty else { return }
        for _ in 0..<50 {
            var (gradient, curvature) = (
                (slope: 0.0, intercept: 0.0), (slope: 0.0, both: 0.0, intercept: 0.0)
            )
            for (feature, outcome) in zip(features, outcomes) {
                let probability = 1 / (1 + exp(-(intercept + slope * feature)))
                let miss = (outcome ? 1 : 0) - probability
                let weight = probability * (1 - probability)
                gradient = (gradient.slope + miss * feature, gradient.intercept + miss)
                curvature = (
                    curvature.slope + weight * feature * feature, curvature.both + weight * feature,
                    curvature.intercept + weight
                )
            }
            let steps = Self.newton(
                (gradient.slope - Self.ridge * slope, gradient.intercept - Self.ridge * intercept),
                (curvature.slope + Self.ridge, curvature.both, curvature.intercept + Self.ridge),
                hasIntercept: hasIntercept)
            slope += steps.slope
            intercept += steps.intercept
            if max(abs(steps.slope), abs(steps.intercept)) < 1e-10 { break }
        }
    }

    /// A step is held to one unit: far from the optimum the curvature promises too much.
    private static func newton(
        _ gradient: (slope: Double, intercept: Double),
        _ curvature: (slope: Double, both: Double, intercept: Double), hasIntercept: Bool
    ) -> (slope: Double, intercept: Double) {
        func held(_ step: Double) -> Double { min(max(step, -1), 1) }
        guard hasIntercept else { return (held(gradient.slope / curvature.slope), 0) }
        let determinant = curvature.slope * curvature.intercept - curvature.both * curvature.both
        return (
            held((curvature.intercept * gradient.slope - curvature.both * gradient.intercept) / determinant),
            held((curvature.slope * gradient.intercept - curvature.both * gradient.slope) / determinant)
        )
    }
}
