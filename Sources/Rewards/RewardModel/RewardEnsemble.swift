import Files
import Foundation

/// `ensemble.json`: the folders of an ensemble's members, below its own.
package struct RewardEnsemble: Codable {
    let members: [String]

    private static let file = "ensemble.json"

    package init(members: [String]) {
        self.members = members
    }

    package static func isThere(in folder: URL) -> Bool {
        FileSystem.exists(folder.appendingPathComponent(file))
    }

    /// Nil where the folder holds no ensemble.
    package init?(in folder: URL) throws {
        guard Self.isThere(in: folder) else { return nil }
        let file = folder.appendingPathComponent(Self.file)
        self = try JSONDecoder().decode(RewardEnsemble.self, from: FileSystem.read(file))
    }

    package func write(to folder: URL) throws {
        try AtomicFile.write(JSONEncoder().encode(self), to: folder.appendingPathComponent(Self.file))
    }
}
