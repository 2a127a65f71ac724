/// Filters over what can be iterated: elements of sequences, characters of strings, keys of mappings.
extension JinjaFilters {
    static let collections = access.merging(selection) { $1 }.merging(ordering) { $1 }

    // MARK: Access

    private static let access: [String: JinjaFunction] = [
        "first": JinjaFunction(price: .nothing) { call in
            if case .iterator(let iterator) = call.value { return iterator.next() ?? nothing }
            return try call.elements().first ?? nothing
        },
        "last": JinjaFunction(price: .nothing) { call in try reversible(call).last ?? nothing },
        "list": JinjaFunction(price: .nothing) { call in try .list(call.elements()) },
        "items": JinjaFunction(price: .nothing) { call in
            .iterator(try JinjaIterator(call.value.isUndefined ? [] : JinjaMethods.pairs(of: call)))
        },
        "reverse": JinjaFunction { call in
            if case .string(let text) = call.value {
                return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
            }
            if case .iterator = call.value { return try .list(call.elements().reversed()) }
            return .iterator(try JinjaIterator(call.elements().reversed()))
        },
        "join": JinjaFunction(JinjaSignature(optional: ["d", "attribute"]), price: .bytes) { call in
            let key = try AttributePath(call.some(1), call)
            let parts = try call.elements().map { try call.interpreter.text(of: key.value(in: $0)) }
            let separator = try call[0].map(call.interpreter.text) ?? ""
            return .string(try call.interpreter.joined(parts, separator: separator))
        },
        "sum": JinjaFunction(JinjaSignature(optional: ["attribute", "start"])) { call in
            let key = try AttributePath(call.some(0), call)
            return try call.elements().reduce(call[1] ?? .integer(0)) { sum, element in
                try call.interpreter.apply(.add, sum, key.value(in: element))
            }
        },
    ]

    private static var nothing: JinjaValue { .undefined("the element of an empty sequence") }

    private static func reversible(_ call: JinjaCall) throws -> [JinjaValue] {
        if case .iterator = call.value {
            throw JinjaFault.evaluation("an iterator has no end; use `list` first")
        }
        return try call.elements()
    }

    // MARK: Selection

    private static let selection: [String: JinjaFunction] = [
        "map": JinjaFunction(
            JinjaSignature(takesMorePositional: true, takesMoreKeywords: true)
        ) { call in
            .iterator(try JinjaIterator(mapped(call)))
        },
        "select": selecting(true, byAttribute: false), "reject": selecting(false, byAttribute: false),
        "selectattr": selecting(true, byAttribute: true), "rejectattr": selecting(false, byAttribute: true),
    ]

    /// As Jinja's `map` and `select`, which take whatever is false for empty.
    private static func candidates(_ call: JinjaCall) throws -> [JinjaValue] {
        call.value.isTrue ? try call.elements() : []
    }

    private static func mapped(_ call: JinjaCall) throws -> [JinjaValue] {
        let elements = try candidates(call)
        if call.more.positional.isEmpty,
            let attribute = call.more.keywords.first(where: { $0.name == "attribute" })
        {
            let fallback = call.more.keywords.first { $0.name == "default" }?.value
            if let unknown = call.more.keywords.first(where: { !["attribute", "default"].contains($0.name) })
            {
                throw JinjaFault.evaluation("`map` does not know the argument `\(unknown.name)`")
            }
            let key = try AttributePath(attribute.value, call, fallback: fallback)
            return try elements.map(key.value)
        }
        guard case .string(let name) = call.more.positional.first else {
            throw JinjaFault.evaluation("`map` needs the name of a filter or `attribute=…`")
        }
        let arguments = JinjaArguments(
            positional: Array(call.more.positional.dropFirst()), keywords: call.more.keywords)
        return try elements.map { try call.interpreter.apply(all[name], named: name, to: $0, arguments) }
    }

    private static func selecting(_ keeps: Bool, byAttribute: Bool) -> JinjaFunction {
        let signature = JinjaSignature(
            required: byAttribute ? ["attribute"] : [], takesMorePositional: true, takesMoreKeywords: true)
        return JinjaFunction(signature) { call in
            let key = try AttributePath(byAttribute ? call[0] : nil, call)
            let test = call.more.positional.first
            let arguments = JinjaArguments(
                positional: Array(call.more.positional.dropFirst()), keywords: call.more.keywords)
            let selected = try candidates(call).filter { element in
                let value = try key.value(in: element)
                guard let test else { return value.isTrue == keeps }
                let name = try call.interpreter.text(of: test)
                return try call.interpreter.apply(JinjaTests.all[name], named: name, to: value, arguments)
                    .isTrue
                    == keeps
            }
            return .iterator(try JinjaIterator(selected))
        }
    }

    // MARK: Ordering

