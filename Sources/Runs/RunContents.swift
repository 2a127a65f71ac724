import Files
import Foundation

/// What lies in the folder of a run, by name: of the run itself, its rounds and members, and what is made of them.
enum RunContents {
    private static let files: Set<String> = [
        "run.json", "metrics.jsonl", "samples.jsonl", "alarms.jsonl", "explained.jsonl", "explained.html",
        "preflight.json", "best-of-n.json", "best-of-n.svg", "final", ".lock", ".DS_Store",
    ]

    /// Of files and folders that there are several of.
    private static let prefixes = [
        RunFolder.checkpointPrefix, EventsFile.namePrefix, "round-", "member-",
    ]

    /// The names of what no run writes, sorted: somebody put it there.
    static func foreign(in folder: URL) throws -> [String] {
        try FileSystem.contents(of: folder).map(\.lastPathComponent).filter { name in
            !files.contains(name) && !prefixes.contains(where: name.hasPrefix)
                && !(name.hasPrefix(".") && name.hasSuffix(URL.partialSuffix))
        }.sorted()
    }
}
