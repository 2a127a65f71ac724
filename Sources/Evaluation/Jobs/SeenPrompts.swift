import Foundation
import Runs

/// Which runs behind a report read its prompts, so that nobody takes these for held out.
struct SeenPrompts {
    /// Folders of runs that named a file of the prompts among what they read.
    let runs: [String]

    /// - Parameters:
    ///   - prompts: files.
    ///   - models: what a run has written, as `RUN/final`, brings its run.json.
    init(_ prompts: [String], models: [URL], runs: [URL]) throws {
        let hashes = Set(try prompts.map { try ContentHash.sha256(of: URL(fileURLWithPath: $0)) })
        let folders = Set(
            (runs + models.map { $0.deletingLastPathComponent() }).map(\.standardizedFileURL.path))
        self.runs = folders.sorted().filter { folder in
            // What lies beside a model may be no run of ours.
            let manifest = try? RunManifest(
                contentsOf: URL(fileURLWithPath: folder).appending(path: "run.json"))
            return manifest?.inputs.contains { hashes.contains($0.sha256) } == true
        }
    }

    var warning: String? {
        runs.isEmpty
            ? nil : "These prompts are not held out: \(runs.joined(separator: ", ")) read them in training."
    }
}
