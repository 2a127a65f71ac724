import Foundation

/// What an expression is worth: exactly where it can be, otherwise to the precision of doubles.
enum Quantity: Sendable {
    case exact(Rational)
    /// Never NaN; infinite for ±∞ alone.
    case real(Double)

    /// - Returns: nil for what no number is, such as a root of −1.
    init?(_ value: Double) {
        guard !value.isNaN else { return nil }
        self = .real(value)
    }

    var double: Double {
        switch self {
        case .exact(let value): value.double
        case .real(let value): value
        }
    }

    var rational: Rational? {
        if case .exact(let value) = self { value } else { nil }
    }

    var isZero: Bool {
        switch self {
        case .exact(let value): value.isZero
        case .real(let value): value == 0
        }
    }

    static prefix func - (value: Quantity) -> Quantity {
        switch value {
        case .exact(let value): .exact(-value)
        case .real(let value): .real(-value)
        }
    }

    static func + (left: Quantity, right: Quantity) -> Quantity? { combined(left, right, +, +) }
    static func * (left: Quantity, right: Quantity) -> Quantity? { combined(left, right, *, *) }

    static func / (left: Quantity, right: Quantity) -> Quantity? {
        right.isZero ? nil : combined(left, right, /, /)
    }

    /// Exact where the exponent is a whole number; a root of a negative number is none.
    func power(_ exponent: Quantity) -> Quantity? {
        if let base = rational, let times = exponent.rational?.int, let power = base.power(times) {
            return .exact(power)
        }
        if isZero, exponent.double < 0 { return nil }
        return Quantity(finite: pow(double, exponent.double))
    }

    /// The root as people take it: of negative numbers too where the degree is odd.
    func root(_ degree: Quantity) -> Quantity? {
        guard !degree.isZero else { return nil }
        guard double < 0, let whole = degree.rational?.int, whole % 2 != 0 else {
            return Quantity(finite: pow(double, 1 / degree.double)).map { $0.wholeIfExact(self, degree) }
        }
        return (-self).root(degree).map { -$0 }
    }

    /// A whole root of a whole number, so that √9 is 3 and no decimal near it.
    private func wholeIfExact(_ radicand: Quantity, _ degree: Quantity) -> Quantity {
        guard let radicand = radicand.rational, let degree = degree.rational?.int, degree > 0,
            double.magnitude < 1e15
        else { return self }
        let whole = Rational(Int(double.rounded()))
        return whole.power(degree) == radicand ? .exact(whole) : self
    }

    /// - Returns: nil for an overflow, which would make unequal numbers equal.
    init?(finite value: Double) {
        guard value.isFinite else { return nil }
        self = .real(value)
    }

    private static func combined(
        _ left: Quantity, _ right: Quantity, _ exactly: (Rational, Rational) -> Rational?,
        _ nearly: (Double, Double) -> Double
    ) -> Quantity? {
        if let first = left.rational, let second = right.rational {
            return exactly(first, second).map(Quantity.exact)
        }
        let result = nearly(left.double, right.double)
        let isBounded = left.double.isFinite && right.double.isFinite
        return isBounded ? Quantity(finite: result) : Quantity(result)
    }

    /// Whether both are the same number: exactly, or within what doubles can tell.
    func isEqual(to other: Quantity) -> Bool {
        if let first = rational, let second = other.rational { return first == second }
        let (first, second) = (double, other.double)
        if first.isInfinite || second.isInfinite { return first == second }
        return (first - second).magnitude <= 1e-10 * max(first.magnitude, second.magnitude, 1e-3)
    }

    /// Whether both are the same number once they are rounded to that many digits after the point.
    func isEqual(to other: Quantity, roundedTo digits: Int) -> Bool {
        if let first = rational, let second = other.rational {
            return first.rounded(toDigits: digits) == second.rounded(toDigits: digits)
        }
        let (first, second) = (double, other.double)
        guard first.isFinite, second.isFinite else { return first == second }
        let scale = pow(10, Double(digits))
        return (first * scale).rounded() == (second * scale).rounded() || isEqual(to: other)
    }
}
