import Files
import Foundation

/// `ensemble.json`: the folders of an ensemble's members, below its own.
struct RewardEnsemble: Codable {
    let members: [String]

    private static let file = "ensemble.json"

    init(members: [String]) {
        self.members = members
    }

    static func isThere(in folder: URL) -> Bool { FileSystem.exists(folder.appendingPathComponent(file)) }

    /// Nil where the folder holds no ensemble.
    init?(in folder: URL) throws {
        guard Self.isThere(in: folder) else { return nil }
        let file = folder.appendingPathComponent(Self.file)
        self = try JSONDecoder().decode(RewardEnsemble.self, from: FileSystem.read(file))
    }

    func write(to folder: URL) throws {
        try AtomicFile.write(JSONEncoder().encode(self), to: folder.appendingPathComponent(Self.file))
    }
}
