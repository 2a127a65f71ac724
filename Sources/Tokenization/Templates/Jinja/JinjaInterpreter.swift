import Foundation
import JSON

/// Runs the statements of one template once.
final class JinjaInterpreter {
    let budget: JinjaBudget
    let date: Date
    private let marksGeneration: Bool
    private(set) var scope = JinjaScope()
    /// What is being written: the output, or the text that a macro or a `set` block collects.
    private var text = ""
    private var captureDepth = 0
    private var generated: [Range<Int>] = []
    /// All that were made: emptied at the end, as they may refer to each other in circles.
    private var namespaces: [JinjaNamespace] = []

    init(limits: JinjaLimits, date: Date, marksGeneration: Bool) {
        budget = JinjaBudget(limits)
        self.date = date
        self.marksGeneration = marksGeneration
    }

    func run(
        _ statements: [JinjaStatement], context: JSONObject
    ) throws -> (text: String, generated: [Range<Int>]) {
        defer {
            scope.clear()
            for namespace in namespaces { namespace.attributes = [:] }
        }
        do {
            for (name, value) in context { scope[name] = try JinjaValue(value) }
        } catch let fault as JinjaFault {
            throw fault.located(at: TemplateLocation(line: 1, column: 1))
        }
        _ = try execute(statements)
        return (text, generated)
    }

    func makeNamespace(_ attributes: OrderedMapping<JinjaValue>) -> JinjaValue {
        let namespace = JinjaNamespace(attributes)
        namespaces.append(namespace)
        return .namespace(namespace)
    }

    // MARK: Statements

    /// Whether a body ran to its end or must be left.
    private enum Completion { case finished, leaveLoop, nextIteration }

    private func execute(_ statements: [JinjaStatement]) throws -> Completion {
        for statement in statements {
            do {
                defer { budget.leave() }
                try budget.enter()
                let completion = try execute(statement)
                guard completion == .finished else { return completion }
            } catch let fault as JinjaFault {
                throw fault.located(at: statement.location)
            }
        }
        return .finished
    }

    private func execute(_ statement: JinjaStatement) throws -> Completion {
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression): try write(self.text(of: evaluate(expression)))
        case .conditional(let branches, let otherwise):
            let branch = try branches.first { try evaluate($0.condition).isTrue }
            return try execute(branch?.body ?? otherwise)
        case .loop(let loop): try execute(loop)
        case .leaveLoop: return .leaveLoop
        case .nextIteration: return .nextIteration
        case .set(let target, let expression): try assign(evaluate(expression), to: target)
        case .capture(let target, let body):
            try assign(.string(capture { _ = try withScope { try execute(body) } }), to: target)
        case .macro(let macro): scope[macro.name] = .macro(JinjaClosure(macro, scope: scope))
        case .callBlock(let callee, let arguments, let caller):
            try executeCallBlock(callee, arguments, caller: caller)
        case .generation(let body): try executeGeneration(body)
        }
        return .finished
    }

    private func execute(_ loop: JinjaLoop) throws {
        var elements = try elements(of: evaluate(loop.iterable))
        if let filter = loop.filter {
            elements = try elements.filter { element in
                try withScope {
                    try assign(element, to: loop.target)
                    return try evaluate(filter).isTrue
                }
            }
        }
        if elements.isEmpty {
            _ = try withScope { try execute(loop.otherwise) }
        }
        for (index, element) in elements.enumerated() {
            try budget.spend(operations: 1)
            let completion = try withScope {
                try assign(element, to: loop.target)
                scope["loop"] = .loop(JinjaLoopState(elements, index: index))
                return try execute(loop.body)
            }
            if completion == .leaveLoop { break }
        }
    }

    private func executeCallBlock(
        _ callee: JinjaExpression, _ arguments: JinjaCallArguments, caller: JinjaMacro
    ) throws {
        guard case .macro(let closure) = try evaluate(callee) else {
            throw JinjaFault.evaluation("`call` needs a macro")
        }
        let arguments = try evaluate(arguments)
        let body = JinjaClosure(caller, scope: scope)
        try write(call(closure, arguments, caller: body))
    }

    private func executeGeneration(_ body: [JinjaStatement]) throws {
        guard !marksGeneration || captureDepth == 0 else {
            throw JinjaFault.evaluation(
                "`generation` in a macro or a `set` block cannot be traced to the output; write it outside"
            )
        }
        let start = text.utf8.count
        _ = try withScope { try execute(body) }
        if marksGeneration, text.utf8.count > start { generated.append(start..<text.utf8.count) }
    }

    private func assign(_ value: JinjaValue, to target: JinjaTarget) throws {
        switch target {
        case .name(let name): scope[name] = value
        case .attribute(let owner, let name):
            guard case .namespace(let namespace) = scope[owner] else {
                throw JinjaFault.evaluation(
                    "`\(owner)` is not a namespace, so `\(owner).\(name)` cannot be set")
            }
            namespace.attributes[name] = value
        case .tuple(let targets):
            let elements = try elements(of: value)
            guard elements.count == targets.count else {
                throw JinjaFault.evaluation(
                    "cannot unpack \(elements.count) values into \(targets.count) names")
            }
            for (target, element) in zip(targets, elements) { try assign(element, to: target) }
        }
    }

    // MARK: Scopes and output

    private func withScope<Result>(
        in parent: JinjaScope? = nil, _ body: () throws -> Result
    ) rethrows -> Result {
        let outer = scope
        let inner = JinjaScope(parent: parent ?? outer)
        scope = inner
        defer {
            inner.clear()
            scope = outer
        }
        return try body()
    }

    private func write(_ addition: String) throws {
        try budget.spend(textBytes: addition.utf8.count)
        text += addition
        try budget.check(outputBytes: text.utf8.count)
    }

    private func capture(_ body: () throws -> Void) rethrows -> String {
        let outer = text
        text = ""
        captureDepth += 1
        defer {
            text = outer
            captureDepth -= 1
        }
        try body()
        return text
    }

    // MARK: Macros

    /// Runs a macro and gives back what it writes.
    func call(_ closure: JinjaClosure, _ arguments: JinjaArguments, caller: JinjaClosure? = nil) throws
        -> String
    {
        let macro = closure.macro
        let parameters = macro.parameters
        let signature = JinjaSignature(optional: parameters.map(\.name))
        try payForBinding(arguments, to: parameters.count)
        let keywords = arguments.keywords.map(\.name)
        if let problem = signature.problem(positionalCount: arguments.positional.count, keywords: keywords) {
            throw JinjaFault.evaluation(
                "the macro `\(macro.name)` is called \(problem.found), expected \(problem.expected)")
        }
        return try withScope(in: closure.scope) {
            if let caller { scope["caller"] = .macro(caller) }
            for (position, parameter) in parameters.enumerated() {
                let given =
                    position < arguments.positional.count
                    ? arguments.positional[position]
                    : arguments.keywords.first { $0.name == parameter.name }?.value
                scope[parameter.name] =
                    try given ?? parameter.fallback.map(evaluate)
                    ?? .undefined("the parameter `\(parameter.name)` was not given")
            }
            return try capture { _ = try execute(macro.body) }
        }
    }
}
