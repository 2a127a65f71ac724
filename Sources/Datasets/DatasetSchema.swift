import JSON

/// The shapes a row can have; the names of their columns are TRL's where it has them.
///
/// The order of the cases is the order of detection: a row that fits several shapes has the first.
public enum DatasetSchema: String, CaseIterable, Codable, Sendable {
    /// `{"prompt", "chosen", "rejected"[, "margin"]}`, or without `prompt` where both answers begin with it.
    case comparison
    /// `{"prompt", "completion", "label"}`: an answer and whether it is a good one.
    case unpaired
    /// `{"prompt", "responses", "ranking"}`: answers and their ranks, 1 for the best, equal ranks for ties.
    case ranked
    /// `{"prompt", "response", "rating"[, "scale"]}`
    case rated
    /// `{"prompt", "responses": [{"text", …}]}`: answers that nobody has judged yet.
    case responses
    /// `{"prompt", "completion"}`
    case completion
    /// `{"messages"}`: a whole conversation.
    case messages
    /// `{"text"}`
    case text
    /// `{"prompt"}`
    case prompt

    /// The schema of a row with these columns, or nil where no schema fits. A column that is null counts as missing.
    public static func detect(_ columns: JSONObject) -> DatasetSchema? {
        allCases.first { $0.matches(columns) }
    }

    /// Whether a row with these columns can be read in this shape.
    ///
    /// A labelled answer is not read as a completion to imitate: half of such answers are labelled bad.
    func matches(_ columns: JSONObject) -> Bool {
        requiredColumns.allSatisfy { columns.holds($0) }
            && !(self == .completion && Self.unpaired.matches(columns))
    }

    func missingColumns(in columns: JSONObject) -> [String] {
        requiredColumns.filter { !columns.holds($0) }
    }

    var requiredColumns: [String] {
        switch self {
        case .comparison: ["chosen", "rejected"]
        case .unpaired: ["prompt", "completion", "label"]
        case .ranked: ["prompt", "responses", "ranking"]
        case .rated: ["prompt", "response", "rating"]
        case .responses: ["prompt", "responses"]
        case .completion: ["prompt", "completion"]
        case .messages: ["messages"]
        case .text: ["text"]
        case .prompt: ["prompt"]
        }
    }

    private var columnsDescription: String {
        switch self {
        case .comparison: "\"chosen\" and \"rejected\" (beside \"prompt\", or both beginning with it)"
        default: Self.listed(requiredColumns)
        }
    }

    /// The verbs that train on such rows or read them.
    private var commands: String {
        switch self {
        case .comparison: "heed reward or heed dpo"
        case .unpaired: "heed reward or heed kto"
        case .ranked, .rated: "heed reward"
        case .responses: "heed annotate"
        case .completion, .messages, .text: "heed sft"
        case .prompt: "heed sample, heed ppo or heed grpo"
        }
    }

    private static func listed(_ columns: [String]) -> String {
        let quoted = columns.map { "\"\($0)\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " and " + last
    }

    /// The error for a row that has none of the wanted shapes.
    static func mismatch(
        wanted: [DatasetSchema], columns: JSONObject, at place: Place
    ) -> DataError {
        let present = columns.filter { !$0.value.isNull }.map(\.key).sorted()
        return DataError(
            at: place,
            expected: "the columns " + wanted.map(\.columnsDescription).joined(separator: ", or "),
            found: present.isEmpty ? "no columns" : listed(present),
            remedy: remedy(wanted: wanted, columns: columns))
    }

    private static func remedy(wanted: [DatasetSchema], columns: JSONObject) -> String {
        if let detected = detect(columns), detected != .prompt {
            return "use \(detected.commands) for such rows, or give rows with the expected columns"
        }
        let nearest = wanted.filter { $0.missingColumns(in: columns).count < $0.requiredColumns.count }
            .min { $0.missingColumns(in: columns).count < $1.missingColumns(in: columns).count }
        if let nearest { return "add \(listed(nearest.missingColumns(in: columns)))" }
        if detect(columns) == .prompt {
            return "use \(prompt.commands) for such rows, or give rows with the expected columns"
        }
        if columns.holds("role"), columns.holds("content") {
            return "write a conversation as one row, {\"messages\": [{\"role\": …, \"content\": …}, …]}"
        }
        return "rename the columns or give another file"
    }
}

extension JSONObject {
    /// Whether there is something in the column: one that is null counts as missing.
    func holds(_ name: String) -> Bool { !(self[name]?.isNull ?? true) }
}
