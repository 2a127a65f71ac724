import JSON

/// A value while a template runs: those of JSON, and what Python and Jinja add to them. Only namespaces and
/// iterators change.
enum JinjaValue {
    /// A name or element that does not exist; the text says which, for the error that any use but a few
    /// throws.
    case undefined(String)
    case null
    case boolean(Bool)
    case integer(Int)
    /// A whole number of the data beyond 64 bits, by its digits. It can be written, and compared for being the same.
    case largeInteger(String)
    case float(Double)
    case string(String)
    case sequence(JinjaSequence)
    case mapping(JinjaMapping)
    case iterator(JinjaIterator)
    case namespace(JinjaNamespace)
    case macro(JinjaClosure)
    case method(JinjaMethodReference)
    case function(String)
    case loop(JinjaLoopState)
}

/// A list or one of its relatives in Python, which print, compare and join with their own kind only.
final class JinjaSequence {
    enum Kind: Hashable {
        case list, tuple
        case range(lower: Int, upper: Int, step: Int)
        case keys, values, items
    }

    let kind: Kind
    let elements: [JinjaValue]
    let depth: Int

    init(_ kind: Kind, _ elements: [JinjaValue]) throws {
        self.kind = kind
        self.elements = elements
        depth = try JinjaValue.depth(over: elements)
    }

    /// Whether elements can be reached by index: not in views of a mapping.
    var isIndexed: Bool {
        switch kind {
        case .list, .tuple, .range: true
        case .keys, .values, .items: false
        }
    }

    /// Whether the two are of one type.
    func resembles(_ other: JinjaSequence) -> Bool {
        switch (kind, other.kind) {
        case (.range, .range): true
        default: kind == other.kind
        }
    }
}

final class JinjaMapping {
    let entries: OrderedMapping<JinjaValue>
    let depth: Int

    init(_ entries: OrderedMapping<JinjaValue>) throws {
        self.entries = entries
        depth = try JinjaValue.depth(over: entries.values)
    }
}

/// What filters such as `map` and `select` give: true even if empty, and empty once read.
final class JinjaIterator {
    private var remaining: ArraySlice<JinjaValue>
    let depth: Int

    init(_ elements: [JinjaValue]) throws {
        remaining = elements[...]
        depth = try JinjaValue.depth(over: elements)
    }

    func next() -> JinjaValue? { remaining.popFirst() }

    func rest() -> [JinjaValue] {
        defer { remaining = [] }
        return Array(remaining)
    }
}

final class JinjaNamespace {
    var attributes: OrderedMapping<JinjaValue>

    init(_ attributes: OrderedMapping<JinjaValue>) { self.attributes = attributes }
}

/// A macro and the scope it was defined in.
final class JinjaClosure {
    let macro: JinjaMacro
    let scope: JinjaScope

    init(_ macro: JinjaMacro, scope: JinjaScope) {
        self.macro = macro
        self.scope = scope
    }

    /// What Jinja lets a template ask a macro for; nil where it has no such thing.
    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "name": .string(macro.name)
        case "arguments":
            .sequence(try JinjaSequence(.tuple, macro.parameters.map { .string($0.name) }))
        // The names `varargs` and `kwargs`, which would make these true, are refused in macros.
        case "catch_varargs", "catch_kwargs": .boolean(false)
        case "caller", "explicit_caller":
            throw JinjaFault.evaluation(
                "`\(name)` of a macro is not supported; ask for `name` or `arguments`")
        default: nil
        }
    }
}

/// A method that has been looked up and not yet called.
final class JinjaMethodReference {
    let name: String
    let receiver: JinjaValue

    init(_ name: String, of receiver: JinjaValue) {
        self.name = name
        self.receiver = receiver
    }
}

/// The variable `loop` during one iteration.
final class JinjaLoopState {
    private let elements: [JinjaValue]
    private let index: Int

    init(_ elements: [JinjaValue], index: Int) {
        self.elements = elements
        self.index = index
    }

    static let attributes = [
        "index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem",
    ]

