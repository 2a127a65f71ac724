import JSON

extension JinjaInterpreter {
    func evaluate(_ expression: JinjaExpression) throws -> JinjaValue {
        do {
            defer { budget.leave() }
            try budget.enter()
            return try value(of: expression)
        } catch let fault as JinjaFault {
            throw fault.located(at: expression.location)
        }
    }

    private func value(of expression: JinjaExpression) throws -> JinjaValue {
        switch expression.kind {
        case .literal(let value): try JinjaValue(value)
        case .name(let name): try lookUp(name)
        case .list(let elements): try .list(elements.map(evaluate))
        case .tuple(let elements): .sequence(try JinjaSequence(.tuple, elements.map(evaluate)))
        case .mapping(let entries): try mapping(entries)
        case .not(let operand): .boolean(try !evaluate(operand).isTrue)
        case .and(let left, let right): try either(left, or: right, keepsFirstIf: false)
        case .or(let left, let right): try either(left, or: right, keepsFirstIf: true)
        case .sign(let sign, let operand): try apply(sign, to: evaluate(operand))
        case .arithmetic(let operation, let left, let right):
            try apply(operation, evaluate(left), evaluate(right))
        case .concatenation(let parts): try .string(joined(parts.map { try text(of: evaluate($0)) }))
        case .comparison(let first, let links): .boolean(try holds(first, links))
        case .conditional(let condition, let then, let otherwise):
            if try evaluate(condition).isTrue {
                try evaluate(then)
            } else {
                try otherwise.map(evaluate)
                    ?? .undefined("the condition of an inline `if` without `else` is false, so its value")
            }
        case .attribute(let base, let name): try attribute(name, of: evaluate(base))
        case .item(let base, let key): try item(evaluate(key), of: evaluate(base))
        case .slice(let base, let lower, let upper, let step):
            try slice(
                evaluate(base), lower: lower.map(evaluate), upper: upper.map(evaluate),
                step: step.map(evaluate))
        case .call(let callee, let arguments): try call(evaluate(callee), evaluate(arguments))
        case .filter(let base, let name, let arguments):
            try apply(JinjaFilters.all[name], named: name, to: evaluate(base), evaluate(arguments))
        case .test(let base, let name, let arguments):
            try apply(JinjaTests.all[name], named: name, to: evaluate(base), evaluate(arguments))
        }
    }

    func evaluate(_ arguments: JinjaCallArguments) throws -> JinjaArguments {
        JinjaArguments(
            positional: try arguments.positional.map(evaluate),
            keywords: try arguments.keywords.map { ($0.name, try evaluate($0.value)) })
    }

    private func lookUp(_ name: String) throws -> JinjaValue {
        try budget.spend(operations: scope.depth / Self.scopesPerOperation)
        if let value = scope[name] { return value }
        return JinjaGlobals.functions[name] == nil ? .undefined("`\(name)`") : .function(name)
    }

    /// Scopes that a name may be looked for in at the price of one operation.
    private static let scopesPerOperation = 8

    private func mapping(_ entries: [(key: JinjaExpression, value: JinjaExpression)]) throws -> JinjaValue {
        var pairs: [(key: String, value: JinjaValue)] = []
        for entry in entries {
            let key = try evaluate(entry.key)
            guard case .string(let text) = key else {
                throw JinjaFault.evaluation("a key of a mapping must be a string, found \(key.typeName)")
            }
            try budget.spend(textBytes: text.utf8.count)
            pairs.append((text, try evaluate(entry.value)))
        }
        return .mapping(try JinjaMapping(OrderedMapping(pairs)))
    }

    /// The texts with a separator between them, paid for.
    func joined(_ texts: [String], separator: String = "") throws -> String {
        let separators = separator.utf8.count * max(0, texts.count - 1)
        try budget.spend(textBytes: texts.reduce(separators) { $0 + $1.utf8.count })
        return texts.joined(separator: separator)
    }

    private func either(
        _ first: JinjaExpression, or second: JinjaExpression, keepsFirstIf truth: Bool
    ) throws -> JinjaValue {
        let value = try evaluate(first)
        return value.isTrue == truth ? value : try evaluate(second)
    }

    /// `a < b < c` holds if both links do; the middle is evaluated once.
    private func holds(
        _ first: JinjaExpression, _ links: [(operation: JinjaComparison, operand: JinjaExpression)]
    ) throws -> Bool {
        var left = try evaluate(first)
        for link in links {
            let right = try evaluate(link.operand)
            guard try compare(left, link.operation, right) else { return false }
            left = right
        }
        return true
    }

    // MARK: Calls

    private func call(_ callee: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch callee {
        case .macro(let closure): .string(try call(closure, arguments))
        case .function(let name):
            try apply(JinjaGlobals.functions[name], named: name, to: .null, arguments)
        case .method(let method):
            try apply(
                JinjaMethods.method(method.name, of: method.receiver), named: method.name,
                to: method.receiver,
                arguments)
        case .undefined(let what): throw JinjaFault.evaluation("\(what) is undefined and cannot be called")
        default: throw JinjaFault.evaluation("\(callee.typeName) cannot be called")
        }
    }

    /// Applies a function of one of the tables; filters such as `map` name theirs when the template runs.
    func apply(
        _ function: JinjaFunction?, named name: String, to value: JinjaValue, _ arguments: JinjaArguments
    ) throws -> JinjaValue {
        guard let function else { throw JinjaFault.evaluation("`\(name)` is not known") }
        return try function.body(JinjaCall(function, on: value, arguments, self))
    }

    /// Every parameter is looked for among the named arguments.
    func payForBinding(_ arguments: JinjaArguments, to parameterCount: Int) throws {
        try budget.spend(operations: arguments.keywords.count * (parameterCount + 1))
    }
}
