import Datasets
import Files
import Foundation
import JSON

/// What a judge said, batch by batch, kept as it comes: judging that was killed goes on with the batch after the last, and
/// says what it would have said. A verdict is the numbers of one question; null where it could not be asked.
final class KeptVerdicts {
    private static let column = "verdicts"

    private let partial: PartialFile
    private let writer: JSONLinesWriter
    /// Of an earlier process, in the order of asking.
    private var former: ArraySlice<[[Double]?]>

    /// - Parameter inputs: the files that the verdicts follow from, beside the settings.
    init(for output: URL, following inputs: [URL], _ context: RunContext) throws {
        partial = try PartialFile(of: output, following: inputs, context)
        writer = try JSONLinesWriter(partial.url, mode: .append, for: output)
        let file = partial.url
        former = try FileSystem.read(file).split(separator: UInt8(ascii: "\n")).enumerated().map {
            line, text in
            guard let batch = try? JSONValue(parsing: Array(text))[Self.column]?.array,
                case let verdicts = batch.map({ $0.array.map { $0.compactMap(\.number) } })
            else { throw Self.damaged(file, line: line + 1) }
            return verdicts
        }[...]
    }

    /// The next batch of verdicts: an earlier process's, or else what the judge says now.
    func next(_ count: Int, asking judge: () throws -> [[Double]?]) throws -> [[Double]?] {
        if let kept = former.popFirst() {
            guard kept.count == count else { throw Self.damaged(partial.url, line: nil) }
            return kept
        }
        let verdicts = try judge()
        let row = verdicts.map { $0.map { JSONValue.array($0.map(JSONValue.number)) } ?? .null }
        try writer.append([(Self.column, .array(row))])
        try writer.flush()
        return verdicts
    }

    /// Once the output is in its place.
    func remove() throws { try FileSystem.remove(partial.url) }

    private static func damaged(_ file: URL, line: Int?) -> DataError {
        DataError(
            file: file.path + (line.map { ":\($0)" } ?? ""), expected: "the verdicts of an earlier process",
            found: "something else", remedy: "remove the file, and judging starts over")
    }
}
