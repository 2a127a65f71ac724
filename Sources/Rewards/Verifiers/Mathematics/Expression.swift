import Foundation

/// A term as it was written: numbers, symbols, operations.
indirect enum Expression: Hashable, Sendable {
    /// A literal; `isDecimal` where it was written with a point, which may be a rounded number.
    case number(Rational, isDecimal: Bool)
    case pi
    case euler
    case infinity
    /// In lower case, as whoever copies an answer cares little for case.
    case symbol(String)
    case negated(Expression)
    case sum(Expression, Expression)
    case product(Expression, Expression)
    case quotient(Expression, Expression)
    case power(Expression, Expression)
    case root(Expression, degree: Expression)
    case factorial(Expression)
    case binomial(Expression, Expression)
    case logarithm(Expression, base: Expression)
    case function(ElementaryFunction, Expression)
    /// So many hundredths.
    case percent(Expression)

    static func integer(_ value: Int) -> Expression { .number(Rational(value), isDecimal: false) }

    /// What it is worth, symbols having these values; nil where that is no real number, or one beyond all
    /// bounds.
    func value(_ symbols: [String: Rational] = [:]) -> Quantity? {
        switch self {
        case .number(let value, _): return .exact(value)
        case .pi: return .real(.pi)
        case .euler: return .real(M_E)
        case .infinity: return .real(.infinity)
        case .symbol(let name): return symbols[name].map(Quantity.exact)
        case .negated(let term): return term.value(symbols).map { -$0 }
        case .percent(let term): return term.value(symbols).flatMap { $0 / .exact(Rational(100)) }
        case .sum(let left, let right): return both(left, right, symbols) { $0 + $1 }
        case .product(let left, let right): return both(left, right, symbols) { $0 * $1 }
        case .quotient(let left, let right): return both(left, right, symbols) { $0 / $1 }
        case .power(let base, let exponent): return both(base, exponent, symbols) { $0.power($1) }
        case .root(let term, let degree): return both(term, degree, symbols) { $0.root($1) }
        case .logarithm(let term, let base): return both(term, base, symbols, Self.logarithm)
        case .function(let function, let term):
            return term.value(symbols).flatMap(function.value)
        case .factorial(let term):
            return term.value(symbols)?.rational?.int.flatMap(Self.factorial)
        case .binomial(let above, let below):
            return both(above, below, symbols) {
                guard let above = $0.rational?.int, let below = $1.rational?.int else { return nil }
                return Self.binomial(above, below)
            }
        }
    }

    /// Names of all symbols.
    var symbols: Set<String> {
        if case .symbol(let name) = self { return [name] }
        return parts.reduce(into: []) { $0.formUnion($1.symbols) }
    }

    /// Whether a decimal or a percentage is in it: such numbers are compared as rounded ones.
    var isRounded: Bool {
        switch self {
        case .number(_, let isDecimal): isDecimal
        case .percent: true
        default: parts.contains(where: \.isRounded)
        }
    }

    /// Whether it is a number as people write one, and nothing is left to work out: with a sign, a percentage, a
    /// fraction, a mixed number, so many times a power of ten.
    var isWrittenOut: Bool {
        switch self {
        case .number: true
        case .negated(let term), .percent(let term): term.isWrittenOut
        case .quotient(.number(let above, _), .number(let below, _)): above.isInteger && below.isInteger
        case .sum(.number(let whole, _), let fraction): whole.isInteger && fraction.isProperFraction
        case .product(let factor, .power(.number(let base, _), let exponent)):
            base == Rational(10) && factor.isWrittenOut && exponent.isWrittenOut
        default: false
        }
    }

    private var isProperFraction: Bool {
        guard case .quotient(.number(let above, _), .number(let below, _)) = self else { return false }
        return above.isInteger && below.isInteger && above < below
    }

    private var parts: [Expression] {
        switch self {
        case .number, .pi, .euler, .infinity, .symbol: []
        case .negated(let term), .factorial(let term), .function(_, let term), .percent(let term): [term]
        case .sum(let left, let right), .product(let left, let right), .quotient(let left, let right),
            .power(let left, let right), .root(let left, let right), .binomial(let left, let right),
            .logarithm(let left, let right):
            [left, right]
        }
    }

    private func both(
        _ left: Expression, _ right: Expression, _ symbols: [String: Rational],
        _ operation: (Quantity, Quantity) -> Quantity?
    ) -> Quantity? {
        guard let left = left.value(symbols), let right = right.value(symbols) else { return nil }
        return operation(left, right)
    }

    private static func logarithm(_ value: Quantity, base: Quantity) -> Quantity? {
        guard value.double > 0, base.double > 0, base.double != 1 else { return nil }
        let result = log(value.double) / log(base.double)
        // log₂ 8 is 3 and no decimal near it.
        if result.magnitude < 4096, let base = base.rational, let value = value.rational,
            base.power(Int(result.rounded())) == value
        {
            return .exact(Rational(Int(result.rounded())))
        }
        return Quantity(finite: result)
    }

    private static func factorial(_ value: Int) -> Quantity? {
        guard (0...400).contains(value) else { return nil }
        let product = (0...value).dropFirst().reduce(BigInteger.one) { $0 * BigInteger($1) }
        return .exact(Rational(product))
    }

    private static func binomial(_ above: Int, _ below: Int) -> Quantity? {
        guard (0...1000).contains(above), (0...above).contains(below) else { return nil }
        let product = (0..<min(below, above - below)).reduce(BigInteger.one) {
            ($0 * BigInteger(above - $1)).divided(by: BigInteger($1 + 1)).quotient
        }
        return .exact(Rational(product))
    }
}

/// Functions of one real number.
enum ElementaryFunction: String, CaseIterable, Sendable {
    case sin, cos, tan, cot, sec, csc, arcsin, arccos, arctan, sinh, cosh, tanh, exp, abs, floor, ceil

    /// - Returns: nil outside its domain.
    func value(_ argument: Quantity) -> Quantity? {
        let x = argument.double
        switch self {
        case .abs: return x < 0 ? -argument : argument
        case .floor: return whole(x.rounded(.down))
        case .ceil: return whole(x.rounded(.up))
        case .sin: return Quantity(finite: Foundation.sin(x))
        case .cos: return Quantity(finite: Foundation.cos(x))
        case .tan: return Quantity(finite: Foundation.tan(x))
        case .cot: return Quantity(finite: 1 / Foundation.tan(x))
        case .sec: return Quantity(finite: 1 / Foundation.cos(x))
        case .csc: return Quantity(finite: 1 / Foundation.sin(x))
        case .arcsin: return Quantity(finite: Foundation.asin(x))
        case .arccos: return Quantity(finite: Foundation.acos(x))
        case .arctan: return Quantity(finite: Foundation.atan(x))
        case .sinh: return Quantity(finite: Foundation.sinh(x))
        case .cosh: return Quantity(finite: Foundation.cosh(x))
        case .tanh: return Quantity(finite: Foundation.tanh(x))
        case .exp: return Quantity(finite: Foundation.exp(x))
        }
    }

    private func whole(_ value: Double) -> Quantity? {
        value.magnitude < 1e15 ? .exact(Rational(Int(value))) : Quantity(finite: value)
    }
}