    subscript(attribute: String) -> JinjaValue {
        switch attribute {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(elements.count - index)
        case "revindex0": .integer(elements.count - index - 1)
        case "first": .boolean(index == 0)
        case "last": .boolean(index == elements.count - 1)
        case "length": .integer(elements.count)
        case "previtem": index > 0 ? elements[index - 1] : .undefined("there is no previous item")
        case "nextitem":
            index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
        default: .undefined("`loop` has no attribute `\(attribute)`")
        }
    }
}

/// Names and their values; a name that is not here is looked up in the scope around it.
final class JinjaScope {
    private var variables: [String: JinjaValue] = [:]
    private let parent: JinjaScope?
    /// How many scopes are around this one.
    let depth: Int

    init(parent: JinjaScope? = nil) {
        self.parent = parent
        depth = parent.map { $0.depth + 1 } ?? 0
    }

    subscript(name: String) -> JinjaValue? {
        get {
            var scope: JinjaScope? = self
            while let candidate = scope {
                if let value = candidate.variables[name] { return value }
                scope = candidate.parent
            }
            return nil
        }
        set { variables[name] = newValue }
    }

    /// Breaks the cycle of a scope with the macros defined in it.
    func clear() { variables.removeAll() }
}

extension JinjaValue {
    init(_ value: JSONValue) throws {
        switch value {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .largeInteger(let digits): self = .largeInteger(digits)
        case .number(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let elements):
            self = .sequence(try JinjaSequence(.list, elements.map { try JinjaValue($0) }))
        case .object(let members):
            self = .mapping(try JinjaMapping(members.mapValues { try JinjaValue($0) }))
        }
    }

    static func list(_ elements: [JinjaValue]) throws -> JinjaValue {
        .sequence(try JinjaSequence(.list, elements))
    }

    static func strings(_ elements: [String]) throws -> JinjaValue {
        try .list(elements.map(JinjaValue.string))
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    /// By Python's rules: empty and zero are false.
    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .largeInteger: true
        case .sequence(let sequence): !sequence.elements.isEmpty
        case .mapping(let mapping): !mapping.entries.isEmpty
        case .iterator, .namespace, .macro, .method, .function, .loop: true
        }
    }

    /// An integer, or a boolean as the integer it is in Python.
    var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    var asDouble: Double? {
        if case .float(let value) = self { return value }
        return asInteger.map(Double.init)
    }

    /// As an error message names it.
    var typeName: String {
        switch self {
        case .undefined: "an undefined value"
        case .null: "none"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .largeInteger: "an integer beyond 64 bits"
        case .float: "a float"
        case .string: "a string"
        case .sequence(let sequence):
            switch sequence.kind {
            case .list: "a list"
            case .tuple: "a tuple"
            case .range: "a range"
            case .keys, .values, .items: "a view of a mapping"
            }
        case .mapping: "a mapping"
        case .iterator: "an iterator"
        case .namespace: "a namespace"
        case .macro: "a macro"
        case .method: "a method"
        case .function: "a function"
        case .loop: "the loop"
        }
    }

    // MARK: Nesting

    /// How many containers are nested in each other. Namespaces count as none: the interpreter empties them
    /// itself.
    private var depth: Int {
        switch self {
        case .sequence(let sequence): sequence.depth
        case .mapping(let mapping): mapping.depth
        case .iterator(let iterator): iterator.depth
        case .method(let method): method.receiver.depth
        default: 0
        }
    }

    private static let maximumDepth = 100

    /// Bounded, so that printing, comparing and freeing a value cannot exhaust the stack.
    static func depth(over elements: [JinjaValue]) throws -> Int {
        var depth = 1
        for element in elements {
            if case .loop = element {
                throw JinjaFault.evaluation("`loop` cannot be kept in a list or mapping")
            }
            depth = max(depth, element.depth + 1)
        }
        guard depth <= maximumDepth else {
            throw JinjaFault.limit("\(maximumDepth) levels of lists and mappings")
        }
        return depth
    }
}
