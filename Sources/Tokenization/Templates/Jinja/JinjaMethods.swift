import JSON

/// The methods of strings, mappings and sequences that do not change them.
enum JinjaMethods {
    static let names = Set(text.keys).union(mapping.keys).union(sequence.keys)

    /// All methods of this name, whatever they belong to.
    static func named(_ name: String) -> [JinjaFunction] {
        [text[name], mapping[name], sequence[name]].compactMap { $0 }
    }

    static func method(_ name: String, of value: JinjaValue) -> JinjaFunction? {
        switch value {
        case .string: text[name]
        case .mapping: mapping[name]
        case .sequence(let value) where value.isIndexed: sequence[name]
        default: nil
        }
    }

    // MARK: Mappings

    private static let mapping: [String: JinjaFunction] = [
        "get": JinjaFunction(JinjaSignature(required: ["key"], optional: ["default"]), price: .bytes) {
            call in
            let fallback = call[1] ?? .null
            guard case .string(let key) = call[0] else { return fallback }
            return try entries(call)[key] ?? fallback
        },
        "keys": JinjaFunction { call in
            .sequence(try JinjaSequence(.keys, paidEntries(call).keys.map(JinjaValue.string)))
        },
        "values": JinjaFunction { call in .sequence(try JinjaSequence(.values, paidEntries(call).values)) },
        "items": JinjaFunction { call in .sequence(try JinjaSequence(.items, pairs(of: call))) },
    ]

    /// The entries as tuples of key and value.
    static func pairs(of call: JinjaCall) throws -> [JinjaValue] {
        try paidEntries(call).map { .sequence(try JinjaSequence(.tuple, [.string($0.key), $0.value])) }
    }

    /// All entries, as something that is gone through.
    private static func paidEntries(_ call: JinjaCall) throws -> OrderedMapping<JinjaValue> {
        let entries = try entries(call)
        try call.budget.spend(operations: entries.count)
        return entries
    }

    private static func entries(_ call: JinjaCall) throws -> OrderedMapping<JinjaValue> {
        guard case .mapping(let mapping) = call.value else {
            throw JinjaFault.evaluation("expected a mapping, found \(call.value.typeName)")
        }
        return mapping.entries
    }

    // MARK: Sequences

    private static let sequence: [String: JinjaFunction] = [
        "index": JinjaFunction(JinjaSignature(required: ["value"]), price: .nothing) { call in
            let position = try call.elements().firstIndex {
                try call.interpreter.areEqual($0, call[0] ?? .null)
            }
            guard let position else { throw JinjaFault.evaluation("the value is not in the list") }
            return .integer(position)
        },
        "count": JinjaFunction(JinjaSignature(required: ["value"]), price: .nothing) { call in
            .integer(try call.elements().count { try call.interpreter.areEqual($0, call[0] ?? .null) })
        },
    ]

    // MARK: Strings

    private static let text: [String: JinjaFunction] = plainText.merging(argumentText) { $1 }

    private static let plainText: [String: JinjaFunction] = [
        "upper": transform { $0.uppercased() },
        "lower": transform(PythonText.lowercased),
        "title": transform(PythonText.titlecased),
        "capitalize": transform(PythonText.capitalized),
        "isupper": predicate { PythonText.hasOnlyCase($0) { $0.properties.isUppercase } },
        "islower": predicate { PythonText.hasOnlyCase($0) { $0.properties.isLowercase } },
        "isspace": predicate { PythonText.isNonEmpty($0, allSatisfying: PythonText.isSpace) },
        "isdigit": predicate { PythonText.isNonEmpty($0, allSatisfying: PythonText.isDigit) },
        "isalpha": predicate { PythonText.isNonEmpty($0, allSatisfying: PythonText.isLetter) },
        "isalnum": predicate {
            PythonText.isNonEmpty($0) { PythonText.isLetter($0) || $0.properties.numericType != nil }
        },
    ]

    private static func transform(_ change: @escaping @Sendable (String) -> String) -> JinjaFunction {
        JinjaFunction { call in .string(change(try call.text())) }
    }

    private static func predicate(_ holds: @escaping @Sendable (String) -> Bool) -> JinjaFunction {
        JinjaFunction { call in .boolean(holds(try call.text())) }
    }

