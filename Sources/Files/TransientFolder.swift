import Foundation

/// A folder of the system's temporary ones, which is gone with the last reference to it. What killed processes left of its kind goes
/// when the next one is made.
public final class TransientFolder: Sendable {
    public let url: URL
    private let lock: FileLock

    /// Between being made and being held a folder looks as if nobody had it.
    private static let grace: TimeInterval = 60

    /// - Parameters:
    ///   - kind: begins its name, and those of the others of its kind.
    ///   - place: nil: the system's.
    /// - Throws: `FileError`.
    public init(_ kind: String, in place: URL = FileManager.default.temporaryDirectory) throws {
        Self.sweep(kind, in: place)
        url = place.appending(path: "\(kind)-\(UUID().uuidString)")
        try FileSystem.createFolder(url)
        lock = try FileLock(claimingFolder: url, for: url)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Removes what nobody holds. What cannot be looked at or removed, such as the folders of other users, is left alone.
    private static func sweep(_ kind: String, in place: URL) {
        for folder in (try? FileSystem.contents(of: place)) ?? []
        where folder.lastPathComponent.hasPrefix(kind + "-") {
            guard
                let made = try? FileManager.default.attributesOfItem(atPath: folder.path)[.modificationDate],
                let made = made as? Date, -made.timeIntervalSinceNow > grace,
                let lock = try? FileLock(claimingFolder: folder, for: folder)
            else { continue }
            withExtendedLifetime(lock) { try? FileManager.default.removeItem(at: folder) }
        }
    }
}
