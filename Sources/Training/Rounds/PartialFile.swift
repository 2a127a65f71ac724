import Files
import Foundation
import Runs

/// The hidden file beside an output in which a long computation keeps what it has. Its name says what follows into it, so that
/// another process goes on only with what is its own.
struct PartialFile {
    let output: URL
    let url: URL

    /// Removes what was kept for the same output and follows from something else.
    /// - Parameter inputs: the files that the output follows from, beside the settings.
    init(of output: URL, following inputs: [URL], _ context: RunContext) throws {
        self.output = output
        let hashes = try inputs.map { try ContentHash.sha256(of: $0) }
        let text = "\(context.settings.text()) \(hashes) \(context.precision) \(context.device)"
        let fingerprint = ContentHash.sha256(of: Data(text.utf8))
        let (prefix, suffix) = (".\(output.lastPathComponent).", ".partial")
        let folder = output.deletingLastPathComponent()
        try FileSystem.createFolder(folder)
        url = folder.appendingPathComponent(prefix + fingerprint.prefix(16) + suffix)
        for file in try FileSystem.contents(of: folder) {
            let name = file.lastPathComponent
            // No other kind of hidden file of that output, and none of an output whose name begins alike.
            let isOfItsKind = name.count == url.lastPathComponent.count
            if isOfItsKind, name.hasPrefix(prefix), name.hasSuffix(suffix), name != url.lastPathComponent {
                try FileSystem.remove(file)
            }
        }
    }
}
