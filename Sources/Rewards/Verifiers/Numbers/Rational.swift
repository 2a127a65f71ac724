/// A fraction in lowest terms, its denominator above 0: arithmetic without rounding.
///
/// Numbers beyond ``maximumBits`` are refused with nil, so that no work grows without bound.
struct Rational: Hashable, Sendable {
    /// Of numerator and denominator each: about 1,200 decimal digits.
    static let maximumBits = 4096

    let numerator: BigInteger
    let denominator: BigInteger

    init(_ value: Int) { self.init(BigInteger(value)) }

    init(_ value: BigInteger) {
        numerator = value
        denominator = .one
    }

    /// - Returns: nil for a denominator of 0 and beyond ``maximumBits``.
    init?(_ numerator: BigInteger, over denominator: BigInteger) {
        guard !denominator.isZero else { return nil }
        let divisor = denominator.isOne ? .one : BigInteger.greatestCommonDivisor(numerator, denominator)
        let sign = BigInteger(denominator.isNegative ? -1 : 1)
        self.numerator = divisor.isOne ? numerator * sign : (numerator * sign).divided(by: divisor).quotient
        self.denominator =
            divisor.isOne ? denominator * sign : (denominator * sign).divided(by: divisor).quotient
        guard max(self.numerator.bitWidth, self.denominator.bitWidth) <= Self.maximumBits else { return nil }
    }

    /// A literal as people write it: digits, then perhaps a point and digits.
    init?(decimal text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard let digits = BigInteger(digits: parts[0] + fraction) else { return nil }
        self.init(digits, over: BigInteger(10).power(fraction.utf8.count))
    }

    static let zero = Rational(0)

    var isZero: Bool { numerator.isZero }
    var isInteger: Bool { denominator.isOne }
    /// Where it is a whole number that fits.
    var int: Int? { isInteger ? numerator.int : nil }

    /// The nearest double but for the last bit; infinite or 0 beyond all doubles.
    var double: Double {
        // Both may be beyond all doubles while their quotient is not.
        func leading(_ value: BigInteger) -> (bits: Double, exponent: Int) {
            let exponent = max(0, value.bitWidth - 64)
            return (value.divided(by: BigInteger(2).power(exponent)).quotient.double, exponent)
        }
        let (above, below) = (leading(numerator), leading(denominator))
        return Double(
            sign: .plus, exponent: above.exponent - below.exponent, significand: above.bits / below.bits)
    }

    static prefix func - (value: Rational) -> Rational {
        Rational(numerator: -value.numerator, denominator: value.denominator)
    }

    static func + (left: Rational, right: Rational) -> Rational? {
        Rational(
            left.numerator * right.denominator + right.numerator * left.denominator,
            over: left.denominator * right.denominator)
    }

    static func - (left: Rational, right: Rational) -> Rational? { left + -right }

    static func * (left: Rational, right: Rational) -> Rational? {
        Rational(left.numerator * right.numerator, over: left.denominator * right.denominator)
    }

    static func / (left: Rational, right: Rational) -> Rational? {
        Rational(left.numerator * right.denominator, over: left.denominator * right.numerator)
    }

    /// - Returns: nil for a negative power of 0 and for what would be too long.
    func power(_ exponent: Int) -> Rational? {
        let (bits, overflow) = max(numerator.bitWidth, denominator.bitWidth)
            .multipliedReportingOverflow(by: Int(clamping: exponent.magnitude))
        let stays = numerator.bitWidth <= 1 && denominator.isOne
        guard stays || (!overflow && bits <= 2 * Self.maximumBits) else { return nil }
        // 0, 1 and −1 only alternate.
        let times = stays ? (exponent == 0 ? 0 : 2 - Int(exponent.magnitude % 2)) : Int(exponent.magnitude)
        let (above, below) = (numerator.power(times), denominator.power(times))
        return exponent < 0 ? Rational(below, over: above) : Rational(above, over: below)
    }

    /// The nearest multiple of 10^-`digits`, halves away from zero, as that multiple.
    func rounded(toDigits digits: Int) -> BigInteger {
        let scaled = numerator.magnitude * BigInteger(10).power(digits) * BigInteger(2) + denominator
        let rounded = scaled.divided(by: denominator * BigInteger(2)).quotient
        return numerator.isNegative ? -rounded : rounded
    }

    private init(numerator: BigInteger, denominator: BigInteger) {
        self.numerator = numerator
        self.denominator = denominator
    }
}

extension Rational: Comparable, CustomStringConvertible {
    static func < (left: Rational, right: Rational) -> Bool {
        left.numerator * right.denominator < right.numerator * left.denominator
    }

    var description: String { isInteger ? "\(numerator)" : "\(numerator)/\(denominator)" }
}
