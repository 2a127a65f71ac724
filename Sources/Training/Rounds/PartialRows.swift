import Datasets
import Files
import Foundation
import Runs

/// Rows of a long computation, kept as they come: a process that is killed loses at most the last of them, and the next
/// one continues after what is there. The output appears under its name when it is complete.
final class PartialRows<Row: DatasetRow> {
    private let output: URL
    private let partial: URL
    private let writer: JSONLinesWriter
    /// All rows so far, those of an earlier process included.
    private(set) var rows: [Row]

    /// - Parameter inputs: the files that the rows follow from, beside the settings; rows that followed from others are not
    ///   continued.
    convenience init(_ output: URL, following inputs: [URL], _ context: RunContext) throws {
        let hashes = try inputs.map { try ContentHash.sha256(of: $0) }
        let text = "\(context.settings.text()) \(hashes) \(context.precision) \(context.device)"
        try self.init(output, fingerprint: ContentHash.sha256(of: Data(text.utf8)))
    }

    private init(_ output: URL, fingerprint: String) throws {
        self.output = output
        let prefix = ".\(output.lastPathComponent)."
        let suffix = ".partial"
        let folder = output.deletingLastPathComponent()
        try FileSystem.createFolder(folder)
        partial = folder.appendingPathComponent(prefix + fingerprint.prefix(16) + suffix)
        for file in try FileSystem.contents(of: folder) {
            let name = file.lastPathComponent
            if name.hasPrefix(prefix), name.hasSuffix(suffix), name != partial.lastPathComponent {
                try FileSystem.remove(file)
            }
        }
        writer = try JSONLinesWriter(partial, mode: .append, for: output)
        let isEmpty = try Data(contentsOf: partial).isEmpty
        rows = isEmpty ? [] : try JSONLines(partial).load(Row.self).map(\.row)
    }

    func append(_ new: [Row]) throws {
        for row in new { try writer.append(row) }
        try writer.flush()
        rows += new
    }

    /// Gives the file its name.
    func finish() throws {
        try writer.finish()
        try FileSystem.rename(partial, to: output)
    }
}