    private static let argumentText: [String: JinjaFunction] = [
        "strip": strip(at: .both), "lstrip": strip(at: .leading), "rstrip": strip(at: .trailing),
        "split": split(fromEnd: false), "rsplit": split(fromEnd: true),
        "splitlines": JinjaFunction(JinjaSignature(optional: ["keepends"]), price: .nothing) { call in
            try .strings(lines(call.text(), keepingEnds: call.flag(0), call))
        },
        "partition": JinjaFunction(JinjaSignature(required: ["sep"]), price: .bytes) { call in
            let text = try call.text()
            let separator = try nonEmpty(call.requiredString(0))
            let parts = PythonText.split(text, separator: separator, limit: 1)
            let all = parts.count == 2 ? [parts[0], separator, parts[1]] : [text, "", ""]
            return .sequence(try JinjaSequence(.tuple, all.map(JinjaValue.string)))
        },
        "startswith": affix { $0.starts(with: $1) },
        "endswith": affix { $0.reversed().starts(with: $1.reversed()) },
        "removeprefix": JinjaFunction(JinjaSignature(required: ["prefix"]), price: .bytes) { call in
            let (text, prefix) = (try call.text(), try call.requiredString(0))
            return .string(
                text.utf8.starts(with: prefix.utf8)
                    ? String(text.utf8.dropFirst(prefix.utf8.count)) ?? "" : text)
        },
        "removesuffix": JinjaFunction(JinjaSignature(required: ["suffix"]), price: .bytes) { call in
            let (text, suffix) = (try call.text(), try call.requiredString(0))
            let ends = text.utf8.reversed().starts(with: suffix.utf8.reversed())
            return .string(ends ? String(text.utf8.dropLast(suffix.utf8.count)) ?? "" : text)
        },
        "replace": JinjaFunction(
            JinjaSignature(required: ["old", "new"], optional: ["count"]), price: .bytes
        ) { call in
            let (old, new) = (try call.requiredString(0), try call.requiredString(1))
            return .string(try replace(old, with: new, limit: call.integer(2), in: call))
        },
        "find": search(fromEnd: false, orThrow: false), "rfind": search(fromEnd: true, orThrow: false),
        "index": search(fromEnd: false, orThrow: true),
        "count": JinjaFunction(JinjaSignature(required: ["sub"]), price: .bytes) { call in
            .integer(PythonText.count(of: try call.requiredString(0), in: try call.text()))
        },
        "join": JinjaFunction(JinjaSignature(required: ["iterable"]), price: .bytes) { call in
            let parts = try call.interpreter.elements(of: call[0] ?? .null).map { part in
                guard case .string(let text) = part else {
                    throw JinjaFault.evaluation("`join` needs strings, found \(part.typeName)")
                }
                return text
            }
            return .string(try call.interpreter.joined(parts, separator: call.text()))
        },
        "format": JinjaFunction(JinjaSignature(takesMorePositional: true, takesMoreKeywords: true)) { call in
            .string(try JinjaFormat.fill(call.text(), with: call.more, call.interpreter))
        },
    ]

    static func strip(at end: PythonText.End) -> JinjaFunction {
        JinjaFunction(JinjaSignature(optional: ["chars"]), price: .bytes) { call in
            let (text, characters) = (try call.text(), try call.string(0))
            try call.budget.spend(charactersOf: characters ?? "")
            let stripped = PythonText.stripped(text, of: characters, at: end)
            // Only what goes has been looked at.
            try call.budget.spend(.characters, for: text.utf8.count - stripped.utf8.count)
            return .string(stripped)
        }
    }

    private static func split(fromEnd: Bool) -> JinjaFunction {
        JinjaFunction(JinjaSignature(optional: ["sep", "maxsplit"]), price: .bytes) { call in
            let text = try call.text()
            // More parts than can be paid for need not be made.
            let limit = min(try limit(call.integer(1)), call.budget.remainingOperations)
            let parts: [String]
            if let separator = try call.string(0) {
                parts = PythonText.split(
                    text, separator: try nonEmpty(separator), limit: limit, fromEnd: fromEnd)
            } else {
                try call.budget.spend(charactersOf: text)
                parts = PythonText.words(text, limit: limit, fromEnd: fromEnd)
            }
            try call.budget.spend(operations: parts.count)
            return try .strings(parts)
        }
    }

    /// `startswith` and `endswith` take one string or a tuple of them.
    private static func affix(
        _ holds: @escaping @Sendable (String.UTF8View, String.UTF8View) -> Bool
    ) -> JinjaFunction {
        JinjaFunction(JinjaSignature(required: ["affix"]), price: .bytes) { call in
            let text = try call.text()
            guard case .sequence(let choices) = call[0], choices.kind == .tuple else {
                return .boolean(holds(text.utf8, (try call.requiredString(0)).utf8))
            }
            let found = try call.interpreter.elements(of: .sequence(choices)).contains { choice in
                guard case .string(let affix) = choice else { return false }
                try call.budget.spend(textBytes: affix.utf8.count)
                return holds(text.utf8, affix.utf8)
            }
            return .boolean(found)
        }
    }

    private static func search(fromEnd: Bool, orThrow: Bool) -> JinjaFunction {
        JinjaFunction(JinjaSignature(required: ["sub"]), price: .bytes) { call in
            let part = try call.requiredString(0)
            let position = PythonText.position(of: part, in: try call.text(), fromEnd: fromEnd)
            guard position != nil || !orThrow else {
                throw JinjaFault.evaluation("the text is not in the string")
            }
            return .integer(position ?? -1)
        }
    }

    /// Replaces in the text of the call's value; a limit below 0 is none.
    static func replace(_ old: String, with new: String, limit count: Int?, in call: JinjaCall) throws
        -> String
    {
        let text = try call.text()
        let limit = limit(count)
        let places = min(limit, old.isEmpty ? text.utf8.count + 1 : text.utf8.count / old.utf8.count)
        try call.budget.spend(textBytes: new.utf8.count, times: places)
        if old.isEmpty { try call.budget.spend(charactersOf: text) }
        return PythonText.replacing(old, with: new, in: text, limit: limit)
    }

    /// The lines of a text, paid for before they are made.
    static func lines(_ text: String, keepingEnds: Bool = false, _ call: JinjaCall) throws -> [String] {
        try call.budget.spend(charactersOf: text)
        try call.budget.spend(operations: text.unicodeScalars.count(where: PythonText.endsLine))
        return PythonText.lines(text, keepingEnds: keepingEnds)
    }

    private static func limit(_ count: Int?) -> Int {
        guard let count, count >= 0 else { return .max }
        return count
    }

    private static func nonEmpty(_ separator: String) throws -> String {
        guard !separator.isEmpty else { throw JinjaFault.evaluation("the separator is empty") }
        return separator
    }
}
