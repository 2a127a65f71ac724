import Datasets
import Files
import Foundation

/// Rows of a long computation, kept as they come: a process that is killed loses at most the last of them, and the next
/// one continues after what is there. The output appears under its name when it is complete.
final class PartialRows<Row: DatasetRow> {
    private let partial: PartialFile
    private let writer: JSONLinesWriter
    /// All rows so far, those of an earlier process included.
    private(set) var rows: [Row]

    /// - Parameter inputs: the files that the rows follow from, beside the settings; rows that followed from others are not
    ///   continued.
    init(_ output: URL, following inputs: [URL], _ context: RunContext) throws {
        partial = try PartialFile(of: output, following: inputs, context)
        writer = try JSONLinesWriter(partial.url, mode: .append, for: output)
        let isEmpty = try Data(contentsOf: partial.url).isEmpty
        rows = isEmpty ? [] : try JSONLines(partial.url).load(Row.self).map(\.row)
    }

    func append(_ new: [Row]) throws {
        for row in new { try writer.append(row) }
        try writer.flush()
        rows += new
    }

    /// Gives the file its name.
    func finish() throws {
        try writer.finish()
        try FileSystem.rename(partial.url, to: partial.output)
    }
}
