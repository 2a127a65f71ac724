/// A filter, test, method or global function: what it takes and what it does.
struct JinjaFunction: Sendable {
    let signature: JinjaSignature
    /// What each call pays for the texts among its value and its arguments before it runs. Lists and mappings are
    /// paid for where they are gone through (`JinjaInterpreter.elements`), new text where it is made.
    let price: JinjaPrice
    let body: @Sendable (JinjaCall) throws -> JinjaValue

    /// - Parameter price: the highest unless the function says that it does less.
    init(
        _ signature: JinjaSignature = JinjaSignature(), price: JinjaPrice = .characters,
        _ body: @escaping @Sendable (JinjaCall) throws -> JinjaValue
    ) {
        self.signature = signature
        self.price = price
        self.body = body
    }
}

/// The parameters of a function, checked when a template is read and again where arguments are bound.
struct JinjaSignature: Sendable {
    var required: [String] = []
    var optional: [String] = []
    /// Whether any further positional arguments are taken, for the function to interpret.
    var takesMorePositional = false
    /// Whether any further named arguments are taken.
    var takesMoreKeywords = false

    var parameters: [String] { required + optional }

    struct Problem: Error {
        let found: String
        let expected: String
    }

    func problem(positionalCount: Int, keywords: [String]) -> Problem? {
        let names = parameters.isEmpty ? "no arguments" : parameters.map { "`\($0)`" }.joined(separator: ", ")
        if positionalCount > parameters.count, !takesMorePositional {
            return Problem(found: "with \(positionalCount) positional arguments", expected: names)
        }
        for keyword in keywords {
            guard let position = parameters.firstIndex(of: keyword) else {
                if takesMoreKeywords { continue }
                return Problem(found: "with the argument `\(keyword)`", expected: names)
            }
            if position < positionalCount {
                return Problem(found: "with `\(keyword)` given twice", expected: "it once")
            }
        }
        let missing = required.dropFirst(positionalCount).first { !keywords.contains($0) }
        return missing.map { Problem(found: "without `\($0)`", expected: names) }
    }
}

/// Arguments after evaluation, not yet bound to parameters.
struct JinjaArguments {
    var positional: [JinjaValue] = []
    var keywords: [(name: String, value: JinjaValue)] = []
}

/// One call: the value it works on (the piped value, or the object of a method) and its bound arguments.
struct JinjaCall {
    let interpreter: JinjaInterpreter
    let value: JinjaValue
    private let price: JinjaPrice
    /// By position in the signature; nil where the caller gave none.
    private let bound: [JinjaValue?]
    /// What the signature does not name.
    let more: JinjaArguments

    /// Binds the arguments and pays for the texts.
    init(
        _ function: JinjaFunction, on value: JinjaValue, _ arguments: JinjaArguments,
        _ interpreter: JinjaInterpreter
    ) throws {
        let signature = function.signature
        try interpreter.payForBinding(arguments, to: signature.parameters.count)
        let keywords = arguments.keywords.map(\.name)
        if let problem = signature.problem(positionalCount: arguments.positional.count, keywords: keywords) {
            throw JinjaFault.evaluation("called \(problem.found), expected \(problem.expected)")
        }
        let names = signature.parameters
        self.interpreter = interpreter
        self.value = value
        price = function.price
        bound = names.indices.map { position in
            position < arguments.positional.count
                ? arguments.positional[position]
                : arguments.keywords.first { $0.name == names[position] }?.value
        }
        more = JinjaArguments(
            positional: Array(arguments.positional.dropFirst(names.count)),
            keywords: arguments.keywords.filter { !names.contains($0.name) })
        for case .string(let text) in [value] + arguments.positional + arguments.keywords.map(\.value) {
            try budget.spend(price, for: text.utf8.count)
        }
    }

    var budget: JinjaBudget { interpreter.budget }

    /// The argument at this place of the signature; nil where none was given.
    subscript(position: Int) -> JinjaValue? { bound[position] }

    /// As above, and nil for `none` too.
    func some(_ position: Int) -> JinjaValue? {
        if case .some(.null) = bound[position] { return nil }
        return bound[position]
    }

    /// The text of the value, whatever it is, as `str()` gives it; one that is made only now is paid for now.
    func text() throws -> String {
        if case .string(let text) = value { return text }
        let text = try interpreter.text(of: value)
        try budget.spend(price, for: text.utf8.count)
        return text
    }

    func elements() throws -> [JinjaValue] { try interpreter.elements(of: value) }

    func string(_ position: Int) throws -> String? {
        guard let argument = some(position) else { return nil }
        guard case .string(let text) = argument else { throw wrongArgument(argument, expected: "a string") }
        return text
    }

    func requiredString(_ position: Int) throws -> String {
        guard let text = try string(position) else { throw wrongArgument(.null, expected: "a string") }
        return text
    }

    func integer(_ position: Int) throws -> Int? {
        guard let argument = some(position) else { return nil }
        guard let number = argument.asInteger else { throw wrongArgument(argument, expected: "an integer") }
        return number
    }

    func flag(_ position: Int) -> Bool { bound[position]?.isTrue ?? false }

    private func wrongArgument(_ argument: JinjaValue, expected: String) -> JinjaFault {
        .evaluation("expected \(expected) as argument, found \(argument.typeName)")
    }
}

/// What goes wrong while a template runs, before the interpreter adds where.
enum JinjaFault: Error {
    case evaluation(String)
    case limit(String)
    case raised(String)

    func located(at location: TemplateLocation) -> TemplateError {
        switch self {
        case .evaluation(let problem): .evaluation(at: location, problem: problem)
        case .limit(let exceeded): .limit(at: location, exceeded: exceeded)
        case .raised(let message): .raised(at: location, message: message)
        }
    }
}
