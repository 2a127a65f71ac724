import JSON
import Tokenization

/// A row of a dataset file with typed columns.
public protocol DatasetRow: Sendable {
    /// The shapes that can be read as this type, the preferred one first.
    static var schemas: [DatasetSchema] { get }

    /// Takes the columns it knows out of `fields`; what remains is `fields.remaining`.
    /// - Throws: `DataError` for a column of the wrong type.
    init(from fields: inout RowFields) throws

    /// The columns that are none of the schema's.
    var extra: JSONObject { get }

    /// The columns as they are written to a file, in the order they are written.
    var columns: [(name: String, value: JSONValue)] { get }
}

/// A row together with where it came from.
public struct SourcedRow<Row: Sendable>: Sendable {
    public let row: Row
    public let place: Place
    /// How many rows came before it, over all files.
    public let index: Int

    public init(_ row: Row, place: Place, index: Int) {
        self.row = row
        self.place = place
        self.index = index
    }
}

extension SourcedRow: Equatable where Row: Equatable {}

/// The columns of one row while they are read: each getter checks a column's type and removes it.
/// A null column counts as absent.
public struct RowFields {
    public let place: Place
    /// The columns nobody has taken yet.
    public private(set) var remaining: JSONObject

    public init(_ columns: JSONObject, place: Place) {
        self.place = place
        remaining = columns
    }

    public func contains(_ name: String) -> Bool {
        remaining.holds(name)
    }

    // MARK: Required columns

    public mutating func text(_ name: String) throws -> Text {
        try Text(taking(name, expected: "text or a list of messages"), column: name, at: place)
    }

    public mutating func string(_ name: String) throws -> String {
        let value = try taking(name, expected: "text")
        guard let string = value.string else { throw wrongType(name, expected: "text", found: value) }
        return string
    }

    public mutating func messages(_ name: String) throws -> [Message] {
        let expected = "a list of messages"
        let value = try taking(name, expected: expected)
        guard value.array != nil, case .messages(let messages) = try Text(value, column: name, at: place)
        else {
            throw wrongType(name, expected: expected, found: value)
        }
        return messages
    }

    public mutating func texts(_ name: String) throws -> [Text] {
        try list(name, expected: "a list of texts").map { try Text($0, column: name, at: place) }
    }

    public mutating func integers(_ name: String) throws -> [Int] {
        let expected = "a list of whole numbers"
        return try list(name, expected: expected).map {
            guard let integer = $0.integer else { throw wrongType(name, expected: expected, found: $0) }
            return integer
        }
    }

    public mutating func numbers(_ name: String) throws -> [Double] {
        let expected = "a list of numbers"
        return try list(name, expected: expected).map {
            guard let number = $0.number else { throw wrongType(name, expected: expected, found: $0) }
            return number
        }
    }

    public mutating func objects(_ name: String) throws -> [JSONObject] {
        let expected = "a list of objects"
        return try list(name, expected: expected).map {
            guard let object = $0.object else { throw wrongType(name, expected: expected, found: $0) }
            return object
        }
    }

    public mutating func object(_ name: String) throws -> JSONObject {
        let value = try taking(name, expected: "an object")
        guard let object = value.object else { throw wrongType(name, expected: "an object", found: value) }
        return object
    }

    /// A list of whatever.
    public mutating func values(_ name: String) throws -> [JSONValue] { try list(name, expected: "a list") }

    public mutating func boolean(_ name: String) throws -> Bool {
        let value = try taking(name, expected: "true or false")
        guard let boolean = value.boolean else {
            throw wrongType(name, expected: "true or false", found: value)
        }
        return boolean
    }

    public mutating func number(_ name: String) throws -> Double {
        let value = try taking(name, expected: "a number")
        guard let number = value.number else { throw wrongType(name, expected: "a number", found: value) }
        return number
    }

    // MARK: Optional columns

