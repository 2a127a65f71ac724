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

    public func validate() throws {
        try HeldOutSplit.check(heldOutFraction, CodingKeys.heldOutFraction)
    }
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

extension HeldOutSplit {
    /// - Throws: `InvalidSetting` for a share that would leave one side empty.
    static func check(_ fraction: Double, _ key: some CodingKey) throws {
        try InvalidSetting.check(
            fraction > 0 && fraction < 1, key, expected: "a number above 0 and below 1", found: fraction)
    }
}
