import Foundation

/// Round numbers for axes, after Heckbert, *Nice Numbers for Graph Labels* (Graphics Gems, 1990).
enum Ticks {
    /// Whether there are numbers enough between two values for steps from one to the other.
    static func canDivide(_ low: Double, _ high: Double) -> Bool {
        high - low > max(abs(low), abs(high), 1e-90) * 1e-12
    }

    /// The multiple 1, 2 or 5 of a power of ten that divides `span` into about `count` steps.
    static func roundStep(covering span: Double, inAbout count: Double) -> Double {
        let rough = span / max(count, 1)
        let power = pow(10, floor(log10(rough)))
        let factor = rough / power
        return (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10) * power
    }

    static func linear(_ domain: ClosedRange<Double>, count: Int) -> [Double] {
        let span = domain.upperBound - domain.lowerBound
        let step = roundStep(covering: span, inAbout: Double(count))
        let slack = step * 1e-9
        let first = ((domain.lowerBound - slack) / step).rounded(.up)
        let last = ((domain.upperBound + slack) / step).rounded(.down)
        return first > last ? [] : stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// Powers of ten; with few of them also 2 and 5 times each; with many only every second, third, ….
    static func logarithmic(_ domain: ClosedRange<Double>, count: Int) -> [Double] {
        let first = Int(floor(log10(domain.lowerBound)))
        let last = Int(ceil(log10(domain.upperBound)))
        let factors: [Double] = (last - first) * 2 <= count ? [1, 2, 5] : [1]
        let every = max(1, (last - first + count - 1) / count)
        let inside = domain.lowerBound * (1 - 1e-9)...domain.upperBound * (1 + 1e-9)
        return stride(from: first, through: last, by: every)
            .flatMap { exponent in factors.map { $0 * pow(10, Double(exponent)) } }
            .filter(inside.contains)
    }

    /// The square root of the size of `value`, with its sign.
    static func signedRoot(_ value: Double) -> Double {
        value < 0 ? -(-value).squareRoot() : value.squareRoot()
    }

    /// Round numbers about evenly spaced in their square roots; below zero as above.
    static func squareRoot(_ domain: ClosedRange<Double>, count: Int) -> [Double] {
        let roots = signedRoot(domain.lowerBound)...signedRoot(domain.upperBound)
        let gap = (roots.upperBound - roots.lowerBound) / Double(max(count, 1))
        var ticks: [Double] = []
        for index in 0...max(count, 1) {
            let root = roots.lowerBound + Double(index) * gap
            let size = abs(root) < gap / 2 ? 0 : roundStep(covering: root * root, inAbout: 1)
            let round = root < 0 ? -size : size
            let isApart = ticks.last.map { signedRoot(round) - signedRoot($0) > gap * 0.6 } ?? true
            if domain.contains(round) && isApart { ticks.append(round) }
        }
        return ticks
    }
}