    public mutating func optionalNumber(_ name: String) throws -> Double? {
        try contains(name) ? number(name) : removingNull(name)
    }

    public mutating func optionalProbability(_ name: String) throws -> Double? {
        guard let value = remaining[name], !value.isNull else { return removingNull(name) }
        guard let number = value.number, (0...1).contains(number) else {
            throw invalid(
                name, expected: "a probability from 0 to 1",
                found: value.number.map { "\($0)" } ?? value.kindDescription,
                remedy: "fix or remove the row, or give the column another name if it means something else")
        }
        remaining[name] = nil
        return number
    }

    public mutating func optionalString(_ name: String) throws -> String? {
        try contains(name) ? string(name) : removingNull(name)
    }

    public mutating func optionalText(_ name: String) throws -> Text? {
        try contains(name) ? text(name) : removingNull(name)
    }

    /// A range written as `[lowest, highest]`, or as its highest number alone where the lowest is understood.
    public mutating func optionalRange(
        _ name: String, from lowest: Double
    ) throws -> ClosedRange<Double>? {
        guard contains(name) else { return removingNull(name) }
        let expected = "a number above \(lowest) or a list of two rising numbers"
        let value = try taking(name, expected: expected)
        let bounds = value.array?.compactMap(\.number) ?? [lowest, value.number ?? lowest]
        guard bounds.count == 2, value.array?.count ?? 2 == 2, bounds[0] < bounds[1] else {
            throw invalid(name, expected: expected, found: value.description)
        }
        return bounds[0]...bounds[1]
    }

    /// Names of people and groups are often written as numbers: those are kept as their digits.
    public mutating func optionalIdentifier(_ name: String) throws -> String? {
        guard contains(name) else { return removingNull(name) }
        if case .integer(let number)? = remaining[name] {
            remaining[name] = nil
            return String(number)
        }
        return try string(name)
    }

    // MARK: Errors

    /// The error for column `name` holding something else than `expected`.
    public func wrongType(_ name: String, expected: String, found: JSONValue) -> DataError {
        invalid(name, expected: expected, found: found.kindDescription)
    }

    public func invalid(
        _ name: String, expected: String, found: String, remedy: String = "fix or remove the row"
    ) -> DataError {
        DataError(at: place, expected: "\(expected) in \"\(name)\"", found: found, remedy: remedy)
    }

    // MARK: Taking

    private mutating func taking(_ name: String, expected: String) throws -> JSONValue {
        guard let value = remaining[name] else {
            throw invalid(name, expected: expected, found: "no such column", remedy: "add the column")
        }
        guard !value.isNull else { throw wrongType(name, expected: expected, found: value) }
        remaining[name] = nil
        return value
    }

    private mutating func list(_ name: String, expected: String) throws -> [JSONValue] {
        let value = try taking(name, expected: expected)
        guard let list = value.array else { throw wrongType(name, expected: expected, found: value) }
        return list
    }

    private mutating func removingNull<Value>(_ name: String) -> Value? {
        remaining[name] = nil
        return nil
    }
}

extension DatasetRow {
    /// What Heed writes beside answers and judgments for people who look them up.
    private static var provenance: Set<String> {
        [
            "policy_name", "policies", "sampler", "prompt_ids", "chosen_score", "rejected_score",
            "probability", "principle", "flipped", "card",
            "simulated", "kept_score", "kept_round", "project", "item", "judgment", "seconds", "drawn",
            "groups", "reason", "both_bad",
        ]
    }

    /// Names of columns that somebody wrote and nobody reads.
    var unreadColumns: [String] {
        let names = extra.lazy.filter { !$0.value.isNull && !Self.provenance.contains($0.key) }.map(\.key)
        return names.filter { !(TemplateColumns.names.contains($0) && hasMessages) }
    }

    /// The columns that no schema knows, in the order of their names.
    static func sorted(_ extra: JSONObject) -> [(name: String, value: JSONValue)] {
        extra.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
