import Foundation

extension MathParser {
    private static let greek: Set<String> = [
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
        "iota",
        "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi",
        "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega",
    ]
    private static let functions = Set(ElementaryFunction.allCases.map(\.rawValue))

    /// Commands that a factor begins with.
    static let factorCommands =
        greek.union(functions).union([
            "frac", "sqrt", "cbrt", "pi", "infty", "log", "ln", "binom", "lfloor", "lceil",
        ])

    /// The smallest part of a term.
    mutating func primary() throws -> MathValue {
        guard let token else { throw Failure() }
        index += 1
        switch token {
        case .number(let number): return .scalar(try number.expression(with: subscripted()))
        case .letter("e"): return .scalar(.euler)
        case .letter(let letter): return .scalar(.symbol(letter.lowercased() + (try subscripted())))
        case .word(let word):
            guard style == .tex else { throw Failure() }
            let letters = word.lowercased().map { Expression.symbol(String($0)) }
            return .scalar(letters.dropFirst().reduce(letters[0], Expression.product))
        case .text(let text): return Self.value(ofText: text, style)
        case .sign("("), .sign("["): return try bracketed(token)
        case .sign("{"):
            let value = try deeper { try $0.list() }
            try require(.sign("}"))
            return value
        case .sign("|"):
            let value = try deeper { try $0.scalarSum() }
            try require(.sign("|"))
            return .scalar(.function(.abs, value))
        case .command(let name): return try command(name)
        case .begin(let name): return try matrix(name)
        case .sign, .end: throw Failure()
        }
    }

    /// A number or a formula in `\text{…}`; otherwise words.
    private static func value(ofText text: String, _ style: MathStyle) -> MathValue {
        if text.contains(where: \.isASCIIDigit), let value = value(of: text, style: .tex) { return value }
        return .text(
            text.lowercased().filter { !$0.isWhitespace && !"().".contains($0) })
    }

    /// The name behind `_`, with it; empty where there is none.
    private mutating func subscripted() throws -> String {
        guard take(.sign("_")) else { return "" }
        guard take(.sign("{")) else {
            guard let token else { throw Failure() }
            index += 1
            return "_\(try Self.name(of: token))"
        }
        var name = "_"
        while let token, token != .sign("}") {
            name += try Self.name(of: token)
            index += 1
        }
        try require(.sign("}"))
        return name
    }

    private static func name(of token: MathToken) throws -> String {
        switch token {
        case .number(let number): number.digits ?? "\(number.value)"
        case .letter(let name), .word(let name), .command(let name), .text(let name): name.lowercased()
        case .sign(let sign) where "+-,".contains(sign): String(sign)
        case .sign, .begin, .end: throw Failure()
        }
    }

    // MARK: Brackets

    private mutating func bracketed(_ opening: MathToken) throws -> MathValue {
        let members = try deeper { try $0.elements() }
        let isClosedLeft = opening == .sign("[")
        let isClosedRight = take(.sign("]"))
        if !isClosedRight { try require(.sign(")")) }
        if isClosedLeft || isClosedRight, members.count == 2, let low = members[0].expression,
            let high = members[1].expression
        {
            return .interval(
                MathValue.Interval(
                    low: low, high: high, includesLow: isClosedLeft, includesHigh: isClosedRight))
        }
        guard isClosedLeft == isClosedRight, members.count > 1 || !isClosedLeft else { throw Failure() }
        return members.count == 1 ? members[0] : .tuple(members)
    }

    private mutating func command(_ name: String) throws -> MathValue {
        switch name {
        case "{":
            if take(.command("}")) { return .set([]) }
            let members = try deeper { try $0.elements() }
            try require(.command("}"))
            return .set(members)
        case "langle":
            let members = try deeper { try $0.elements() }
            try require(.command("rangle"))
            return .tuple(members)
        case "emptyset": return .set([])
        default: return .scalar(try term(name))
        }
    }

