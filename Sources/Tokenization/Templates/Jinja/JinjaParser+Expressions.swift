/// Expressions, from the loosest to the tightest binding: `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`,
/// `* / // %`, `**`, signs, then subscripts, calls, filters and tests.
extension JinjaParser {
    mutating func parseExpression(allowingConditional: Bool = true) throws -> JinjaExpression {
        try deeper()
        defer { leave() }
        guard allowingConditional else { return try parseOr() }
        var value = try parseOr()
        while skip(.name("if")) {
            let condition = try parseOr()
            let otherwise = skip(.name("else")) ? try parseExpression() : nil
            value = try node(
                .conditional(condition: condition, then: value, otherwise: otherwise), at: value.location,
                over: [condition, value] + (otherwise.map { [$0] } ?? []))
        }
        return value
    }

    /// One expression, or several with commas between them: a tuple.
    mutating func parseTuple(
        allowingConditional: Bool = true, isParenthesised: Bool = false
    ) throws -> JinjaExpression {
        let location = current.location
        var elements: [JinjaExpression] = []
        var isTuple = isParenthesised && current.kind == .symbol(")")
        while !endsTuple {
            elements.append(try parseExpression(allowingConditional: allowingConditional))
            guard skip(.symbol(",")) else { break }
            isTuple = true
        }
        if isTuple { return try node(.tuple(elements), at: location, over: elements) }
        guard let value = elements.first else { throw fail(current, expected: "an expression") }
        return value
    }

    private var endsTuple: Bool {
        [.outputEnd, .blockEnd, .symbol(")"), .end].contains(current.kind)
    }

    // MARK: Operators

    private mutating func parseOr() throws -> JinjaExpression {
        var left = try parseAnd()
        while skip(.name("or")) {
            let right = try parseAnd()
            left = try node(.or(left, right), at: left.location, over: [left, right])
        }
        return left
    }

    private mutating func parseAnd() throws -> JinjaExpression {
        var left = try parseNot()
        while skip(.name("and")) {
            let right = try parseNot()
            left = try node(.and(left, right), at: left.location, over: [left, right])
        }
        return left
    }

    private mutating func parseNot() throws -> JinjaExpression {
        let location = current.location
        guard skip(.name("not")) else { return try parseComparison() }
        try deeper()
        defer { leave() }
        let operand = try parseNot()
        return try node(.not(operand), at: location, over: [operand])
    }

    private mutating func parseComparison() throws -> JinjaExpression {
        let first = try parseSum()
        var links: [(operation: JinjaComparison, operand: JinjaExpression)] = []
        while let operation = skipComparison() { links.append((operation, try parseSum())) }
        guard !links.isEmpty else { return first }
        return try node(.comparison(first, links), at: first.location, over: [first] + links.map(\.operand))
    }

    private mutating func skipComparison() -> JinjaComparison? {
        switch current.kind {
        case .symbol(let symbol):
            guard let operation = JinjaComparison(rawValue: symbol) else { return nil }
            advance()
            return operation
        case .name("in"):
            advance()
            return .contained
        case .name("not") where following.kind == .name("in"):
            advance()
            advance()
            return .notContained
        default: return nil
        }
    }

    private mutating func parseSum() throws -> JinjaExpression {
        try parseArithmetic([.add, .subtract]) { parser in try parser.parseConcatenation() }
    }

    private mutating func parseConcatenation() throws -> JinjaExpression {
        var parts = [try parseProduct()]
        while skip(.symbol("~")) { parts.append(try parseProduct()) }
        guard parts.count > 1 else { return parts[0] }
        return try node(.concatenation(parts), at: parts[0].location, over: parts)
    }

    private mutating func parseProduct() throws -> JinjaExpression {
        try parseArithmetic([.multiply, .divide, .floorDivide, .modulo]) { parser in
            try parser.parseArithmetic([.power]) { parser in try parser.parseUnary() }
        }
    }

    private mutating func parseArithmetic(
        _ operations: [JinjaArithmetic], _ parseOperand: (inout Self) throws -> JinjaExpression
    ) throws -> JinjaExpression {
        var left = try parseOperand(&self)
        while case .symbol(let symbol) = current.kind, let operation = JinjaArithmetic(rawValue: symbol),
            operations.contains(operation)
        {
            advance()
            let right = try parseOperand(&self)
            left = try node(.arithmetic(operation, left, right), at: left.location, over: [left, right])
        }
        return left
    }

    private mutating func parseUnary(allowingFilters: Bool = true) throws -> JinjaExpression {
        let token = current
        var value: JinjaExpression
        if case .symbol(let symbol) = token.kind, let sign = JinjaSign(rawValue: symbol) {
            try deeper()
            defer { leave() }
            advance()
            let operand = try parseUnary(allowingFilters: false)
            value = try node(.sign(sign, operand), at: token.location, over: [operand])
        } else {
            value = try parsePrimary()
        }
        value = try parsePostfix(value)
        return allowingFilters ? try parseFiltersAndTests(value) : value
    }

    // MARK: Values

