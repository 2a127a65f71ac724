import Foundation

/// Files that are either whole or not there.
public enum AtomicFile {
    /// Replaces the file at `url`; whatever goes wrong, the old one stays.
    public static func write(_ data: Data, to url: URL) throws {
        try write(to: url) { try $0.write(data) }
    }

    /// Writes a file piece by piece as a hidden sibling, `.NAME.partial`, waits for the disk, and renames it.
    ///
    /// If `body` throws or the disk fills up, the sibling is removed and a file that was at `url` stays as it
    /// was. What a killed process left of it is taken over by the next call for the same `url`.
    ///
    /// - Throws: ``FileError``, or what `body` throws.
    public static func write<Result>(to url: URL, _ body: (FileWriter) throws -> Result) throws -> Result {
        let partial = url.partialSibling
        let lock = try FileLock(claimingFile: partial, for: url)
        do {
            guard ftruncate(lock.descriptor, 0) == 0 else {
                throw FileError.refused(url, .write, code: errno)
            }
            let result = try body(FileWriter(descriptor: lock.descriptor, for: url))
            try FileSystem.synchronize(lock.descriptor, of: url)
            try FileSystem.rename(partial, to: url)
            try FileSystem.synchronize(url.deletingLastPathComponent())
            return result
        } catch {
            unlink(partial.path)
            throw error
        }
    }
}

extension URL {
    /// The hidden name under which what will be here is written.
    var partialSibling: URL {
        deletingLastPathComponent().appendingPathComponent(".\(lastPathComponent)\(URL.partialSuffix)")
    }

    static let partialSuffix = ".partial"
}
