import JSON

/// Turns tokens into statements; what it does not know it refuses, with the place and what is supported
/// there.
struct JinjaParser {
    private let tokens: [JinjaToken]
    private var index = 0
    private var depth = 0
    private var surroundings = Surroundings()
    /// Names that something in the template defines, and calls of plain names, compared once all is read:
    /// a macro may be called above its definition.
    private var definedNames: Set<String> = []
    private var calledNames: [(name: String, location: TemplateLocation)] = []

    private struct Surroundings {
        var isInLoop = false
        var isInMacro = false
        var isInGeneration = false
    }

    static func parse(_ source: String) throws -> [JinjaStatement] {
        var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: source))
        let (statements, _) = try parser.parseBody(opening: nil, until: [])
        try parser.checkCalledNames()
        return statements
    }

    private init(tokens: [JinjaToken]) { self.tokens = tokens }

    private func checkCalledNames() throws {
        let unknown = calledNames.first {
            !definedNames.contains($0.name) && JinjaGlobals.functions[$0.name] == nil
        }
        guard let unknown else { return }
        throw TemplateError.syntax(
            at: unknown.location, found: "a call of `\(unknown.name)`, which is not defined",
            expected: "a macro of this template or one of \(listed(JinjaGlobals.functions.keys))")
    }

    // MARK: Statements

    /// Statements up to a tag named in `terminators`, whose name is read and returned; to the end if there
    /// are none.
    private mutating func parseBody(
        opening: JinjaToken?, until terminators: [String]
    ) throws -> (statements: [JinjaStatement], terminator: String) {
        try deeper()
        defer { leave() }
        var statements: [JinjaStatement] = []
        while true {
            let token = advance()
            switch token.kind {
            case .text(let text):
                statements.append(JinjaStatement(kind: .text(text), location: token.location))
            case .outputBegin:
                let value = try parseTuple()
                try expect(.outputEnd)
                statements.append(JinjaStatement(kind: .output(value), location: token.location))
            case .blockBegin:
                if case .name(let name) = current.kind, terminators.contains(name) {
                    advance()
                    return (statements, name)
                }
                statements.append(try parseStatement())
            case .end:
                guard let opening else { return (statements, "") }
                throw fail(
                    opening, found: "\(opening.kind) that is never closed", expected: listed(terminators))
            default: throw fail(token, expected: "text or a tag")
            }
        }
    }

    private static let tags = [
        "for", "if", "set", "macro", "call", "generation", "break", "continue", "raw",
    ]

    private mutating func parseStatement() throws -> JinjaStatement {
        let opening = advance()
        guard case .name(let name) = opening.kind else {
            throw fail(opening, expected: "the name of a tag: \(listed(Self.tags))")
        }
        let kind: JinjaStatement.Kind
        switch name {
        case "for": kind = try parseFor(opening)
        case "if": kind = try parseIf(opening)
        case "set": kind = try parseSet(opening)
        case "macro": kind = try parseMacro(opening)
        case "call": kind = try parseCallBlock(opening)
        case "generation": kind = try parseGeneration(opening)
        case "break", "continue":
            guard surroundings.isInLoop else { throw fail(opening, expected: "it directly inside `for`") }
            kind = name == "break" ? .leaveLoop : .nextIteration
        default: throw fail(opening, found: "the tag `\(name)`", expected: "one of \(listed(Self.tags))")
        }
        try expect(.blockEnd)
        return JinjaStatement(kind: kind, location: opening.location)
    }

    private mutating func parseFor(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        let target = try parseTarget(allowingAttribute: false)
        try expect(.name("in"))
        let iterable = try parseTuple(allowingConditional: false)
        let filter = skip(.name("if")) ? try parseExpression() : nil
        if current.kind == .name("recursive") { throw fail(current, expected: "a macro that calls itself") }
        try expect(.blockEnd)
        let (body, terminator) = try within({ $0.isInLoop = true }) { parser in
            try parser.parseBody(opening: opening, until: ["endfor", "else"])
        }
        var otherwise: [JinjaStatement] = []
        if terminator == "else" {
            try expect(.blockEnd)
            otherwise = try parseBody(opening: opening, until: ["endfor"]).statements
        }
        return .loop(
            JinjaLoop(target: target, iterable: iterable, filter: filter, body: body, otherwise: otherwise))
    }

    private mutating func parseIf(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
        var terminator = "elif"
        while terminator == "elif" {
            let condition = try parseTuple(allowingConditional: false)
            try expect(.blockEnd)
            let branch = try parseBody(opening: opening, until: ["elif", "else", "endif"])
            branches.append((condition, branch.statements))
            terminator = branch.terminator
        }
        guard terminator == "else" else { return .conditional(branches, otherwise: []) }
        try expect(.blockEnd)
        let otherwise = try parseBody(opening: opening, until: ["endif"]).statements
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func parseSet(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        let target = try parseTarget(allowingAttribute: true)
        if skip(.symbol("=")) { return .set(target, try parseTuple()) }
        guard current.kind == .blockEnd else { throw fail(current, expected: "`=` or `%}`") }
        try expect(.blockEnd)
        let body = try within({ $0.isInLoop = false }) { parser in
            try parser.parseBody(opening: opening, until: ["endset"]).statements
        }
        return .capture(target, body: body)
    }

    private mutating func parseMacro(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        let name = try expectName()
        definedNames.insert(name)
        let parameters = try parseParameters()
        return .macro(try parseMacroBody(opening, name: name, parameters: parameters, until: "endmacro"))
    }

    private mutating func parseCallBlock(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        let parameters = current.kind == .symbol("(") ? try parseParameters() : []
        let start = current
        guard case .call(let callee, let arguments) = try parseExpression().kind else {
            throw fail(start, expected: "the call of a macro")
        }
        let caller = try parseMacroBody(opening, name: "caller", parameters: parameters, until: "endcall")
        definedNames.insert("caller")
        return .callBlock(callee: callee, arguments, caller: caller)
    }

    private mutating func parseMacroBody(
        _ opening: JinjaToken, name: String, parameters: [(name: String, fallback: JinjaExpression?)],
        until terminator: String
    ) throws -> JinjaMacro {
        try expect(.blockEnd)
        let body = try within({ $0 = Surroundings(isInMacro: true) }) { parser in
            try parser.parseBody(opening: opening, until: [terminator]).statements
        }
        return JinjaMacro(name: name, parameters: parameters, body: body)
    }

    private mutating func parseParameters() throws -> [(name: String, fallback: JinjaExpression?)] {
        var parameters: [(name: String, fallback: JinjaExpression?)] = []
        try expect(.symbol("("))
        while !skip(.symbol(")")) {
            if !parameters.isEmpty { try expect(.symbol(",")) }
            let token = current
            let name = try expectName()
            definedNames.insert(name)
            let fallback = skip(.symbol("=")) ? try parseExpression() : nil
            if fallback == nil, parameters.last?.fallback != nil {
                throw fail(token, found: "the parameter `\(name)` without a default", expected: "a default")
            }
            parameters.append((name, fallback))
        }
        return parameters
    }

    private mutating func parseGeneration(_ opening: JinjaToken) throws -> JinjaStatement.Kind {
        guard !surroundings.isInGeneration else {
            throw fail(opening, expected: "it outside another `generation`")
        }
        try expect(.blockEnd)
        let body = try within({
            $0.isInLoop = false
            $0.isInGeneration = true
        }) { parser in
            try parser.parseBody(opening: opening, until: ["endgeneration"]).statements
        }
        return .generation(body)
    }

    private mutating func within<Result>(
        _ change: (inout Surroundings) -> Void, _ parse: (inout Self) throws -> Result
    ) rethrows -> Result {
        let outer = surroundings
        change(&surroundings)
        defer { surroundings = outer }
        return try parse(&self)
    }

    // MARK: Targets

    private mutating func parseTarget(allowingAttribute: Bool) throws -> JinjaTarget {
        try deeper()
        defer { leave() }
        var targets: [JinjaTarget] = []
        var isTuple = false
        repeat {
            if isTuple, [.name("in"), .symbol(")"), .blockEnd].contains(current.kind) { break }
            targets.append(try parseSingleTarget(allowingAttribute: allowingAttribute))
            if current.kind == .symbol(",") { isTuple = true }
        } while skip(.symbol(","))
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func parseSingleTarget(allowingAttribute: Bool) throws -> JinjaTarget {
        if skip(.symbol("(")) {
            let target = try parseTarget(allowingAttribute: allowingAttribute)
            try expect(.symbol(")"))
            return target
        }
        let token = current
        let name = try expectName()
        guard Self.constants[name] == nil else { throw fail(token, expected: "a name to give a value to") }
        guard allowingAttribute, skip(.symbol(".")) else {
            definedNames.insert(name)
            return .name(name)
        }
        return .attribute(of: name, name: try expectName())
    }

    // MARK: Tokens

    static let constants: [String: JSONValue] = [
        "true": true, "True": true, "false": false, "False": false, "none": .null, "None": .null,
    ]

    var current: JinjaToken { tokens[index] }

    var following: JinjaToken { tokens[min(index + 1, tokens.count - 1)] }

    var isInMacro: Bool { surroundings.isInMacro }

    @discardableResult
    mutating func advance() -> JinjaToken {
        defer { index = min(index + 1, tokens.count - 1) }
        return current
    }

    mutating func skip(_ kind: JinjaToken.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: JinjaToken.Kind) throws {
        guard skip(kind) else { throw fail(current, expected: kind.description) }
    }

    mutating func expectName() throws -> String {
        guard case .name(let name) = current.kind else { throw fail(current, expected: "a name") }
        advance()
        return name
    }

    func isDefined(_ name: String) -> Bool { definedNames.contains(name) }

    mutating func recordCall(of name: String, at location: TemplateLocation) {
        calledNames.append((name, location))
    }

    /// Counts one level of recursion, until `leave`.
    mutating func deeper() throws {
        depth += 1
        guard depth <= Self.maximumNesting else {
            throw fail(
                current, found: "more than \(Self.maximumNesting) levels of nesting", expected: "fewer")
        }
    }

    mutating func leave() { depth -= 1 }

    private static let maximumNesting = 60

    func fail(_ token: JinjaToken, found: String? = nil, expected: String) -> TemplateError {
        .syntax(at: token.location, found: found ?? token.kind.description, expected: expected)
    }

    func listed(_ names: some Sequence<String>) -> String {
        names.sorted().map { "`\($0)`" }.joined(separator: ", ")
    }
}
