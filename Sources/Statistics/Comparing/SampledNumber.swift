import Foundation

/// A number that another sample would give differently: its value, the square of its standard error, and how well that is
/// known.
public struct SampledNumber: Hashable, Sendable {
    public let value: Double
    /// Of the value, were everything drawn again.
    public let variance: Double
    /// Satterthwaite's degrees of freedom of `variance`.
    public let degrees: Double

    /// A part of a variance that was estimated on its own.
    struct Part {
        let variance: Double
        let degrees: Double
    }

    /// - Parameters:
    ///   - parts: add up to the variance.
    ///   - counted: what is in two of these parts at once, and comes off again.
    ///   - floor: the variance is at least the sum of each of these groups of parts.
    init(_ value: Double, parts: [Part], less counted: [Part] = [], atLeast groups: [[Part]] = []) {
        let sum = parts.reduce(0) { $0 + $1.variance } - counted.reduce(0) { $0 + $1.variance }
        let floor = groups.max { Self.sum($0) < Self.sum($1) } ?? []
        let isFloor = sum < Self.sum(floor)
        self.value = value
        variance = isFloor ? Self.sum(floor) : sum
        let spread = (isFloor ? floor : parts + counted).reduce(0) {
            $0 + $1.variance * $1.variance / $1.degrees
        }
        degrees = spread > 0 ? max(1, variance * variance / spread) : 1
    }

    private static func sum(_ parts: [Part]) -> Double { parts.reduce(0) { $0 + $1.variance } }

    public var standardError: Double { variance.squareRoot() }

    /// The interval that holds the true value in a share `confidence` of studies.
    public func estimate(confidence: Double = 0.95) -> Estimate {
        guard variance > 0 else { return Estimate(mean: value, low: value, high: value) }
        let reach = StudentDistribution(degrees: degrees).quantile((1 + confidence) / 2) * standardError
        return Estimate(mean: value, low: value - reach, high: value + reach)
    }

    /// How often a value as far from `other` as this one would be found if `other` were the true one: a two-sided p.
    public func probability(of other: Double) -> Double {
        guard variance > 0 else { return value == other ? 1 : 0 }
        return StudentDistribution(degrees: degrees).tails(beyond: (value - other) / standardError)
    }
}