    private static let ordering: [String: JinjaFunction] = [
        "sort": JinjaFunction(
            JinjaSignature(optional: ["reverse", "case_sensitive", "attribute"])
        ) { call in
            let paths = try AttributePath.list(call.some(2), call)
            return try .list(
                sorted(call.elements(), call, reversed: call.flag(0)) { element in
                    try paths.map { try sortKey($0.value(in: element), isCaseSensitive: call.flag(1), call) }
                })
        },
        "dictsort": JinjaFunction(
            JinjaSignature(optional: ["case_sensitive", "by", "reverse"])
        ) { call in
            let criterion = try call.string(1) ?? "key"
            guard let position = ["key", "value"].firstIndex(of: criterion) else {
                throw JinjaFault.evaluation("`dictsort` sorts by 'key' or 'value', not '\(criterion)'")
            }
            return try .list(
                sorted(JinjaMethods.pairs(of: call), call, reversed: call.flag(2)) { pair in
                    let value = try call.interpreter.item(.integer(position), of: pair)
                    return [try sortKey(value, isCaseSensitive: call.flag(0), call)]
                })
        },
        "unique": JinjaFunction(JinjaSignature(optional: ["case_sensitive", "attribute"])) { call in
            let path = try AttributePath(call.some(1), call)
            var seen: [JinjaValue] = []
            let unique = try call.elements().filter { element in
                let key = try sortKey(path.value(in: element), isCaseSensitive: call.flag(0), call)
                if try seen.contains(where: { try call.interpreter.areEqual($0, key) }) { return false }
                seen.append(key)
                return true
            }
            return .iterator(try JinjaIterator(unique))
        },
        "min": extreme { call, candidate, best in try call.interpreter.isLess(candidate, best) },
        "max": extreme { call, candidate, best in try call.interpreter.isLess(best, candidate) },
    ]

    private static func extreme(
        _ isBetter: @escaping @Sendable (JinjaCall, JinjaValue, JinjaValue) throws -> Bool
    ) -> JinjaFunction {
        JinjaFunction(JinjaSignature(optional: ["case_sensitive", "attribute"])) { call in
            let path = try AttributePath(call.some(1), call)
            var best: (element: JinjaValue, key: JinjaValue)?
            for element in try call.elements() {
                let key = try sortKey(path.value(in: element), isCaseSensitive: call.flag(0), call)
                if let best, try !isBetter(call, key, best.key) { continue }
                best = (element, key)
            }
            return best?.element ?? nothing
        }
    }

    /// Stable in both directions, as Python's.
    private static func sorted(
        _ elements: [JinjaValue], _ call: JinjaCall, reversed: Bool,
        by key: (JinjaValue) throws -> [JinjaValue]
    ) throws -> [JinjaValue] {
        let keyed = try elements.enumerated().map { position, element in
            (position: position, key: try JinjaValue.list(key(element)), element: element)
        }
        return try keyed.sorted { left, right in
            if try call.interpreter.isLess(left.key, right.key) { return !reversed }
            if try call.interpreter.isLess(right.key, left.key) { return reversed }
            return left.position < right.position
        }.map(\.element)
    }

    private static func sortKey(
        _ value: JinjaValue, isCaseSensitive: Bool, _ call: JinjaCall
    ) throws -> JinjaValue {
        guard !isCaseSensitive, case .string(let text) = value else { return value }
        try call.budget.spend(charactersOf: text)
        return .string(PythonText.lowercased(text))
    }
}

/// `"name"`, `"function.name"` or `0`: where in an element a filter looks. Empty, it means the element
/// itself.
private struct AttributePath {
    private let keys: [JinjaValue]
    private let fallback: JinjaValue?
    private let interpreter: JinjaInterpreter

    init(_ path: JinjaValue?, _ call: JinjaCall, fallback: JinjaValue? = nil) throws {
        self.fallback = fallback
        interpreter = call.interpreter
        switch path {
        case nil: keys = []
        case .string(let text): keys = Self.keys(text)
        case .integer(let index): keys = [.integer(index)]
        case let other?: throw JinjaFault.evaluation("an attribute must be a string, found \(other.typeName)")
        }
        try call.budget.spend(operations: keys.count)
    }

    /// Several paths with commas between them, which only sorting takes.
    static func list(_ paths: JinjaValue?, _ call: JinjaCall) throws -> [AttributePath] {
        guard case .string(let text) = paths else { return [try AttributePath(paths, call)] }
        return try PythonText.split(text, separator: ",").map { try AttributePath(.string($0), call) }
    }

    private static func keys(_ text: String) -> [JinjaValue] {
        PythonText.split(text, separator: ".").map { part in
            let isNumber = part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            return isNumber ? Int(part).map(JinjaValue.integer) ?? .string(part) : .string(part)
        }
    }

    func value(in element: JinjaValue) throws -> JinjaValue {
        try keys.reduce(element) { value, key in
            let next = try interpreter.item(key, of: value)
            return next.isUndefined ? fallback ?? next : next
        }
    }
}
