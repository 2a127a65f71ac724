import Foundation

/// One comparison of an arm's answer with another's, as length control sees it.
public struct LengthComparison: Hashable, Sendable {
    /// The arm's length minus the other's, in any unit.
    public var difference: Double
    /// How far the arm was preferred: 1, 0, one half for a tie, or a probability.
    public var preference: Double

    public init(difference: Double, preference: Double) {
        self.difference = difference
        self.preference = preference
    }
}

/// How often an arm would be preferred if its answers were as long as the other's (after Dubois, Galambosi, Liang and
/// Hashimoto, *Length-Controlled AlpacaEval*, 2024, without their difficulty of an instruction):
///
///     P(preferred) = σ(θ + φ tanh(d / s))
///
/// with the difference in length `d` and its standard deviation `s` (over n), by maximum likelihood. The win rate is σ(θ).
public struct LengthControlledWinRate: Hashable, Sendable {
    /// θ, in log-odds; infinite where lengths do not differ and one side always won.
    public let strength: Double
    /// φ, in log-odds: what being much longer is worth.
    public let lengthWeight: Double
    /// Whether wins and losses lie apart along the difference in length, so that maximum likelihood has no finite fit and a
    /// penalty of 1/2 (θ² + φ²) holds it.
    public let isSeparable: Bool
    /// Whether the comparisons say what would be at equal length: not where length alone tells wins from losses, nor where
    /// an arm that always won was always longer, or always shorter.
    public let isIdentified: Bool

    /// σ(θ), 0…1.
    public var rate: Double { 1 / (1 + exp(-strength)) }

    /// Of the penalty where maximum likelihood has no finite fit.
    private static let separableRidge = 1.0

    /// - Parameter ridge: the weight λ of the penalty λ/2 (θ² + φ²) on the summed loss.
    /// - Returns: `nil` without comparisons, and where the arm is always longer, or always shorter, by the same: then length
    ///   and arm cannot be told apart. Where no lengths differ, the rate is the plain one.
    public init?(_ comparisons: [LengthComparison], ridge: Double = 0) {
        guard let first = comparisons.first?.difference else { return nil }
        guard comparisons.contains(where: { $0.difference != first }) else {
            guard first == 0, let rate = mean(of: comparisons.map(\.preference)) else { return nil }
            (strength, lengthWeight) = (log(rate / (1 - rate)), 0)
            (isSeparable, isIdentified) = (false, true)
            return
        }
        let features = Self.features(of: comparisons.map(\.difference))
        let sides = Sides(features, preferences: comparisons.map(\.preference))
        isSeparable = sides.areSeparable
        isIdentified =
            !sides.areSeparable
            || sides.areOfOneKind && comparisons.contains { $0.difference >= 0 }
                && comparisons.contains { $0.difference <= 0 }
        let fit = LogisticFit(
            features: features, targets: comparisons.map(\.preference), hasIntercept: true,
            ridge: isSeparable ? max(ridge, Self.separableRidge) : ridge)
        (strength, lengthWeight) = (fit.intercept, fit.slope)
    }

    private static func features(of differences: [Double]) -> [Double] {
        let mean = mean(of: differences) ?? 0
        let variance = Statistics.mean(of: differences.map { ($0 - mean) * ($0 - mean) }) ?? 0
        return differences.map { tanh($0 / variance.squareRoot()) }
    }

    /// The features of wins and of losses; a preference between 0 and 1 is both.
    private struct Sides {
        let wins: [Double]
        let losses: [Double]

        init(_ features: [Double], preferences: [Double]) {
            wins = zip(features, preferences).filter { $0.1 > 0 }.map(\.0)
            losses = zip(features, preferences).filter { $0.1 < 1 }.map(\.0)
        }

        var areOfOneKind: Bool { wins.isEmpty || losses.isEmpty }

        /// Whether some limit has all wins on one side and all losses on the other; on the limit itself there may be both.
        var areSeparable: Bool {
            guard let lowWin = wins.min(), let highWin = wins.max(), let lowLoss = losses.min(),
                let highLoss = losses.max()
            else { return true }
            return highLoss <= lowWin || highWin <= lowLoss
        }
    }

    /// The rate with an interval from drawing clusters again, standard deviation and fit included; draws in which length and
    /// arm cannot be told apart are left out.
    ///
    /// - Parameter clusters: for every comparison, the prompt it belongs to (``Bootstrap``).
    /// - Returns: `nil` where the rate is not identified.
    public static func estimate(
        _ comparisons: [LengthComparison], clusters: [Int]? = nil, bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) -> Estimate? {
        guard let whole = Self(comparisons), whole.isIdentified else { return nil }
        let interval = bootstrap.interval(
            of: gathered(comparisons, clusters: clusters), using: &generator
        ) { drawn in
            Self(drawn.flatMap(\.self))?.rate
        }
        return Estimate(mean: whole.rate, interval: interval)
    }
}
