import Datasets
import Foundation
import JSON
import Models
import Settings

/// Settings of `split`.
public struct SplitSettings: VerbSettings {
    /// Rows with a prompt, whatever else they have, or with a text.
    public var data: [String] = []
    public var heldOutFraction = 0.2
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { data.map { .setting(.data($0)) } }

    public enum CodingKeys: String, CodingKey {
        case data, run
        case heldOutFraction = "held_out_fraction"
    }

    public static let ranges: [String: SettingRange] = ["held_out_fraction": .between(0, 1)]
}

extension Verb {
    /// Keeps some rows for evaluation, all of a prompt's on the same side: `train.jsonl` and `held-out.jsonl`.
    public static let split = Verb("split", output: .split, defaults: SplitSettings()) { settings, call in
        let context = call.context
        guard !settings.data.isEmpty else {
            throw InvalidSetting("data", expected: "a .jsonl file", found: "nothing")
        }
        let split = HeldOutSplit(fraction: settings.heldOutFraction)
        var (train, heldOut): ([SplitRow], [SplitRow]) = ([], [])
        for sourced in try JSONLines(settings.data.map { URL(fileURLWithPath: $0) }).load(SplitRow.self) {
            // The seed is part of the text: a split of rows that are one side of another split would be empty otherwise.
            if split.isHeldOut("\(context.run.seed) \(sourced.row.key)") {
                heldOut.append(sourced.row)
            } else {
                train.append(sourced.row)
            }
        }
        return try SplitFolder.write(
            train: train, heldOut: heldOut, unit: "rows", source: settings.data.joined(separator: ", "),
            context: context)
    }
}

/// A row that is on one side of a split with all others of its prompt, or of its text.
private enum SplitRow: DatasetRow {
    case prompt(PromptRow)
    case text(TextRow)

    static let schemas: [DatasetSchema] = [.prompt, .text]

    init(from fields: inout RowFields) throws {
        self =
            fields.remaining["prompt"] != nil
            ? .prompt(try PromptRow(from: &fields)) : .text(try TextRow(from: &fields))
    }

    var key: String {
        switch self {
        case .prompt(let row): row.prompt.json.text()
        case .text(let row): row.text
        }
    }

    var extra: JSONObject {
        switch self {
        case .prompt(let row): row.extra
        case .text(let row): row.extra
        }
    }

    var columns: [(name: String, value: JSONValue)] {
        switch self {
        case .prompt(let row): row.columns
        case .text(let row): row.columns
        }
    }
}
