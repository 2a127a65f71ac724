import Foundation
import Statistics

/// How data values become lengths on an axis, and how they are written.
public struct Axis: Codable, Hashable, Sendable {
    public enum Spacing: String, Codable, Hashable, Sendable {
        case linear
        /// Spreads small values: for distances such as a KL divergence, which grows as the square of a step. Values below zero,
        /// as estimates of one can be, lie to the other side of it.
        case squareRoot
        case logarithmic
    }

    public var label: String
    public var spacing: Spacing
    public var style: NumberStyle
    /// The values at the two ends; `nil` fits the data.
    public var domain: ClosedRange<Double>?
    /// Values that the axis must show beside the data, such as zero.
    public var including: [Double]

    public init(
        _ label: String, spacing: Spacing = .linear, style: NumberStyle = .plain,
        domain: ClosedRange<Double>? = nil, including: [Double] = []
    ) {
        self.label = label
        self.spacing = spacing
        self.style = style
        self.domain = domain
        self.including = including
    }

    /// No axis reaches further: beyond, the distance between two values would not be a finite number.
    private static let farthest = 1e100

    /// Values that can be drawn: not too far out, and positive where the spacing asks for it.
    func canShow(_ value: Double) -> Bool {
        guard abs(value) <= Self.farthest else { return false }
        return switch spacing {
        case .linear, .squareRoot: true
        case .logarithmic: value >= 1 / Self.farthest
        }
    }

    /// The interval of an estimate, where both ends can be drawn.
    func interval(of estimate: Estimate) -> (low: Double, high: Double)? {
        guard let low = estimate.low, let high = estimate.high, canShow(low), canShow(high) else {
            return nil
        }
        return (low, high)
    }
}

/// An axis with its ends fixed: maps data values to 0…1.
struct Scale {
    let axis: Axis
    let domain: ClosedRange<Double>

    /// Fits the axis around `values`, with a little air at both ends unless they are to touch the frame.
    init(_ axis: Axis, fitting values: [Double], withAir: Bool = true) {
        self.axis = axis
        if let domain = axis.domain {
            self.domain = domain
            return
        }
        let shown = (values + axis.including).filter(axis.canShow)
        let low = shown.min() ?? 0
        let high = shown.max() ?? 1
        switch axis.spacing {
        case .linear:
            let isSpread = Ticks.canDivide(low, high)
            let air = isSpread ? (withAir ? (high - low) * 0.06 : 0) : max(abs(high) * 0.1, 0.5)
            // An axis that includes zero, and whose data do not go below, begins there exactly.
            let first = axis.including.contains(low) ? low : low - air
            let last = axis.including.contains(high) ? high : high + air
            domain = first < last ? first...last : first...(first + 1)
        case .squareRoot:
            let first = low < 0 ? low * 1.12 : low < high * 0.3 ? 0 : low * 0.9
            domain = first...(high > 0 ? high * 1.12 : first < 0 ? 0 : 1)
        case .logarithmic:
            domain = shown.isEmpty ? 0.1...1 : low / 1.3...high * 1.3
        }
    }

    func position(of value: Double) -> Double {
        let low = transformed(domain.lowerBound)
        let high = transformed(domain.upperBound)
        return (transformed(value) - low) / (high - low)
    }

    /// Tick values with their labels, all written with the decimals that the finest step needs.
    func ticks(about count: Int) -> [(value: Double, label: String)] {
        let values =
            switch axis.spacing {
            case .linear: Ticks.linear(domain, count: count)
            case .squareRoot: Ticks.squareRoot(domain, count: count)
            case .logarithmic: Ticks.logarithmic(domain, count: count)
            }
        if axis.spacing != .linear {
            return values.map { ($0, axis.style.text($0)) }
        }
        let step = values.count > 1 ? values[1] - values[0] : domain.upperBound - domain.lowerBound
        return values.map { ($0, axis.style.text($0, step: step)) }
    }

    private func transformed(_ value: Double) -> Double {
        switch axis.spacing {
        case .linear: value
        case .squareRoot: Ticks.signedRoot(value)
        case .logarithmic: log10(max(value, .leastNormalMagnitude))
        }
    }
}
