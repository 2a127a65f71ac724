import Datasets
import Files
import Foundation
import Models
import Settings
import Training

/// Settings of `heed tasks`.
public struct TasksSettings: VerbSettings {
    /// Which family of tasks.
    public var task: String?
    /// Levels from 1 to 5, taken in turn.
    public var difficulty = [1]
    /// Problems to train on, or of the one side that is asked for.
    public var count = 1000
    /// Problems held out, where both sides are written.
    public var heldOut = 200
    /// The one side that is written, to a file; nil: both, to a folder.
    public var side: String?
    /// A system message before every question.
    public var system: String?
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { [] }

    public var missing: [InvalidSetting] {
        (task == nil ? [.missing("task", "one of \(TasksSettings.names.joined(separator: ", "))")] : [])
            + (run.output == nil
                ? [.noOutput(side == nil ? RunContext.outputFolder : RunContext.outputFile)] : [])
    }

    public enum CodingKeys: String, CodingKey {
        case task, difficulty, side, system, run
        case count = "n"
        case heldOut = "held_out"
    }

    public static let ranges: [String: SettingRange] = ["n": .within(1...1e7), "held_out": .within(1...1e7)]

    public func validate() throws {
        let levels = TaskFamily.difficulties
        try InvalidSetting.check(
            task.map(Self.names.contains) ?? true, CodingKeys.task,
            expected: "one of \(Self.names.joined(separator: ", "))", found: task ?? "")
        try InvalidSetting.check(
            !difficulty.isEmpty && difficulty.allSatisfy(levels.contains), CodingKeys.difficulty,
            expected: "levels from \(levels.lowerBound) to \(levels.upperBound)", found: "\(difficulty)")
        try InvalidSetting.check(
            side.map { TaskFamily.Side(rawValue: $0) != nil } ?? true, CodingKeys.side,
            expected: TaskFamily.Side.allCases.map(\.rawValue).joined(separator: " or "), found: side ?? "")
        try InvalidSetting.check(
            side == nil || heldOut == Self().heldOut, CodingKeys.heldOut,
            expected: "nothing beside side, whose rows n counts", found: heldOut)
    }

    public static var names: [String] { TaskFamily.all.map(\.name) }

    /// The reward that checks a task's answers; nil where there is no such task.
    public static func verifier(of task: String) -> String? {
        TaskFamily.all.first { $0.name == task }?.verifier
    }

    /// A line for each family: what it asks and which reward checks it.
    public static var list: [String] {
        let width = names.map(\.count).max() ?? 0
        return TaskFamily.all.map { family in
            let name = family.name.padding(toLength: width, withPad: " ", startingAt: 0)
            return "\(name)  \(family.summary)  --reward \(family.verifier)"
        }
    }
}

extension Verb {
    /// Problems with their answers, made by rule: `train.jsonl` and `held-out.jsonl`, or one of them as a
    /// file.
    public static let tasks = Verb("tasks", output: .split, defaults: TasksSettings()) { settings, call in
        guard let family = TaskFamily.all.first(where: { $0.name == settings.task }) else {
            preconditionFailure("an unknown task passed the checks: \(settings.task ?? "none")")
        }
        func rows(_ count: Int, _ side: TaskFamily.Side) throws -> [PromptRow] {
            let rows = family.rows(
                count, side, difficulties: settings.difficulty, system: settings.system,
                seed: call.context.seeds.derived(side.rawValue).value)
            try InvalidSetting.check(
                rows.count == count, side == .train ? TasksSettings.CodingKeys.count : .heldOut,
                expected: "at most the \(rows.count) problems that were found at \(settings.difficulty)",
                found: count)
            return rows
        }
        guard let side = settings.side.flatMap(TaskFamily.Side.init) else {
            return try SplitFolder.write(
                train: rows(settings.count, .train), heldOut: rows(settings.heldOut, .heldOut),
                unit: "problems",
                source: family.name, context: call.context)
        }
        return try TaskFile.write(rows(settings.count, side), side, context: call.context)
    }
}

/// One side of a family's problems, in a file.
private enum TaskFile {
    private struct Counts: Codable {
        let output: String
        let rows: Int
    }

    static func write(
        _ rows: [PromptRow], _ side: TaskFamily.Side, context: RunContext
    ) throws -> VerbResult {
        let file = try context.outputFile()
        let writer = try JSONLinesWriter(file, mode: .replace)
        for row in rows { try writer.append(row) }
        try writer.finish()
        return VerbResult(
            json: Counts(output: file.path, rows: rows.count),
            lines: ["\(rows.count) problems (\(side.rawValue)), in \(file.path)"])
    }
}
