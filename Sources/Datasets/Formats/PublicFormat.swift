import JSON
import Tokenization

/// A layout of rows that public data sets have. It is recognised by its columns, and a row in it is read as if it were laid
/// out in one of the schemas.
protocol PublicFormat: SendableMetatype {
    static func recognizes(_ columns: JSONObject) -> Bool

    /// Takes the columns it knows out of `fields`.
    /// - Throws: `DataError` for a column of the wrong type.
    static func read(_ fields: inout RowFields) throws -> PublicRow
}

/// What rows of public data sets say.
enum PublicRow {
    case conversation([Message])
    case demonstration(prompt: Text, completion: Text)
    case comparison(prompt: Text?, chosen: Text, rejected: Text)
    case labelled(prompt: Text, completion: Text, isGood: Bool)
    case rated(prompt: Text, answers: [RatedAnswer], scale: ClosedRange<Double>?)
}

struct RatedAnswer {
    let text: String
    let rating: Double

    /// As what the assistant says next.
    var message: Text { .messages([Message(role: "assistant", content: text)]) }
}

enum PublicFormats {
    /// Those that a schema's own columns must not hide: their texts are conversations that were written out.
    private static let spelledOut: [any PublicFormat.Type] = [AnthropicHH.self]

    private static let all: [any PublicFormat.Type] =
        spelledOut + [ShareGPT.self, RatedCompletions.self, Alpaca.self]

    /// The row in the columns of `schemas`; a row may hold several. What no format knows is left as it is.
    static func rows(
        _ columns: JSONObject, as schemas: [DatasetSchema], at place: Place
    ) throws -> [JSONObject] {
        // Answers without a prompt beside them begin with it, unless a format has another column for it.
        let isWhole = schemas.contains {
            $0.matches(columns) && ($0 != .comparison || columns["prompt"] != nil)
        }
        let formats = isWhole ? spelledOut : all
        guard let format = formats.first(where: { $0.recognizes(columns) }) else { return [columns] }
        var fields = RowFields(columns, place: place)
        let row = try format.read(&fields)
        guard let schema = schemas.first(where: row.schemas.contains) else { return [columns] }
        return row.columns(as: schema).map { $0.merging(fields.remaining) }
    }
}

extension PublicRow {
    /// What such a row can be read as.
    var schemas: [DatasetSchema] {
        switch self {
        case .conversation(let messages):
            messages.contains { $0.role == "assistant" } ? [.messages, .prompt] : [.messages]
        case .demonstration: [.completion, .prompt]
        case .comparison(let prompt, _, _): prompt == nil ? [.comparison] : [.comparison, .prompt]
        case .labelled: [.unpaired, .prompt]
        case .rated: [.comparison, .rated, .responses, .prompt]
        }
    }

    /// The columns of one of those schemas, a row or several. Where only the prompt is asked for, what it was answered
    /// with stays beside it.
    func columns(as schema: DatasetSchema) -> [JSONObject] {
        switch (self, schema) {
        case (.conversation(let messages), .messages): [["messages": Text.json(messages)]]
        case (.conversation(let messages), _):
            [["prompt": Text.json(messages.beforeLastAnswer), "messages": Text.json(messages)]]
        case (.demonstration(let prompt, let completion), _):
            [["prompt": prompt.json, "completion": completion.json]]
        case (.comparison(let prompt, let chosen, let rejected), _):
            [Self.comparison(prompt, chosen, rejected)]
        case (.labelled(let prompt, let completion, let isGood), _):
            [["prompt": prompt.json, "completion": completion.json, "label": .boolean(isGood)]]
        case (.rated(let prompt, let answers, let scale), .rated):
            answers.map { Self.rating(prompt, $0, scale) }
        case (.rated(let prompt, let answers, _), .comparison): Self.comparisons(prompt, answers)
        case (.rated(let prompt, let answers, _), _):
            [["prompt": prompt.json, "responses": .array(answers.map { ["text": .string($0.text)] })]]
        }
    }

    private static func comparison(_ prompt: Text?, _ chosen: Text, _ rejected: Text) -> JSONObject {
        var columns: JSONObject = prompt.map { ["prompt": $0.json] } ?? [:]
        columns["chosen"] = chosen.json
        columns["rejected"] = rejected.json
        return columns
    }

    private static func rating(
        _ prompt: Text, _ answer: RatedAnswer, _ scale: ClosedRange<Double>?
    ) -> JSONObject {
        var columns: JSONObject = [
            "prompt": prompt.json, "response": answer.message.json, "rating": .number(answer.rating),
        ]
        columns["scale"] = scale.map { [.number($0.lowerBound), .number($0.upperBound)] }
        return columns
    }

    /// The best answer beside each that was rated lower; none where all were rated alike.
    private static func comparisons(_ prompt: Text, _ answers: [RatedAnswer]) -> [JSONObject] {
        guard let top = answers.map(\.rating).max(), let best = answers.first(where: { $0.rating == top })
        else { return [] }
        return answers.filter { $0.rating < top }.map { comparison(prompt, best.message, $0.message) }
    }
}

extension [Message] {
    /// What the assistant's last message answers.
    var beforeLastAnswer: [Message] { Array(self[..<(lastIndex { $0.role == "assistant" } ?? endIndex)]) }
}

extension JSONObject {
    /// With the members of `others` that are not here yet.
    fileprivate func merging(_ others: JSONObject) -> JSONObject {
        others.reduce(into: self) { result, other in
            if result[other.key] == nil { result[other.key] = other.value }
        }
    }
}
