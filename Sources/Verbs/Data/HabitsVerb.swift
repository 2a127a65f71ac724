import Datasets
import Evaluation
import Feedback
import Files
import Foundation
import JSON
import Models
import Settings

/// Settings of `habits`.
public struct HabitsSettings: VerbSettings {
    /// Comparisons by group, `NAME=FILE` each; a store in place of a file gives its rows.
    public var judgments: [String] = []
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] {
        .rows(((try? groups) ?? []).map(\.file), orJudgmentsAs: .comparisons)
    }

    public enum CodingKeys: String, CodingKey { case judgments, run }

    /// Files of one name belong together.
    fileprivate var groups: [(name: String, file: String)] {
        get throws {
            try judgments.map { text in
                let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard sides.count == 2 else {
                    throw InvalidSetting("judgments", expected: "NAME=FILE", found: "'\(text)'")
                }
                return (sides[0], sides[1])
            }
        }
    }

    public func validate() throws { _ = try groups }
}

extension Verb {
    /// Habits of those who judged, and how far groups agree beyond them: `habits.json`.
    public static let habits = Verb("habits", output: .folder, defaults: HabitsSettings()) { settings, call in
        guard !settings.judgments.isEmpty else {
            throw InvalidSetting("judgments", expected: "comparisons as NAME=FILE", found: "nothing")
        }
        var groups: [(name: String, rows: [SourcedRow<ComparisonRow>])] = []
        for (name, file) in try settings.groups {
            let rows = try ComparisonFile(file).rows
            if let place = groups.firstIndex(where: { $0.name == name }) {
                groups[place].rows += rows
            } else {
                groups.append((name, rows))
            }
        }
        let habits = try JudgmentHabits(groups)
        let folder = try call.context.output("a folder")
        try FileSystem.createFolder(folder)
        try AtomicFile.write(
            Data(JSONValue(encoding: habits).document.utf8), to: folder.appending(path: JudgmentHabits.file))
        return VerbResult(
            json: habits, lines: ["habits of \(habits.raters.count) who judged, in \(folder.path)"])
    }
}

/// A file of comparisons, or those of a store.
struct ComparisonFile {
    let rows: [SourcedRow<ComparisonRow>]

    /// - Throws: what is wrong with the file, its rows or the store.
    init(_ path: String) throws {
        let store = try StoreArgument(path).map { try TrainingRows(.comparisons, of: $0).file }
        rows = try JSONLines(store ?? URL(fileURLWithPath: path)).load(ComparisonRow.self)
    }
}