    mutating func parsePrimary() throws -> JinjaExpression {
        let token = current
        switch token.kind {
        case .name(let name):
            advance()
            if let constant = Self.constants[name] { return try node(.literal(constant), at: token.location) }
            if isInMacro, ["varargs", "kwargs"].contains(name) {
                throw fail(token, expected: "parameters named in the macro")
            }
            return try node(.name(name), at: token.location)
        case .string:
            return try node(.literal(.string(parseAdjacentStrings())), at: token.location)
        case .integer(let value):
            advance()
            return try node(.literal(.integer(value)), at: token.location)
        case .float(let value):
            advance()
            return try node(.literal(.number(value)), at: token.location)
        case .symbol("("):
            advance()
            let value = try parseTuple(isParenthesised: true)
            try expect(.symbol(")"))
            return value
        case .symbol("["): return try parseList()
        case .symbol("{"): return try parseMapping()
        default: throw fail(token, expected: "an expression")
        }
    }

    private mutating func parseAdjacentStrings() -> String {
        var text = ""
        while case .string(let part) = current.kind {
            text += part
            advance()
        }
        return text
    }

    private mutating func parseList() throws -> JinjaExpression {
        let location = advance().location
        var elements: [JinjaExpression] = []
        while current.kind != .symbol("]") {
            elements.append(try parseExpression())
            guard skip(.symbol(",")) else { break }
        }
        try expect(.symbol("]"))
        return try node(.list(elements), at: location, over: elements)
    }

    private mutating func parseMapping() throws -> JinjaExpression {
        let location = advance().location
        var entries: [(key: JinjaExpression, value: JinjaExpression)] = []
        while current.kind != .symbol("}") {
            let keyToken = current
            let key = try parseExpression()
            if case .literal(let constant) = key.kind {
                guard case .string = constant else { throw fail(keyToken, expected: "a string as key") }
            }
            try expect(.symbol(":"))
            entries.append((key, try parseExpression()))
            guard skip(.symbol(",")) else { break }
        }
        try expect(.symbol("}"))
        return try node(.mapping(entries), at: location, over: entries.flatMap { [$0.key, $0.value] })
    }

    // MARK: Subscripts, calls, filters and tests

    mutating func parsePostfix(_ base: JinjaExpression) throws -> JinjaExpression {
        var value = base
        while true {
            switch current.kind {
            case .symbol("."): value = try parseAttribute(of: value)
            case .symbol("["): value = try parseSubscript(of: value)
            case .symbol("("): value = try parseCall(of: value)
            default: return value
            }
        }
    }

    private mutating func parseFiltersAndTests(_ base: JinjaExpression) throws -> JinjaExpression {
        var value = base
        while true {
            switch current.kind {
            case .symbol("|"): value = try parseFilter(on: value)
            case .name("is"): value = try parseTest(on: value)
            case .symbol("("): value = try parseCall(of: value)
            default: return value
            }
        }
    }

    private mutating func parseAttribute(of base: JinjaExpression) throws -> JinjaExpression {
        advance()
        let token = advance()
        switch token.kind {
        case .name(let name):
            if case .name("loop") = base.kind, !JinjaLoopState.attributes.contains(name) {
                throw fail(
                    token, found: "`loop.\(name)`", expected: "one of \(listed(JinjaLoopState.attributes))")
            }
            return try node(.attribute(base, name), at: token.location, over: [base])
        case .integer(let position):
            let key = try node(.literal(.integer(position)), at: token.location)
            return try node(.item(base, key), at: token.location, over: [base, key])
        default: throw fail(token, expected: "a name or a number after `.`")
        }
    }

    private mutating func parseSubscript(of base: JinjaExpression) throws -> JinjaExpression {
        let location = advance().location
        var bounds: [JinjaExpression?] = []
        repeat {
            let isAbsent = [.symbol(":"), .symbol("]")].contains(current.kind)
            bounds.append(try isAbsent ? nil : parseExpression())
        } while bounds.count < 3 && skip(.symbol(":"))
        guard current.kind == .symbol("]") else { throw fail(current, expected: "`]`") }
        let closing = advance()
        let children = [base] + bounds.compactMap { $0 }
        guard bounds.count == 1 else {
            let step = bounds.count == 3 ? bounds[2] : nil
            return try node(
                .slice(base, lower: bounds[0], upper: bounds[1], step: step), at: location, over: children)
        }
        guard let key = bounds[0] else { throw fail(closing, expected: "an index or a slice") }
        return try node(.item(base, key), at: location, over: children)
    }

    // MARK: Nodes

    func node(
        _ kind: JinjaExpression.Kind, at location: TemplateLocation, over children: [JinjaExpression] = []
    ) throws -> JinjaExpression {
        let depth = 1 + (children.map(\.depth).max() ?? 0)
        guard depth <= Self.maximumExpressionDepth else {
            throw TemplateError.syntax(
                at: location, found: "an expression with more than \(Self.maximumExpressionDepth) levels",
                expected: "it in several steps, by `set`")
        }
        return JinjaExpression(kind: kind, location: location, depth: depth)
    }

    private static let maximumExpressionDepth = 150
}
