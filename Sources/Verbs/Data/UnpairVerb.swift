import Datasets
import Foundation
import Models
import Settings

/// Settings of `unpair`.
public struct UnpairSettings: VerbSettings {
    /// Comparisons.
    public var data: [String] = []
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { data.map { .setting(.data($0)) } }

    public enum CodingKeys: String, CodingKey { case data, run }
}

extension Verb {
    /// Every comparison as two answers, a good one and a bad one: what `kto` learns from.
    public static let unpair = Verb("unpair", output: .rows, defaults: UnpairSettings()) { settings, call in
        guard !settings.data.isEmpty else {
            throw InvalidSetting("data", expected: "a .jsonl file of comparisons", found: "nothing")
        }
        let rows = try JSONLines(settings.data.map { URL(fileURLWithPath: $0) }).load(ComparisonRow.self)
        let file = try call.context.outputFile()
        let writer = try JSONLinesWriter(file)
        for sourced in rows {
            guard let row = sourced.row.splittingPrompt(), let prompt = row.prompt else {
                throw DataError(
                    at: sourced.place, expected: "a prompt, or answers that begin alike", found: "neither",
                    remedy: "give every comparison a \"prompt\"")
            }
            for (answer, label) in [(row.chosen, true), (row.rejected, false)] {
                try writer.append(
                    UnpairedRow(prompt: prompt, completion: answer, label: label, context: row.context))
            }
        }
        try writer.finish()
        return VerbResult(
            json: ["output": file.path],
            lines: ["\(2 * rows.count) answers of \(rows.count) comparisons, in \(file.path)"])
    }
}
