import Files
import Foundation

/// A file of JSON Lines whose rows belong to optimizer steps: `{"step": 12, …}`, steps never falling.
///
/// Each row reaches the system whole before ``append(step:_:)`` returns, so that a killed process loses none.
/// The file is made by the first row.
public final class StepLog {
    public let url: URL
    /// The step of the last row; 0 before the first.
    public private(set) var lastStep: Int
    private var file: AppendableFile?

    /// Goes on with the log as it was after `step`: later rows, and a last one that was torn, are cut off.
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
    public func append(step: Int, _ members: [ManifestValue.Member]) throws {
        precondition(step >= lastStep, "step \(step) after step \(lastStep)")
        let row = ManifestValue.object([.init("step", .integer(step))] + members)
        let file = try file ?? AppendableFile(url)
        self.file = file
        try file.append(Data((row.text + "\n").utf8))
        lastStep = step
    }

    func synchronize() throws { try file?.synchronize() }

    /// The rows of a log, also of one that is being written: a last line without its end does not count.
    public static func read(_ url: URL) throws -> [ManifestValue] {
        var rows: [ManifestValue] = []
        try scan(url, through: nil) { rows.append($0) }
        return rows
    }

    /// Hands out the whole rows up to the step `last`, or all of them where it is `nil`. A damaged line is an
    /// error, unless it comes after `last` or ends the file, as the torn line of a power failure does.
    ///
    /// - Returns: the step of the last such row, and the byte where it ends.
    @discardableResult
    private static func scan(
        _ url: URL, through last: Int?, _ body: (ManifestValue) -> Void
    ) throws -> (step: Int, end: Int) {
        let data = try FileSystem.read(url)
        var (line, kept) = (1, (step: 0, end: 0))
        while let end = data[kept.end...].firstIndex(of: UInt8(ascii: "\n")) {
            let text = data[kept.end..<end]
            do {
                let row = try ManifestValue(parsing: text)
                guard let step = row["step"]?.integer, step >= kept.step else {
                    throw JSONSyntaxError(
                        line: 1, column: 1, expected: "a row whose \"step\" is at least \(kept.step)")
                }
                if let last, step > last { break }
                body(row)
                kept = (step, end + 1)
                line += 1
            } catch let error as JSONSyntaxError {
                let isPastLast = last.map { kept.step >= $0 } ?? false
                guard isPastLast || end + 1 == data.endIndex else { throw malformed(url, line, error, text) }
                break
            }
        }
        return kept
    }

    private static func malformed(_ url: URL, _ line: Int, _ error: JSONSyntaxError, _ found: Data)
        -> RunError
    {
        let limit = 60
        let text = String(decoding: found.prefix(limit), as: UTF8.self)
            .map { $0.isASCII && !$0.isNewline && $0 >= " " ? $0 : "·" }
        return .malformed(
            url, line: line, expected: "\(error.expected) at column \(error.column)",
            found: "'\(String(text))\(found.count > limit ? "…" : "")'")
    }
}
