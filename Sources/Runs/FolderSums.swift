import Files
import Foundation

/// `SHA256SUMS`: the hashes of the files that a run wrote into a folder, as `sha256sum` prints and checks them. In `final/`, a
/// model for others to use, the list is hidden.
enum FolderSums {
    static let name = "SHA256SUMS"
    static let hiddenName = ".SHA256SUMS"

    static func write(in folder: URL, as name: String = name) throws {
        let lines = try ContentHash.lines(of: folder)
        try AtomicFile.write(Data(lines.map(\.text).joined().utf8), to: folder.appendingPathComponent(name))
    }

    /// - Throws: ``RunError/malformed(_:line:expected:found:)`` naming a file that has changed since, or is gone. Folders
    ///   of earlier versions have no list, and are taken as they are.
    static func check(_ folder: URL) throws {
        let list = folder.appendingPathComponent(name)
        guard FileSystem.exists(list) else { return }
        let found = Set(try ContentHash.lines(of: folder).map(\.text))
        for line in try lines(of: list) where !found.contains(line + "\n") {
            throw RunError.malformed(
                folder.appendingPathComponent(file(in: line)), line: nil,
                expected: "the bytes whose hash stands in \(name)", found: "others, or nothing")
        }
    }

    /// The paths of files that are not in the folder's list; none where it has no list, as those of earlier versions.
    static func unlisted(in folder: URL) throws -> [String] {
        let lists = [hiddenName, name].map { folder.appendingPathComponent($0) }
        guard let list = lists.first(where: FileSystem.exists) else { return [] }
        let listed = Set(try lines(of: list).map(file))
        return try ContentHash.files(in: folder, hiddenToo: true).map(\.name).filter { path in
            let name = path.split(separator: "/").last ?? ""
            return !listed.contains(ContentHash.escaped(path)) && path != list.lastPathComponent
                && name != hiddenName && name != ".DS_Store"
        }
    }

    private static func lines(of list: URL) throws -> [Substring] {
        String(decoding: try FileSystem.read(list), as: UTF8.self).split(separator: "\n")
    }

    /// The name in a line, escaped as there: what follows a mark of that, the hash and two blanks.
    private static func file(in line: Substring) -> String {
        String(line.drop { $0 == "\\" }.dropFirst(64 + 2))
    }
}
