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
        self = try FileSystem.decode(RewardEnsemble.self, from: file)
        guard !members.isEmpty else {
            throw MalformedFile(file, key: "members", expected: "at least one folder", found: "none")
        }
    }

    /// - Throws: `MalformedFile` for members that do not score the same.
    static func requireAgreement(of descriptions: [RewardDescription], in folder: URL) throws {
        for (number, other) in descriptions.enumerated().dropFirst()
        where other.aspects != descriptions[0].aspects || other.groups != descriptions[0].groups {
            throw MalformedFile(
                folder.appendingPathComponent(file), key: "members[\(number)]",
                expected: "a model with the aspects and groups of the first", found: "one with others")
        }
    }

    package func write(to folder: URL) throws {
        try AtomicFile.write(encoding: self, to: folder.appendingPathComponent(Self.file))
    }
}
