/// Sums, products and powers, with their signs and units.
extension MathParser {
    mutating func scalarSum() throws -> Expression {
        guard let expression = try sum().expression else { throw Failure() }
        return expression
    }

    mutating func sum() throws -> MathValue {
        let isNegative = takeLeadingSign()
        var value = try quotient()
        if isNegative { value = .scalar(.negated(try scalar(value))) }
        while let token, token == .sign("+") || token == .sign("-") {
            index += 1
            let right = try scalar(quotient())
            value = .scalar(
                .sum(try scalar(value), token == .sign("-") ? .negated(right) : right))
        }
        guard take(.command("over")) else { return value }
        return .scalar(.quotient(try scalar(value), try scalarSum()))
    }

    /// One sign: two of them are a slip.
    mutating func takeLeadingSign() -> Bool {
        if take(.sign("-")) { return true }
        _ = take(.sign("+"))
        return false
    }

    func scalar(_ value: MathValue) throws -> Expression {
        guard let expression = value.expression else { throw Failure() }
        return expression
    }

    /// Products and quotients with a sign, from left to right.
    private mutating func quotient() throws -> MathValue {
        var value = try product()
        while let token {
            let isProduct = token == .sign("*") || isTimesLetter
            guard isProduct || token == .sign("/") else { break }
            index += 1
            let isNegative = takeLeadingSign()
            let factor = try scalar(product())
            let right = isNegative ? .negated(factor) : factor
            let left = try scalar(value)
            value = .scalar(isProduct ? .product(left, right) : .quotient(left, right))
        }
        return value
    }

    /// `3 x 10^3`: an x between numbers.
    private var isTimesLetter: Bool {
        guard style == .plain, token == .letter("x"), index > 0, case .number = lexemes[index - 1].token,
            case .number = token(1)
        else { return false }
        return true
    }

    /// Factors side by side.
    private mutating func product() throws -> MathValue {
        if let mixed = try mixedNumber() { return .scalar(mixed) }
        var value = try power()
        while beginsFactor {
            let right = try scalar(power())
            value = .scalar(.product(try scalar(value), right))
        }
        return value
    }

    /// Whether a factor follows without a sign.
    var beginsFactor: Bool {
        switch token {
        case .letter: return !isTimesLetter
        case .word: return style == .tex
        case .number: return style == .tex && index > 0 && !lexemes[index - 1].token.isNumber
        case .sign(let sign): return sign == "(" || (sign == "{" && style == .tex)
        case .command(let name): return Self.factorCommands.contains(name)
        case .text, .begin, .end, nil: return false
        }
    }

    /// `1 3/4` and `1\frac{3}{4}`: a whole number and a fraction of digits below 1.
    private mutating func mixedNumber() throws -> Expression? {
        guard case .number(let whole) = token, whole.digits != nil else { return nil }
        let start = index
        index += 1
        if let fraction = try writtenFraction(), fraction < Rational(1), let sum = whole.value + fraction {
            return .number(sum, isDecimal: false)
        }
        index = start
        return nil
    }

    private mutating func writtenFraction() throws -> Rational? {
        if take(.command("frac")) {
            guard case .number(let above, false) = try? argument(),
                case .number(let below, false) = try? argument(), !beginsFactor, token != .sign("^")
            else { return nil }
            return above / below
        }
        guard style == .plain, case .number(let above) = token, above.digits != nil, lexemes[index].isApart,
            token(1) == .sign("/"), case .number(let below) = token(2), below.digits != nil
        else { return nil }
        index += 3
        return above.value / below.value
    }

    /// A factor with its exponents, and what may stand behind it.
    mutating func power() throws -> MathValue {
        let base = try deeper { try $0.primary() }
        guard var expression = base.expression else { return base }
        while let token {
            switch token {
            case .sign("^"):
                index += 1
                if let exponent = try exponent() { expression = .power(expression, exponent) }
            case .sign("*") where self.token(1) == .sign("*"):
                index += 2
                guard let exponent = try exponent() else { throw Failure() }
                expression = .power(expression, exponent)
            case .sign("!") where self.token(1) != .sign("="):
                index += 1
                expression = .factorial(expression)
            case .sign("%"), .command("percent"):
                index += 1
                expression = .percent(expression)
            case .sign("°"): index += 1
            default:
                guard try takeUnit() else { return .scalar(expression) }
            }
        }
        return .scalar(expression)
    }

    /// - Returns: nil for a degree, which is no exponent.
    mutating func exponent() throws -> Expression? {
        if take(.command("circ")) || take(.sign("°")) { return nil }
        if token == .sign("{"), [.command("circ"), .sign("°")].contains(token(1)), token(2) == .sign("}") {
            index += 3
            return nil
        }
        let isNegative = takeLeadingSign()
        // From right to left: 2^3^4 is 2^(3^4).
        let exponent = try scalar(deeper { try $0.power() })
        return isNegative ? .negated(exponent) : exponent
    }

    /// A unit behind a number, with its exponent: as text, or as a word at the end.
    private mutating func takeUnit() throws -> Bool {
        guard let token else { return false }
        switch token {
        case .text: if token.isConjunction { return false }
        case .word(let word):
            guard style == .tex, Units.isUnit(word), endsElement(after: 1) else { return false }
        case .letter(let letter):
            guard style == .tex, lexemes[index].isApart, index > 0, lexemes[index - 1].token.isNumber,
                Units.letters.contains(letter), endsElement(after: 1)
            else { return false }
        default: return false
        }
        index += 1
        if take(.sign("^")) { _ = try exponent() }
        return true
    }

    private func endsElement(after offset: Int) -> Bool {
        switch token(offset) {
        case nil, .sign(","), .sign(";"), .sign("^"), .sign("="), .command("and"): true
        default: false
        }
    }
}
