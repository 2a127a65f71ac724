import Foundation
import GRDB
import JSON

/// A value in a store that is not what Heed writes there, as after damage or a change by hand.
struct StoredValueProblem: Error, CustomStringConvertible {
    let row: String
    let column: String
    let found: String

    var description: String { "\(row): \(found) as \(column)" }
}

/// Columns as values. None of these traps: what a file holds may be anything, and is named by its row.
extension Row {
    /// - Throws: ``StoredValueProblem`` for NULL, and for what is no such value.
    func value<Value: DatabaseValueConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value {
        guard let value: Value = try optional(column) else { throw problem(column, found: "nothing") }
        return value
    }

    /// Nil where nothing is stored.
    func optional<Value: DatabaseValueConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        guard hasColumn(column) else { throw problem(column, found: "no such column") }
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else {
            throw problem(column, found: "\(stored)")
        }
        return value
    }

    /// A moment, brought within the years that a calendar can show.
    func date(_ column: String) throws -> Date { Self.date(try value(column)) }

    func optionalDate(_ column: String) throws -> Date? { try optional(column).map(Self.date) }

    private static func date(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: Limits.brought(seconds, within: Limits.moments))
    }

    /// One of several words.
    func enumeration<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
        let text: String = try value(column)
        guard let word = Word(rawValue: text) else { throw problem(column, found: "\"\(text)\"") }
        return word
    }

    /// What is stored as JSON.
    func json<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try decoded(try value(column), column)
    }

    /// Nil where nothing is stored.
    func optionalJSON<Value: Decodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value? {
        try optional(column, as: String.self).map { try decoded($0, column) }
    }

    /// An object, in the order in which it was written.
    func object(_ column: String) throws -> JSONObject {
        guard let object = try anyJSON(column).object else { throw problem(column, found: "no JSON object") }
        return object
    }

    /// JSON of whatever kind, in the order in which it was written.
    func anyJSON(_ column: String) throws -> JSONValue {
        let text: String = try value(column)
        guard let json = try? JSONValue(parsing: Data(text.utf8), tolerating: .all) else {
            throw problem(column, found: "no JSON")
        }
        return json
    }

    private func decoded<Value: Decodable>(_ text: String, _ column: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch let refusal as FeedbackError {
            throw problem(column, found: "\(refusal)")
        } catch {
            throw problem(column, found: "\"\(text.prefix(60))\"")
        }
    }

    func problem(_ column: String, found: String) -> StoredValueProblem {
        let names = ["id", "sequence", "item", "assignment", "judgment", "project"]
        let name = names.first { hasColumn($0) && (self[$0] as DatabaseValue).storage.value is Int64 }
        let number = name.map { "\($0) \(self[$0] as DatabaseValue)" }
        return StoredValueProblem(row: "the row with \(number ?? "no number")", column: column, found: found)
    }
}

/// How values are stored as text.
enum StoredJSON {
    static func text(_ value: some Encodable) throws -> String {
        try JSONValue(encoding: value).text(.compact)
    }
}

// MARK: - What rows mean

extension Row {
    /// What a project asks.
    func definition() throws -> ProjectDefinition {
        let definition: ProjectDefinition = try json("definition")
        do {
            try definition.validate()
        } catch {
            throw problem("definition", found: "\(error)")
        }
        return definition
    }

    /// The response's position for each place on the screen.
    func arrangement(of count: Int) throws -> [Int] {
        let arrangement: [Int] = try json("arrangement")
        try check(arrangement: arrangement, of: count)
        return arrangement
    }

    /// The known answer of an item; nil where it has none.
    func expected(of count: Int) throws -> Opinion? {
        guard let expected: Opinion = try optionalJSON("expected") else { return nil }
        try check(expected, of: count, in: "expected")
        return expected
    }

    func check(arrangement: [Int], of count: Int) throws {
        guard arrangement.sorted() == Array(0..<count) else {
            throw problem("arrangement", found: "\(arrangement) for \(count) answers")
        }
    }

    func check(_ opinion: Opinion, of count: Int, in column: String) throws {
        guard opinion.isAbout(count) else {
            throw problem(column, found: "something about other answers than the item's \(count)")
        }
    }
}
