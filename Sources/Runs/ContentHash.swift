import Files
import Foundation
import Hashing
import JSON

/// SHA-256 of what a run reads, as 64 lower-case hexadecimal digits.
public enum ContentHash {
    public static func sha256(of data: Data) -> String { SHA256.hash(of: data).hexadecimal }

    /// The hash of a file's bytes, read as a stream; or of a folder.
    ///
    /// A folder's hash is that of the lines that `sha256sum` prints for its files, in the order of their
    /// names' bytes:
    ///
    ///     cd FOLDER && find -L . -type f -not -path '*/.*' -printf '%P\0' |
    ///         LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
    ///
    /// So it depends on names and contents, not on dates or on where the folder is. Hidden files do not
    /// count; links do as what they lead to.
    ///
    /// - Throws: ``FileError``.
    public static func sha256(of item: URL) throws -> String {
        FileSystem.isFolder(item) ? try sha256(ofFolder: item) : try sha256(ofFile: item)
    }

    private static func sha256(ofFile file: URL) throws -> String {
        try HashCache.standard.hash(of: file) { try freshHash(of: file) }
    }

    private static func freshHash(of file: URL) throws -> String {
        var hash = SHA256()
        try FileSystem.forEachChunk(of: file) { hash.update($0) }
        return hash.finalize().hexadecimal
    }

    private static func sha256(ofFolder folder: URL) throws -> String {
        var hash = SHA256()
        for line in try lines(of: folder, hashedBy: sha256(ofFile:)) { hash.update(line.text) }
        return hash.finalize().hexadecimal
    }

    /// The lines that `sha256sum` prints for the files of a folder, in the order of their names' bytes.
    /// - Parameter hash: of a file; from its bytes, whatever is known of it.
    static func lines(
        of folder: URL, hashedBy hash: (URL) throws -> String = freshHash(of:)
    ) throws -> [(name: String, text: String)] {
        try files(in: folder)
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            .map { ($0.name, line(for: $0.name, hash: try hash($0.url))) }
    }

    /// The files in a folder and in those inside it, by their paths in it.
    static func files(
        in folder: URL, named prefix: String = "", hiddenToo: Bool = false
    ) throws -> [(name: String, url: URL)] {
        try FileSystem.contents(of: folder).flatMap { item -> [(name: String, url: URL)] in
            let name = item.lastPathComponent
            if name.hasPrefix("."), !hiddenToo { return [] }
            return FileSystem.isFolder(item)
                ? try files(in: item, named: prefix + name + "/", hiddenToo: hiddenToo)
                : [(prefix + name, item)]
        }
    }

    /// As `sha256sum` writes it: a name that would break the line is escaped, and the line marked by a
    /// backslash.
    private static func line(for name: String, hash: String) -> String {
        let escaped = escaped(name)
        return "\(escaped == name ? "" : "\\")\(hash)  \(escaped)\n"
    }

    static func escaped(_ name: String) -> String {
        name.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n")
    }
}
