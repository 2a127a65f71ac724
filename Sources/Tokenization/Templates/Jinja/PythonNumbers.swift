import Foundation

/// Numbers as Python computes, writes and reads them.
enum PythonNumbers {
    // MARK: Arithmetic

    static func apply(_ operation: JinjaArithmetic, _ left: Int, _ right: Int) throws -> JinjaValue {
        switch operation {
        case .add: return .integer(try checked(left.addingReportingOverflow(right)))
        case .subtract: return .integer(try checked(left.subtractingReportingOverflow(right)))
        case .multiply: return .integer(try checked(left.multipliedReportingOverflow(by: right)))
        case .divide: return .float(try apply(.divide, Double(left), Double(right)))
        case .floorDivide:
            try checkDivisor(right != 0)
            let quotient = try checked(left.dividedReportingOverflow(by: right))
            let isInexact = left.remainderReportingOverflow(dividingBy: right).partialValue != 0
            return .integer(isInexact && (left < 0) != (right < 0) ? quotient - 1 : quotient)
        case .modulo:
            try checkDivisor(right != 0)
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            return .integer(remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder)
        case .power:
            guard right >= 0 else { return .float(try apply(.power, Double(left), Double(right))) }
            return .integer(try power(left, right))
        }
    }

    static func apply(_ operation: JinjaArithmetic, _ left: Double, _ right: Double) throws -> Double {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide:
            try checkDivisor(right != 0)
            return left / right
        case .floorDivide:
            return ((left - (try apply(.modulo, left, right))) / right).rounded()
        case .modulo:
            try checkDivisor(right != 0)
            let remainder = fmod(left, right)
            return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
        case .power:
            let result = pow(left, right)
            guard result.isFinite || !left.isFinite || !right.isFinite else {
                throw JinjaFault.evaluation(
                    "\(text(of: left)) to the power of \(text(of: right)) is not a number")
            }
            return result
        }
    }

    private static func power(_ base: Int, _ exponent: Int) throws -> Int {
        var result = 1
        var factor = base
        var remaining = exponent
        while remaining > 0 {
            if remaining & 1 == 1 { result = try checked(result.multipliedReportingOverflow(by: factor)) }
            remaining >>= 1
            if remaining > 0 { factor = try checked(factor.multipliedReportingOverflow(by: factor)) }
        }
        return result
    }

    private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
        guard !result.overflow else { throw JinjaFault.evaluation("an integer beyond 64 bits") }
        return result.partialValue
    }

    private static func checkDivisor(_ isValid: Bool) throws {
        guard isValid else { throw JinjaFault.evaluation("division by zero") }
    }

    // MARK: Conversion

    /// The shortest text that reads back as the same number, with an exponent below 1e-4 and from 1e16 on.
    static func text(of value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        guard value != 0 else { return value.sign == .minus ? "-0.0" : "0.0" }
        let parts = abs(value).description.lowercased().split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let written = mantissa.joined()
        var digits = String(written.drop { $0 == "0" })
        let leadingZeros = written.count - digits.count
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let written10 = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let exponent = mantissa[0].count - leadingZeros - 1 + written10
        return (value < 0 ? "-" : "") + text(ofDigits: digits, exponent: exponent)
    }

    /// The number `d.ddd × 10^exponent`.
    private static func text(ofDigits digits: String, exponent: Int) -> String {
        guard (-4..<16).contains(exponent) else {
            let fraction = digits.dropFirst()
            let magnitude = String(abs(exponent))
            return "\(digits.prefix(1))\(fraction.isEmpty ? "" : ".")\(fraction)e\(exponent < 0 ? "-" : "+")"
                + (magnitude.count < 2 ? "0" : "") + magnitude
        }
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let padded = digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let fraction = padded.dropFirst(exponent + 1)
        return padded.prefix(exponent + 1) + "." + (fraction.isEmpty ? "0" : fraction)
    }

    /// `int(text, base)`; nil where Python throws.
    static func integer(_ text: String, base: Int) -> Int? {
        guard (2...36).contains(base), var digits = withoutSeparators(text) else { return nil }
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        let prefixes = [2: "0b", 8: "0o", 16: "0x"]
        if let prefix = prefixes[base], digits.lowercased().hasPrefix(prefix) { digits.removeFirst(2) }
        guard let first = digits.first, first != "-", first != "+" else { return nil }
        return Int((isNegative ? "-" : "") + digits, radix: base)
    }

    /// `float(text)`; nil where Python throws.
    static func float(_ text: String) -> Double? {
        guard let number = withoutSeparators(text)?.lowercased() else { return nil }
        let word = number.drop { $0 == "+" || $0 == "-" }
        guard ["inf", "infinity", "nan"].contains(word) || number.allSatisfy("0123456789.e+-".contains) else {
            return nil
        }
        return Double(number)
    }

    /// The text without blanks around it and without the underscores that may be between two digits.
    private static func withoutSeparators(_ text: String) -> String? {
        let number = PythonText.stripped(text)
        let parts = number.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return number }
        let areBetweenDigits = zip(parts, parts.dropFirst()).allSatisfy {
            ($0.last?.isHexDigit ?? false) && ($1.first?.isHexDigit ?? false)
        }
        return areBetweenDigits ? parts.joined() : nil
    }

    /// Half to even on the exact value, as Python's `round`.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 300 else { return value }
        return Double(String(format: "%.\(digits)f", value)) ?? value
    }
}
