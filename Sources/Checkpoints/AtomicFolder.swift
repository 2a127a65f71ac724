import Foundation

/// Folders that are either whole or not there.
public enum AtomicFolder {
    /// Lets `body` fill a hidden sibling, `.NAME.partial`, waits for the disk, and renames it to `url`.
    ///
    /// If `body` throws, the sibling is removed. What a killed process left of it is cleared by the next call
    /// for the same `url`. Throws `cannotCreate` where `url` holds something already, or another process is
    /// writing it.
    public static func create<Result>(at url: URL, _ body: (URL) throws -> Result) throws -> Result {
        try refuseExisting(url)
        let parent = url.deletingLastPathComponent()
        try FileSystem.createFolder(parent)
        let partial = parent.appendingPathComponent(".\(url.lastPathComponent).partial", isDirectory: true)
        let lock = try claim(partial, for: url)
        defer { close(lock) }
        do {
            let result = try body(partial)
            try FileSystem.synchronizeTree(partial)
            try FileSystem.rename(partial, to: url)
            try FileSystem.synchronize(parent)
            return result
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw (error as? CheckpointError)?.moved(from: partial, to: url) ?? error
        }
    }

    /// An empty folder is taken over; anything else at the destination is somebody's work.
    private static func refuseExisting(_ url: URL) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { return }
        if isFolder.boolValue, try FileSystem.contents(of: url).isEmpty { return }
        throw CheckpointError(
            .cannotCreate, file: url, expected: "nothing there yet",
            found: "an existing \(isFolder.boolValue ? "folder" : "file")",
            remedy: "remove it or choose another output")
    }

    /// Makes `partial` an empty folder that only this call writes to; the descriptor returned holds the lock.
    private static func claim(_ partial: URL, for url: URL) throws -> Int32 {
        guard mkdir(partial.path, 0o777) == 0 || errno == EEXIST else {
            throw CheckpointError.system(.cannotCreate, url, "create the folder")
        }
        let descriptor = open(partial.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError.system(.cannotCreate, url, "create the folder") }
        do {
            // A file system without locks answers with another error: there, one writer at a time is the
            // user's care.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK,
                isSame(descriptor, partial)
            else {
                throw CheckpointError(
                    .cannotCreate, file: url, expected: "one writer",
                    found: "another process that is writing it",
                    remedy: "wait for it to end or choose another output")
            }
            for leftover in try FileSystem.contents(of: partial) { try FileSystem.remove(leftover) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// False where the other writer renamed the folder between our opening and locking it.
    private static func isSame(_ descriptor: Int32, _ folder: URL) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor, &opened) == 0 && stat(folder.path, &named) == 0
            && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }
}

extension CheckpointError {
    /// The same error speaking of the file's place in the finished folder, since the temporary one is gone.
    fileprivate func moved(from partial: URL, to folder: URL) -> CheckpointError {
        guard let file, file.path.hasPrefix(partial.path + "/") else { return self }
        return located(in: folder.appendingPathComponent(String(file.path.dropFirst(partial.path.count + 1))))
    }
}
