import Foundation
import JSON

/// Whether an answer is JSON, and what a schema asks for: 1 or 0.
///
/// What it measures: the answer, thoughts and a code fence taken off, is one JSON value; with a schema
/// (``JSONSchema``), from a file or from a column of the row, it has that shape. What it misses: whether the
/// values are true. How it can be gamed: by the smallest value that the schema lets pass.
struct JSONReward: Verifier {
    enum Source {
        case none
        case schema(JSONSchema)
        case column(TruthColumn)
    }

    let name = "json"
    let source: Source

    var description: String {
        let wanted =
            switch source {
            case .none: "JSON"
            case .schema: "JSON of a schema"
            case .column(let column): "JSON of the schema in the column \"\(column.name)\""
            }
        return "A program that checks whether answers are \(wanted). It does not know whether they are true."
    }

    var truths: [TruthColumn] { if case .column(let column) = source { [column] } else { [] } }

    func score(_ input: RewardInput) throws -> Double? {
        let schema: JSONSchema?
        switch source {
        case .none: schema = nil
        case .schema(let own): schema = own
        case .column(let column):
            let value = try column.value(in: input)
            do {
                schema = try JSONSchema(value.string.map { try JSONValue(parsing: Array($0.utf8)) } ?? value)
            } catch {
                throw column.unfit(value, expected: "a JSON schema (\(error))", in: input)
            }
        }
        guard let text = AnswerText.answer(in: input.text),
            let value = try? JSONValue(parsing: Array(Self.withoutFence(text).utf8))
        else { return 0 }
        return schema?.allows(value) ?? true ? 1 : 0
    }

    /// What stands between ``` and ```, where the answer begins and ends so.
    private static func withoutFence(_ text: Substring) -> String {
        let text = text.trimmed
        guard text.hasPrefix("```"), text.hasSuffix("```"), let line = text.firstIndex(where: \.isNewline)
        else {
            return text
        }
        return String(text[line...].dropLast(3))
    }
}
