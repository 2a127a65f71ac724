import Datasets
import Foundation
import Models
import Settings

/// Settings of `split`.
public struct SplitSettings: VerbSettings {
    /// Rows with a prompt, whatever else they have.
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
        var (train, heldOut): ([PromptRow], [PromptRow]) = ([], [])
        for sourced in try JSONLines(settings.data.map { URL(fileURLWithPath: $0) }).load(PromptRow.self) {
            // The seed is part of the text: a split of rows that are one side of another split would be empty otherwise.
            if split.isHeldOut("\(context.run.seed) \(sourced.row.prompt.json.text())") {
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
