import Foundation
import JSON
import Tokenization

/// Columns that are for the chat template, beside the messages: `tools`, and the variables that `chat_template_kwargs`
/// holds, as in TRL.
public enum TemplateColumns {
    static let names = ["tools", "chat_template_kwargs"]

    /// Those of a row's columns, for a row with the same prompt.
    package static func columns(in columns: JSONObject) -> JSONObject {
        names.reduce(into: [:]) { $0[$1] = columns[$1] }
    }

    /// What the template is told; empty where no such column is there.
    ///
    /// - Parameter lists: the columns that are lists, which some exports write as the text of one.
    /// - Throws: `DataError` for a column of another kind.
    public static func variables(
        in columns: JSONObject, lists: [String] = ["tools"], at place: Place
    ) throws -> JSONObject {
        var variables: JSONObject = [:]
        for name in lists where columns.holds(name) { variables[name] = try list(columns[name], name, place) }
        guard columns.holds("chat_template_kwargs") else { return variables }
        guard let arguments = columns["chat_template_kwargs"]?.object else {
            throw unfit("chat_template_kwargs", "an object", columns["chat_template_kwargs"], place)
        }
        for (name, value) in arguments { variables[name] = value }
        return variables
    }

    private static func list(_ value: JSONValue?, _ name: String, _ place: Place) throws -> JSONValue {
        let parsed =
            value?.string.flatMap { try? JSONValue(parsing: Data($0.utf8), tolerating: .rows) } ?? value
        guard let parsed, parsed.array != nil || parsed.isNull else {
            throw unfit(name, "a list", value, place)
        }
        return parsed
    }

    private static func unfit(
        _ name: String, _ expected: String, _ found: JSONValue?, _ place: Place
    ) -> DataError {
        DataError(
            at: place, expected: "\(expected) in \"\(name)\" for the chat template",
            found: found?.kindDescription ?? "nothing", remedy: "fix or remove the column")
    }
}

extension Tokenizer {
    /// The tokenizer whose chat template is told what stands beside messages; plain text is laid out by none.
    /// - Throws: `DataError`.
    package func telling(
        _ columns: JSONObject, besideMessages: @autoclosure () -> Bool, at place: Place
    ) throws -> Tokenizer {
        guard TemplateColumns.names.contains(where: columns.holds), besideMessages() else { return self }
        return telling(try TemplateColumns.variables(in: columns, at: place))
    }
}

extension DatasetRow {
    /// Whether its texts are conversations.
    var hasMessages: Bool { columns.contains { $0.value.array?.first?["role"] != nil } }
}

extension Preparation {
    /// The row by a chat template that is told what the row says besides its messages.
    package func prepareAsTold(_ row: SourcedRow<Row>) throws -> PreparedRow<Output> {
        var preparation = self
        preparation.tokenizer = try tokenizer.telling(
            row.row.extra, besideMessages: row.row.hasMessages, at: row.place)
        return try preparation.prepare(row)
    }
}
