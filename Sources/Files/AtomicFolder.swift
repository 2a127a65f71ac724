import Foundation

/// Folders that are either whole or not there.
///
/// A folder is filled as a hidden sibling, `.NAME.partial`, every file of it is waited for, and it is
/// renamed. If `body` throws, the sibling is removed; what a killed process left of it is cleared by the next
/// call for the same `url`.
public enum AtomicFolder {
    /// Throws ``FileError/alreadyExists(_:)`` where `url` holds something; an empty folder is taken over.
    public static func create<Result>(at url: URL, _ body: (URL) throws -> Result) throws -> Result {
        guard try isFree(url) else { throw FileError.alreadyExists(url) }
        return try fill(url, body) { try FileSystem.rename($0, to: url) }
    }

    /// Puts the new folder in the place of the one at `url`, which stays whole until then and is removed
    /// thereafter.
    public static func replace<Result>(at url: URL, _ body: (URL) throws -> Result) throws -> Result {
        try fill(url, body) { partial in
            if try isFree(url) {
                try FileSystem.rename(partial, to: url)
            } else {
                try exchange(partial, with: url)
                try FileSystem.synchronize(url.deletingLastPathComponent())
                try FileSystem.remove(partial)
            }
        }
    }

    /// Puts the new folder in the place of the one at `url`, which is kept under another name beside it. A process that is
    /// killed between the two renames leaves nothing at `url`.
    public static func replace<Result>(
        at url: URL, keepingFormerAt aside: URL, _ body: (URL) throws -> Result
    ) throws -> Result {
        try fill(url, body) { partial in
            try FileSystem.rename(url, to: aside)
            do {
                try FileSystem.rename(partial, to: url)
            } catch {
                try? FileSystem.rename(aside, to: url)
                throw error
            }
        }
    }

    /// Removes the folder so that no part of it is ever seen under its name.
    public static func remove(_ url: URL) throws {
        let partial = url.partialSibling
        let lock = try claim(partial, for: url)
        try withExtendedLifetime(lock) {
            try FileSystem.rename(url, to: partial)
            try FileSystem.remove(partial)
        }
    }

    /// Clears what killed writers left in `folder`; what a living one holds stays.
    public static func removeLeftovers(in folder: URL) throws {
        for item in try FileSystem.contents(of: folder) {
            let name = item.lastPathComponent
            guard name.hasPrefix("."), name.hasSuffix(URL.partialSuffix) else { continue }
            do {
                let lock =
                    FileSystem.isFolder(item)
                    ? try FileLock(claimingFolder: item, for: item)
                    : try FileLock(claimingFile: item, for: item)
                try withExtendedLifetime(lock) { try FileSystem.remove(item) }
            } catch FileError.inUse {
                continue
            }
        }
    }

    private static func fill<Result>(
        _ url: URL, _ body: (URL) throws -> Result, thenPlace place: (URL) throws -> Void
    ) throws -> Result {
        let partial = url.partialSibling
        try FileSystem.createFolder(url.deletingLastPathComponent())
        let lock = try claim(partial, for: url)
        return try withExtendedLifetime(lock) {
            do {
                let result = try body(partial)
                try FileSystem.synchronizeTree(partial)
                try place(partial)
                try FileSystem.synchronize(url.deletingLastPathComponent())
                return result
            } catch {
                try? FileSystem.remove(partial)
                throw (error as? FileError)?.naming(url, insteadOf: partial) ?? error
            }
        }
    }

    /// Makes `partial` an empty folder that only this call writes to.
    private static func claim(_ partial: URL, for url: URL) throws -> FileLock {
        guard mkdir(partial.path, 0o777) == 0 || errno == EEXIST else {
            throw FileError.refused(url, .create, code: errno)
        }
        let lock: FileLock
        do {
            lock = try FileLock(claimingFolder: partial, for: url)
        } catch FileError.refused(_, _, code: ENOENT) {
            // Another writer gave it its name just now.
            throw FileError.inUse(url, process: nil)
        }
        for leftover in try FileSystem.contents(of: partial) { try FileSystem.remove(leftover) }
        return lock
    }

    private static func isFree(_ url: URL) throws -> Bool {
        guard FileSystem.exists(url) else { return true }
        return try FileSystem.isFolder(url) && FileSystem.contents(of: url).isEmpty
    }

    /// Swaps two names in one step, or in two where the file system cannot; `replaced` then ends up under
    /// `fresh`'s name all the same.
    private static func exchange(_ fresh: URL, with replaced: URL) throws {
        if exchangeNames(fresh.path, replaced.path) { return }
        let aside = replaced.deletingLastPathComponent()
            .appendingPathComponent(".\(replaced.lastPathComponent).replaced\(URL.partialSuffix)")
        try FileSystem.rename(replaced, to: aside)
        try FileSystem.rename(fresh, to: replaced)
        try FileSystem.rename(aside, to: fresh)
    }
}

#if canImport(Darwin)
private func exchangeNames(_ one: String, _ other: String) -> Bool {
    renamex_np(one, other, UInt32(RENAME_SWAP)) == 0
}
#else
/// `renameat2` with RENAME_EXCHANGE, looked up by name: Swift's view of glibc leaves it out.
private func exchangeNames(_ one: String, _ other: String) -> Bool {
    typealias Function =
        @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    return unsafeBitCast(symbol, to: Function.self)(AT_FDCWD, one, AT_FDCWD, other, 2) == 0
}
#endif
