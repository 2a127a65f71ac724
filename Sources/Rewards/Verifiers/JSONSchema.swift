import Datasets
import Errors
import JSON

/// The part of JSON Schema (draft 2020-12) that says something of a value by itself. Keywords that it does
/// not know are refused, so that none is passed over in silence.
indirect enum JSONSchema {
    case always(Bool)
    case all([Rule])

    enum Rule {
        case types(Set<String>)
        case values([JSONValue])
        case minimum(Double, isExclusive: Bool)
        case maximum(Double, isExclusive: Bool)
        case lengths(ClosedRange<Int>)
        case counts(ClosedRange<Int>)
        case items(JSONSchema)
        case properties([String: JSONSchema], others: JSONSchema)
        case required([String])
        case anyOf([JSONSchema])
        case allOf([JSONSchema])
        case oneOf([JSONSchema])
        case not(JSONSchema)
    }

    /// What is wrong with a schema, and where in it.
    struct Mistake: CategorizedError, CustomStringConvertible {
        let place: String
        let expected: String
        let found: String
        var category: ErrorCategory { .badData }
        var description: String {
            "\(place.isEmpty ? "the schema" : place): expected \(expected), found \(found)"
        }
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated",
    ]
    private static let typeNames: Set<String> = [
        "null", "boolean", "object", "array", "number", "string", "integer",
    ]

    /// - Throws: ``Mistake``.
    init(_ value: JSONValue, at place: String = "") throws {
        if let verdict = value.boolean {
            self = .always(verdict)
            return
        }
        guard let members = value.object else {
            throw Mistake(place: place, expected: "an object", found: value.kindDescription)
        }
        var rules: [Rule] = []
        for (name, value) in members where !Self.annotations.contains(name) {
            if let rule = try Self.rule(name, value, beside: members, at: "\(place)/\(name)") {
                rules.append(rule)
            }
        }
        self = .all(rules)
    }

    /// - Returns: nil for a keyword that another one takes care of.
    private static func rule(
        _ name: String, _ value: JSONValue, beside members: JSONObject, at place: String
    ) throws -> Rule? {
        func number() throws -> Double {
            guard let number = value.number else { throw mistake("a number") }
            return number
        }
        func count() throws -> Int {
            guard let count = value.integer, count >= 0 else { throw mistake("a whole number of at least 0") }
            return count
        }
        func schemas() throws -> [JSONSchema] {
            guard let list = value.array, !list.isEmpty else { throw mistake("a list of schemas") }
            return try list.enumerated().map { try JSONSchema($1, at: "\(place)/\($0)") }
        }
        func mistake(_ expected: String) -> Mistake {
            Mistake(place: place, expected: expected, found: value.kindDescription)
        }
        switch name {
        case "type":
            let names = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
            guard !names.isEmpty, typeNames.isSuperset(of: names) else {
                throw Mistake(
                    place: place, expected: "types of \(typeNames.sorted().joined(separator: ", "))",
                    found: value.description)
            }
            return .types(Set(names))
        case "enum":
            guard let values = value.array else { throw mistake("a list") }
            return .values(values)
        case "const": return .values([value])
        case "minimum": return .minimum(try number(), isExclusive: false)
        case "exclusiveMinimum": return .minimum(try number(), isExclusive: true)
        case "maximum": return .maximum(try number(), isExclusive: false)
        case "exclusiveMaximum": return .maximum(try number(), isExclusive: true)
        case "minLength": return .lengths(try count()...Int.max)
        case "maxLength": return .lengths(0...(try count()))
        case "minItems": return .counts(try count()...Int.max)
        case "maxItems": return .counts(0...(try count()))
        case "items": return .items(try JSONSchema(value, at: place))
        case "required":
            guard let list = value.array, case let names = list.compactMap(\.string),
                names.count == list.count
            else { throw mistake("a list of names") }
            return .required(names)
        case "properties":
            guard let properties = value.object else { throw mistake("an object") }
            var schemas: [String: JSONSchema] = [:]
            for (name, value) in properties { schemas[name] = try JSONSchema(value, at: "\(place)/\(name)") }
            let others = try members["additionalProperties"].map {
                try JSONSchema($0, at: "\(place)/../additionalProperties")
            }
            return .properties(schemas, others: others ?? .always(true))
        case "additionalProperties":
            guard members["properties"] == nil else { return nil }
            return .properties([:], others: try JSONSchema(value, at: place))
        case "anyOf": return .anyOf(try schemas())
        case "allOf": return .allOf(try schemas())
        case "oneOf": return .oneOf(try schemas())
        case "not": return .not(try JSONSchema(value, at: place))
        default:
            throw Mistake(place: place, expected: "a keyword that is checked here", found: "'\(name)'")
        }
    }

    func allows(_ value: JSONValue) -> Bool {
        switch self {
        case .always(let verdict): verdict
        case .all(let rules): rules.allSatisfy { Self.allows(value, $0) }
        }
    }

    /// A rule about another type than the value's says nothing of it.
    private static func allows(_ value: JSONValue, _ rule: Rule) -> Bool {
        switch rule {
        case .types(let names): !names.isDisjoint(with: types(of: value))
        case .values(let values): values.contains(where: { isSame($0, value) })
        case .minimum(let bound, let isExclusive):
            value.number.map { isExclusive ? $0 > bound : $0 >= bound } ?? true
        case .maximum(let bound, let isExclusive):
            value.number.map { isExclusive ? $0 < bound : $0 <= bound } ?? true
        case .lengths(let range): value.string.map { range.contains($0.unicodeScalars.count) } ?? true
        case .counts(let range): value.array.map { range.contains($0.count) } ?? true
        case .items(let schema): value.array?.allSatisfy(schema.allows) ?? true
        case .properties(let schemas, let others):
            value.object?.allSatisfy { (schemas[$0.key] ?? others).allows($0.value) } ?? true
        case .required(let names):
            value.object.map { object in names.allSatisfy { object[$0] != nil } } ?? true
        case .anyOf(let schemas): schemas.contains { $0.allows(value) }
        case .allOf(let schemas): schemas.allSatisfy { $0.allows(value) }
        case .oneOf(let schemas): schemas.count { $0.allows(value) } == 1
        case .not(let schema): !schema.allows(value)
        }
    }

    private static func types(of value: JSONValue) -> Set<String> {
        switch value {
        case .null: ["null"]
        case .boolean: ["boolean"]
        case .integer, .largeInteger: ["integer", "number"]
        case .number(let number): number == number.rounded() ? ["integer", "number"] : ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    /// 1 and 1.0 are the same number.
    private static func isSame(_ first: JSONValue, _ second: JSONValue) -> Bool {
        first == second || (first.number != nil && first.number == second.number)
    }
}