    private mutating func matrix(_ name: String) throws -> MathValue {
        guard ["matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array"].contains(name) else {
            throw Failure()
        }
        if name == "array", take(.sign("{")) {
            while let token, token != .sign("}") { index += token == .sign("{") ? 0 : 1 }
            try require(.sign("}"))
        }
        var rows: [[MathValue]] = [[]]
        while !take(.end(name)) {
            if take(.command("\\")) {
                rows.append([])
            } else if !take(.sign("&")) {
                rows[rows.count - 1].append(try deeper { .scalar(try $0.scalarSum()) })
            }
        }
        if rows.last?.isEmpty == true { rows.removeLast() }
        guard let first = rows.first, !first.isEmpty, rows.allSatisfy({ $0.count == first.count }) else {
            throw Failure()
        }
        return .matrix(rows)
    }

    // MARK: Functions and constants

    private mutating func term(_ name: String) throws -> Expression {
        switch name {
        case "pi": return .pi
        case "infty": return .infinity
        case "frac": return .quotient(try argument(), try argument())
        case "binom": return .binomial(try argument(), try argument())
        case "sqrt":
            var degree = Expression.integer(2)
            if take(.sign("[")) {
                degree = try deeper { try $0.scalarSum() }
                try require(.sign("]"))
            }
            return .root(try argument(), degree: degree)
        case "cbrt": return .root(try argument(), degree: .integer(3))
        case "lfloor", "lceil":
            let value = try deeper { try $0.scalarSum() }
            try require(.command(name == "lfloor" ? "rfloor" : "rceil"))
            return .function(name == "lfloor" ? .floor : .ceil, value)
        case "ln": return .logarithm(try functionArgument(), base: .euler)
        case "log":
            let base = try take(.sign("_")) ? argument() : .integer(10)
            return .logarithm(try functionArgument(), base: base)
        default:
            if let function = ElementaryFunction(rawValue: name) { return try applied(function) }
            guard Self.greek.contains(name) else { throw Failure() }
            return .symbol("\\" + name + (try subscripted()))
        }
    }

    /// With an exponent before its argument, where −1 is the inverse.
    private mutating func applied(_ function: ElementaryFunction) throws -> Expression {
        let exponent = try take(.sign("^")) ? exponent() : nil
        let argument = try functionArgument()
        guard let exponent else { return .function(function, argument) }
        if exponent == .negated(.integer(1)), let inverse = function.inverse {
            return .function(inverse, argument)
        }
        return .power(.function(function, argument), exponent)
    }

    /// In brackets, or the factors up to the next sign or function.
    private mutating func functionArgument() throws -> Expression {
        if token == .sign("(") || token == .sign("{") || token == .sign("|") {
            return try scalar(deeper { try $0.primary() })
        }
        var argument = try scalar(power())
        while beginsFactor, !beginsFunction { argument = .product(argument, try scalar(power())) }
        return argument
    }

    private var beginsFunction: Bool {
        guard case .command(let name) = token else { return false }
        return Self.functions.contains(name) || name == "log" || name == "ln"
    }

    /// What TeX takes as an argument: a group, or a single digit, letter or command.
    mutating func argument() throws -> Expression {
        if case .number(let number) = token, let digits = number.digits, digits.count > 1,
            let first = digits.first
        {
            let rest = lexemes[index]
            lexemes[index] = MathLexer.Lexeme(
                token: .number(.init(digits: String(digits.dropFirst()))), isApart: false)
            lexemes.insert(
                MathLexer.Lexeme(token: .number(.init(digits: String(first))), isApart: rest.isApart),
                at: index)
        }
        return try scalar(deeper { try $0.primary() })
    }
}

extension NumberLiteral {
    /// - Parameter digits: ASCII digits.
    fileprivate init(digits: String) {
        self.init(value: Rational(decimal: digits) ?? .zero, isDecimal: false, digits: digits)
    }

    /// - Parameter name: a base behind it: such numbers are equal to themselves alone.
    fileprivate func expression(with name: String) -> Expression {
        name.isEmpty ? .number(value, isDecimal: isDecimal) : .symbol((digits ?? "\(value)") + name)
    }
}

extension ElementaryFunction {
    fileprivate var inverse: ElementaryFunction? {
        switch self {
        case .sin: .arcsin
        case .cos: .arccos
        case .tan: .arctan
        default: nil
        }
    }
}
