import Foundation

/// Student's t, for any number of degrees of freedom above 0.
public struct StudentDistribution: Hashable, Sendable {
    public let degrees: Double

    public init(degrees: Double) {
        precondition(degrees > 0, "\(degrees) degrees of freedom, expected more than 0")
        self.degrees = degrees
    }

    /// P(T ≤ t) by the incomplete beta function: the two tails beyond t hold I(ν / (ν + t²); ν/2, 1/2).
    public func cumulative(_ t: Double) -> Double {
        let tails = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
        return t > 0 ? 1 - tails / 2 : tails / 2
    }

    /// The share of draws that are at least as far from 0 as `t`.
    public func tails(beyond t: Double) -> Double {
        t.isFinite ? incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) : 0
    }

    /// The value below which a share `fraction` of draws lies.
    public func quantile(_ fraction: Double) -> Double {
        precondition(fraction > 0 && fraction < 1, "quantile \(fraction) is outside 0…1")
        if fraction < 0.5 { return -quantile(1 - fraction) }
        var (low, high) = (0.0, 1.0)
        while cumulative(high) < fraction, high < 1e12 { (low, high) = (high, high * 2) }
        // Halving ends where a double has no value between the two.
        while case let middle = (low + high) / 2, middle > low, middle < high {
            if cumulative(middle) < fraction { low = middle } else { high = middle }
        }
        return high
    }
}

/// P(Z ≤ z) of the normal distribution.
func normalCumulative(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

/// The regularized incomplete beta function I(x; a, b) by its continued fraction (Abramowitz and Stegun 26.5.8).
private func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast on this side of the mean alone.
    guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * betaFraction(x, a, b)
}

/// Lentz's way to compute the fraction from its head.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    func awayFromZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var numerator = 1.0
    var denominator = 1 / awayFromZero(1 - (a + b) * x / (a + 1))
    var value = denominator
    for step in 1...10_000 {
        let m = Double(step)
        let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        var change = 1.0
        for coefficient in [even, odd] {
            denominator = 1 / awayFromZero(1 + coefficient * denominator)
            numerator = awayFromZero(1 + coefficient / numerator)
            change = denominator * numerator
            value *= change
        }
        if abs(change - 1) < 1e-15 { break }
    }
    return value
}
