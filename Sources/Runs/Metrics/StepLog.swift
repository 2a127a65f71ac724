import Files
import Foundation
import JSON

/// A file of JSON Lines whose rows belong to optimizer steps: `{"step": 12, …}`, steps never falling.
///
/// Each row reaches the system whole before ``append(step:_:)`` returns, so that a killed process loses none.
/// The file is made by the first row.
public final class StepLog {
    public let url: URL
    /// The step of the last row; 0 before the first.
    public private(set) var lastStep: Int
    private var file: AppendableFile?

    /// Continues the log as it was after `step`: later rows, and a last one that was torn, are cut off.
    ///
    /// - Throws: ``RunError/malformed(_:line:expected:found:)`` where a row up to `step` is damaged, or
    ///   ``FileError``.
    public init(_ url: URL, keepingThrough step: Int) throws {
        self.url = url
        lastStep = 0
        guard FileSystem.exists(url) else { return }
        let kept = try Self.scan(url, through: step) { _ in }
        lastStep = kept.step
        let file = try AppendableFile(url)
        try file.truncate(to: kept.end)
        self.file = file
    }

    /// - Parameter members: everything but the step, in the order to be written.
    public func append(step: Int, _ members: JSONObject) throws {
        precondition(step >= lastStep, "step \(step) after step \(lastStep)")
        var row: JSONObject = ["step": .integer(step)]
        for (name, value) in members { row[name] = value }
        let file = try file ?? AppendableFile(url)
        self.file = file
        try file.append(Data((JSONValue.object(row).text() + "\n").utf8))
        lastStep = step
    }

    func synchronize() throws { try file?.synchronize() }

    /// The rows of a log, also of one that is being written: a last line without its end does not count.
    public static func read(_ url: URL) throws -> [JSONValue] {
        var rows: [JSONValue] = []
        try scan(url, through: nil) { rows.append($0) }
        return rows
    }

    /// The last step up to `step` that the log has rows of; 0 for none.
    static func lastStep(of url: URL, through step: Int) throws -> Int {
        try scan(url, through: step) { _ in }.step
    }

    /// Hands out the whole rows up to the step `last`, or all of them where it is `nil`. A damaged line is an
    /// error, unless it comes after `last` or ends the file, as the torn line of a power failure does.
    ///
    /// - Returns: the step of the last such row, and the byte where it ends.
    @discardableResult
    private static func scan(
        _ url: URL, through last: Int?, _ body: (JSONValue) -> Void
    ) throws -> (step: Int, end: Int) {
        let data = try FileSystem.read(url)
        var (line, kept) = (1, (step: 0, end: 0))
        while let end = data[kept.end...].firstIndex(of: UInt8(ascii: "\n")) {
            let text = data[kept.end..<end]
            do {
                let (row, step) = try Self.row(text, from: kept.step)
                if let last, step > last { break }
                body(row)
                kept = (step, end + 1)
                line += 1
            } catch let damage as Damage {
                let isPastLast = last.map { kept.step >= $0 } ?? false
                guard isPastLast || end + 1 == data.endIndex else { throw malformed(url, line, damage, text) }
                break
            }
        }
        return kept
    }

    /// A line that is not a row.
    private struct Damage: Error {
        let expected: String
        let column: Int
    }

    private static func row(_ line: Data, from first: Int) throws -> (JSONValue, step: Int) {
        let row: JSONValue
        do {
            row = try JSONValue(parsing: line, tolerating: .largeIntegers)
        } catch let error as JSONSyntaxError {
            throw Damage(expected: error.expected, column: error.column)
        }
        guard let step = row["step"]?.integer, step >= first else {
            throw Damage(expected: "a row whose \"step\" is at least \(first)", column: 1)
        }
        return (row, step)
    }

    private static func malformed(_ url: URL, _ line: Int, _ damage: Damage, _ found: Data)
        -> RunError
    {
        let limit = 60
        let text = String(decoding: found.prefix(limit), as: UTF8.self)
            .map { $0.isASCII && !$0.isNewline && $0 >= " " ? $0 : "·" }
        return .malformed(
            url, line: line, expected: "\(damage.expected) at column \(damage.column)",
            found: "'\(String(text))\(found.count > limit ? "…" : "")'")
    }
}
