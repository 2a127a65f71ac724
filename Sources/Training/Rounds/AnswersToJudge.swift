import Datasets
import JSON

/// Answers that are to be judged: as sampling writes them, as texts alone, or the two of a comparison, which is judged anew.
enum AnswersToJudge: DatasetRow {
    case responses(ResponsesRow)
    case comparison(ComparisonRow)

    static let schemas: [DatasetSchema] = [.responses, .comparison]

    init(from fields: inout RowFields) throws {
        guard fields.contains("responses") else {
            self = .comparison(try ComparisonRow(from: &fields))
            return
        }
        guard let texts = fields.remaining["responses"]?.array?.map(\.string), !texts.contains(nil) else {
            self = .responses(try ResponsesRow(from: &fields))
            return
        }
        let prompt = try fields.text("prompt")
        let policy = try fields.optionalIdentifier("policy")
        _ = try fields.values("responses")
        self = .responses(
            ResponsesRow(
                prompt: prompt, responses: texts.compactMap(\.self).map { Response(text: $0) },
                policy: policy, extra: fields.remaining))
    }

    var extra: JSONObject {
        switch self {
        case .responses(let row): row.extra
        case .comparison(let row): row.extra
        }
    }

    var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .responses(let row): row.columns
        case .comparison(let row): row.columns
        }
    }

    /// - Throws: `DataError` for a comparison without a prompt, or with answers of several turns.
    func responses(at place: Place) throws -> ResponsesRow {
        guard case .comparison(let given) = self else {
            guard case .responses(let row) = self else { preconditionFailure("a row of neither kind") }
            return row
        }
        guard let row = given.splittingPrompt(), let prompt = row.prompt else {
            throw DataError(
                at: place, expected: "a prompt, or two answers that begin alike and then differ",
                found: "neither", remedy: "add a column \"prompt\"")
        }
        return ResponsesRow(
            prompt: prompt,
            responses: try [row.chosen, row.rejected].map { Response(text: try $0.oneAnswer(at: place)) },
            policy: row.context.policy, extra: row.extra)
    }
}

extension Text {
    /// - Throws: `DataError` where it is more than what the assistant says once.
    fileprivate func oneAnswer(at place: Place) throws -> String {
        switch self {
        case .plain(let text): return text
        case .messages(let messages):
            guard messages.count == 1, messages[0].role == "assistant" else {
                throw DataError(
                    at: place, expected: "answers of one turn, which are judged side by side",
                    found: "\(messages.count) turns", remedy: "move the turns before the last into the prompt"
                )
            }
            return messages[0].content
        }
    }
}
