/// Calls, filters and tests: what is called must be known, and take these arguments, already when a template
/// is read.
extension JinjaParser {
    mutating func parseCall(of callee: JinjaExpression) throws -> JinjaExpression {
        let opening = current
        let arguments = try parseArguments()
        switch callee.kind {
        case .name(let name):
            recordCall(of: name, at: callee.location)
            if let function = JinjaGlobals.functions[name], !isDefined(name) {
                try check(arguments, against: [function.signature], of: "the function `\(name)`", at: opening)
            }
        case .attribute(_, let name):
            let methods = JinjaMethods.named(name)
            guard !methods.isEmpty else {
                throw TemplateError.syntax(
                    at: callee.location, found: "the method `\(name)`",
                    expected: "one of \(listed(JinjaMethods.names))")
            }
            try check(arguments, against: methods.map(\.signature), of: "the method `\(name)`", at: opening)
        default: break
        }
        return try node(.call(callee, arguments), at: callee.location, over: [callee] + arguments.expressions)
    }

    mutating func parseFilter(on base: JinjaExpression) throws -> JinjaExpression {
        advance()
        let token = current
        let name = try expectName()
        guard let filter = JinjaFilters.all[name] else {
            throw fail(
                token, found: "the filter `\(name)`", expected: "one of \(listed(JinjaFilters.all.keys))")
        }
        let arguments = current.kind == .symbol("(") ? try parseArguments() : JinjaCallArguments()
        try check(arguments, against: [filter.signature], of: "the filter `\(name)`", at: token)
        try checkInnerName(of: name, arguments.positional)
        return try node(
            .filter(base, name: name, arguments), at: token.location, over: [base] + arguments.expressions)
    }

    /// The filter that `map('…')` applies and the test of `select('…')` and its relatives are names too.
    private func checkInnerName(of filter: String, _ arguments: [JinjaExpression]) throws {
        let position = ["selectattr", "rejectattr"].contains(filter) ? 1 : 0
        guard ["map", "select", "reject", "selectattr", "rejectattr"].contains(filter),
            arguments.indices.contains(position), case .literal(.string(let name)) = arguments[position].kind
        else { return }
        let table = filter == "map" ? JinjaFilters.all : JinjaTests.all
        guard table[name] == nil else { return }
        throw TemplateError.syntax(
            at: arguments[position].location,
            found: "the \(filter == "map" ? "filter" : "test") `\(name)` in `\(filter)`",
            expected: "one of \(listed(table.keys))")
    }

    mutating func parseTest(on base: JinjaExpression) throws -> JinjaExpression {
        advance()
        let isNegated = skip(.name("not"))
        let token = current
        let name = try expectName()
        guard let test = JinjaTests.all[name] else {
            let names = JinjaTests.all.keys.filter { $0.first?.isLetter ?? false }
            throw fail(token, found: "the test `\(name)`", expected: "one of \(listed(names))")
        }
        let arguments = try parseTestArguments()
        try check(arguments, against: [test.signature], of: "the test `\(name)`", at: token)
        let value = try node(
            .test(base, name: name, arguments), at: token.location, over: [base] + arguments.expressions)
        return isNegated ? try node(.not(value), at: token.location, over: [value]) : value
    }

    /// `is divisibleby(3)` and `is divisibleby 3` are the same.
    private mutating func parseTestArguments() throws -> JinjaCallArguments {
        switch current.kind {
        case .symbol("("): return try parseArguments()
        case .name("else"), .name("or"), .name("and"): return JinjaCallArguments()
        case .name("is"): throw fail(current, expected: "one test at a time; join them by `and`")
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            let primary = try parsePrimary()
            return JinjaCallArguments(positional: [try parsePostfix(primary)])
        default: return JinjaCallArguments()
        }
    }

    private mutating func parseArguments() throws -> JinjaCallArguments {
        var arguments = JinjaCallArguments()
        try expect(.symbol("("))
        while current.kind != .symbol(")") {
            let token = current
            if token.kind == .symbol("*") || token.kind == .symbol("**") {
                throw fail(token, expected: "arguments written out")
            }
            if case .name(let name) = token.kind, following.kind == .symbol("=") {
                advance()
                advance()
                guard !arguments.keywords.contains(where: { $0.name == name }) else {
                    throw fail(token, found: "`\(name)` a second time", expected: "each argument once")
                }
                arguments.keywords.append((name, try parseExpression()))
            } else {
                guard arguments.keywords.isEmpty else {
                    throw fail(token, expected: "positional arguments before those with names")
                }
                arguments.positional.append(try parseExpression())
            }
            guard skip(.symbol(",")) else { break }
        }
        try expect(.symbol(")"))
        return arguments
    }

    private func check(
        _ arguments: JinjaCallArguments, against signatures: [JinjaSignature], of callee: String,
        at token: JinjaToken
    ) throws {
        let problems = signatures.map {
            $0.problem(positionalCount: arguments.positional.count, keywords: arguments.keywords.map(\.name))
        }
        guard let problem = problems.last, problems.allSatisfy({ $0 != nil }) else { return }
        throw fail(token, found: "\(callee) \(problem?.found ?? "")", expected: problem?.expected ?? "")
    }
}
