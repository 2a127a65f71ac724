import JSON

/// A prompt with one answer or several, to be scored. What else the row says, a label included, stands in
/// `extra`.
public enum AnsweredRow: DatasetRow, Hashable {
    case responses(ResponsesRow)
    case completion(CompletionRow)

    public static let schemas: [DatasetSchema] = [.responses, .completion, .unpaired]

    public init(from fields: inout RowFields) throws {
        self =
            DatasetSchema.responses.matches(fields.remaining)
            ? .responses(try ResponsesRow(from: &fields)) : .completion(try CompletionRow(given: &fields))
    }

    public var extra: JSONObject {
        switch self {
        case .responses(let row): row.extra
        case .completion(let row): row.extra
        }
    }

    public var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .responses(let row): row.columns
        case .completion(let row): row.columns
        }
    }
}
