import Files
import Foundation

/// What lies in the folder of a run: of the run itself, its rounds and members, and what is made of them.
enum RunContents {
    /// What a folder of some kind holds, by name.
    private struct Kind {
        let files: Set<String>
        /// Of files and folders that there are several of.
        let prefixes: [String]

        func holds(_ name: String) -> Bool {
            files.contains(name) || prefixes.contains(where: name.hasPrefix)
                || RunContents.isPassing(name)
        }
    }

    private static let run = Kind(
        files: [
            "run.json", "metrics.jsonl", "samples.jsonl", "alarms.jsonl", "explained.jsonl", "explained.html",
            "preflight.json", "budget.json", "budget.svg", "final", ".lock",
        ],
        prefixes: [RunFolder.checkpointPrefix, EventsFile.namePrefix, round.name, member])

    private static let round = (
        name: "round-",
        kind: Kind(
            files: [
                "responses.jsonl", "judgments.jsonl", "scored.jsonl", "kept.jsonl", "temperature.json",
                "best-of-n.json", "best-of-n.svg", training,
            ], prefixes: ["temperature-"])
    )

    /// Folders that are runs inside a run.
    private static let (member, training) = ("member-", "training")

    /// The paths of what no run wrote there, sorted: somebody put it there.
    static func foreign(in folder: URL) throws -> [String] { try foreign(in: folder, run) }

    private static func foreign(in folder: URL, _ kind: Kind) throws -> [String] {
        try FileSystem.contents(of: folder).flatMap { item -> [String] in
            let name = item.lastPathComponent
            guard kind.holds(name) else { return [name] }
            guard FileSystem.isFolder(item), !isPassing(name) else { return [] }
            let inside =
                if name.hasPrefix(round.name) {
                    try foreign(in: item, round.kind)
                } else if name.hasPrefix(member) || name == training {
                    try foreign(in: item, run)
                } else {
                    try FolderSums.unlisted(in: item)
                }
            return inside.map { "\(name)/\($0)" }
        }
    }

    /// Whether a file of this name says nothing: what is being written, and what a file manager leaves.
    private static func isPassing(_ name: String) -> Bool {
        name == ".DS_Store" || name.hasPrefix(".") && name.hasSuffix(URL.partialSuffix)
    }
}
