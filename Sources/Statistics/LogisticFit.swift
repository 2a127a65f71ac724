import Foundation

/// Logistic regression on one feature by Newton's method. A small ridge keeps it finite where the outcomes can be told apart
/// without error; without a ridge it is the fit of maximum likelihood, which does not exist there.
public struct LogisticFit: Hashable, Sendable {
    /// Of the log-odds, for each unit of the feature.
    public private(set) var slope = 0.0
    /// The log-odds at a feature of 0; 0 without an intercept.
    public private(set) var intercept = 0.0

    /// - Parameters:
    ///   - features: of each observation; without any, slope and intercept are 0.
    ///   - outcomes: as many, in the same order.
    ///   - hasIntercept: whether the log-odds at a feature of 0 are fitted too.
    public init(features: [Double], outcomes: [Bool], hasIntercept: Bool = false) {
        self.init(features: features, targets: outcomes.map { $0 ? 1 : 0 }, hasIntercept: hasIntercept)
    }

    /// - Parameters:
    ///   - targets: for each observation how probable its outcome was to be yes: 1, 0, or a share between, such as one half
    ///     for a tie.
    ///   - ridge: the weight λ of the penalty λ/2 (slope² + intercept²) on the summed loss.
    public init(features: [Double], targets: [Double], hasIntercept: Bool = false, ridge: Double = 1e-3) {
        guard !features.isEmpty else { return }
        for _ in 0..<50 {
            var (gradient, curvature) = (
                (slope: 0.0, intercept: 0.0), (slope: 0.0, both: 0.0, intercept: 0.0)
            )
            for (feature, target) in zip(features, targets) {
                let probability = 1 / (1 + exp(-(intercept + slope * feature)))
                let miss = target - probability
                let weight = probability * (1 - probability)
                gradient = (gradient.slope + miss * feature, gradient.intercept + miss)
                curvature = (
                    curvature.slope + weight * feature * feature, curvature.both + weight * feature,
                    curvature.intercept + weight
                )
            }
            let steps = Self.newton(
                (gradient.slope - ridge * slope, gradient.intercept - ridge * intercept),
                (curvature.slope + ridge, curvature.both, curvature.intercept + ridge),
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
