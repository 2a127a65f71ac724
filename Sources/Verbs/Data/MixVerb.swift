import Datasets
import Foundation
import Models
import RandomNumbers
import Settings

/// Settings of `mix`.
public struct MixSettings: VerbSettings {
    /// Judgments: files of rows, or stores.
    public var data: [String] = []
    /// Of the rows that are left, one for each of `data`; nil: all rows as they are.
    public var shares: [Double]?
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { .rows(data, orJudgmentsAs: .comparisons) }

    public enum CodingKeys: String, CodingKey { case data, shares, run }

    public func validate() throws {
        guard let shares else { return }
        try InvalidSetting.check(
            shares.count == data.count, CodingKeys.shares, expected: "one for each of data",
            found: "\(shares.count) for \(data.count)")
        try InvalidSetting.check(
            shares.allSatisfy { (0...1).contains($0) } && shares.contains { $0 > 0 }, CodingKeys.shares,
            expected: "numbers from 0 to 1, one of them above 0", found: "\(shares)")
    }
}

extension Verb {
    /// Comparisons of several files as one file, in stated shares of as many rows as there were: whoever has a larger share
    /// than rows comes in several times, whoever has a smaller one in part, drawn by chance.
    public static let mix = Verb("mix", output: .rows, defaults: MixSettings()) { settings, call in
        guard !settings.data.isEmpty else {
            throw InvalidSetting("data", expected: "a .jsonl file of comparisons", found: "nothing")
        }
        let parts = try settings.data.map { try ComparisonFile($0).rows.map(\.row) }
        let total = parts.reduce(0) { $0 + $1.count }
        let sum = settings.shares?.reduce(0, +) ?? 1
        let file = try call.context.outputFile()
        let writer = try JSONLinesWriter(file)
        var written = 0
        for (index, rows) in parts.enumerated() where !rows.isEmpty {
            let count = settings.shares.map { Int(($0[index] / sum * Double(total)).rounded()) } ?? rows.count
            var generator = SplitMix64(seed: call.context.seeds.derived("mix \(index)").value)
            var order: [Int] = settings.shares == nil ? Array(rows.indices) : []
            while order.count < count { order += generator.permutation(of: rows.count) }
            for row in order.prefix(count) { try writer.append(rows[row]) }
            written += count
        }
        try writer.finish()
        return VerbResult(
            json: ["output": file.path], lines: ["\(written) of \(total) comparisons, in \(file.path)"])
    }
}
