import Datasets
import JSON

/// A row that an export writes.
enum ExportedRow {
    case judgment(JudgmentRow)
    case completion(CompletionRow)
    case flagged(FlaggedRow)

    var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .judgment(let row): row.columns
        case .completion(let row): row.columns
        case .flagged(let row): row.columns
        }
    }

    /// The columns that TRL's trainers take, and no other; nil for rows that TRL has no trainer for.
    var trainerColumns: [(name: String, value: JSONValue)]? {
        switch self {
        case .judgment(.comparison(let row)):
            ComparisonRow(
                prompt: row.prompt, chosen: row.chosen, rejected: row.rejected, margin: row.margin
            ).columns
        case .judgment(.thumb(let row)):
            UnpairedRow(prompt: row.prompt, completion: row.completion, label: row.label).columns
        case .completion(let row): CompletionRow(prompt: row.prompt, completion: row.completion).columns
        case .judgment, .flagged: nil
        }
    }
}

/// `{"prompt", "response", "flags"}`: an answer and what is wrong with it.
struct FlaggedRow: Hashable {
    let prompt: Text
    let response: Text
    let flags: [Flag]
    let context: JudgmentContext
    let extra: JSONObject

    var columns: [(name: String, value: JSONValue)] {
        [
            ("prompt", prompt.json), ("response", response.json),
            ("flags", .array(flags.map { .string($0.rawValue) })),
        ] + context.columns + extra.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
