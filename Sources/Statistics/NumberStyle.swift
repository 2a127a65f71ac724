import Foundation

/// How numbers are written for readers: a true minus sign, no digits that mean nothing, no locale.
public enum NumberStyle: String, Codable, Hashable, Sendable {
    case plain
    /// 0.5 is written "50 %".
    case percent

    /// `value` with three significant digits; very large and very small magnitudes in scientific notation.
    public func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if self == .percent { return Self.fixed(value * 100, decimals: 0) + " %" }
        let magnitude = abs(value)
        if value == 0 { return "0" }
        if magnitude < 0.001 || magnitude >= 1e7 { return Self.scientific(value) }
        if magnitude >= 100 { return Self.fixed(value, decimals: 0) }
        let decimals = magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4
        return Self.trimmed(Self.fixed(value, decimals: decimals))
    }

    /// `value` with the decimals that tell it from its neighbour at the distance `step`.
    public func text(_ value: Double, step: Double) -> String {
        let scaled = self == .percent ? (value * 100, step * 100, " %") : (value, step, "")
        let (number, distance, unit) = scaled
        if number == 0 { return "0" + unit }
        let decimals = max(0, Int((-log10(distance) - 1e-9).rounded(.up)))
        if abs(number) >= 1e6 || (decimals > 4 && abs(number) < 0.01) {
            let orders = (log10(abs(number)) + 1e-9).rounded(.down) - (log10(distance) + 1e-9).rounded(.down)
            return Self.scientific(number, digits: max(1, Int(orders))) + unit
        }
        return Self.fixed(number, decimals: decimals) + unit
    }

    /// `value` with a fixed number of decimals.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", abs(value))
        let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
        return (value < 0 && !isZero ? "−" : "") + text
    }

    /// "1 person", "2 people".
    public static func people(_ count: Int) -> String { count == 1 ? "1 person" : "\(count) people" }

    /// - Parameter digits: of the mantissa, after its point.
    private static func scientific(_ value: Double, digits: Int = 1) -> String {
        let parts = String(format: "%.\(digits)e", abs(value)).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return fixed(value, decimals: 0) }
        let mantissa = trimmed(String(parts[0]))
        return (value < 0 ? "−" : "") + mantissa + "e" + (exponent < 0 ? "−" : "") + String(abs(exponent))
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }.reversed()
        return String(digits.last == "." ? digits.dropLast() : digits[...])
    }
}

extension Estimate {
    /// The mean and its interval, "0.71 (0.63 to 0.78)".
    public func text(_ style: NumberStyle) -> String {
        guard let low, let high else { return style.text(mean) }
        return "\(style.text(mean)) (\(style.text(low)) to \(style.text(high)))"
    }
}
