import Foundation

/// The few calls of the operating system that durable writing needs, with errors that name the file.
public enum FileSystem {
    /// Creates the folder and the folders above it; one that is there already is fine.
    public static func createFolder(_ folder: URL) throws {
        if mkdir(folder.path, 0o777) == 0 { return }
        switch errno {
        case EEXIST where isFolder(folder): return
        case ENOENT where folder.path.count > 1:
            try createFolder(folder.deletingLastPathComponent())
            guard mkdir(folder.path, 0o777) == 0 || (errno == EEXIST && isFolder(folder)) else {
                throw FileError.refused(folder, .create, code: errno)
            }
        default: throw FileError.refused(folder, .create, code: errno)
        }
    }

    /// What lies in the folder, hidden names too, in the order of the names' bytes.
    public static func contents(of folder: URL) throws -> [URL] {
        do {
            return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .sorted { $0.lastPathComponent.utf8.lexicographicallyPrecedes($1.lastPathComponent.utf8) }
        } catch {
            throw FileError.refused(folder, .list, code: systemCode(of: error))
        }
    }

    /// Removes a file, or a folder with all it holds.
    public static func remove(_ item: URL) throws {
        var status = stat()
        guard lstat(item.path, &status) == 0 else { throw FileError.refused(item, .remove, code: errno) }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            for inner in try contents(of: item) { try remove(inner) }
        }
        guard (isFolder ? rmdir(item.path) : unlink(item.path)) == 0 else {
            throw FileError.refused(item, .remove, code: errno)
        }
    }

    public static func read(_ file: URL) throws -> Data {
        var data = Data()
        try forEachChunk(of: file) { data.append(contentsOf: $0) }
        return data
    }

    /// Reads a file from front to back in pieces of at most 1 MiB.
    public static func forEachChunk(of file: URL, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.refused(file, .read, code: errno) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = retryingInterruptions {
                Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            }
            guard count >= 0 else { throw FileError.refused(file, .read, code: errno) }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Gives what is at `source` the name `destination`, replacing a file or an empty folder there in one
    /// step.
    public static func rename(_ source: URL, to destination: URL) throws {
        guard Foundation.rename(source.path, destination.path) == 0 else {
            if errno == ENOTEMPTY || errno == EEXIST { throw FileError.alreadyExists(destination) }
            throw FileError.refused(destination, .moveIntoPlace, code: errno)
        }
    }

    /// Waits until a file's bytes, or a folder's list of names, are on the disk.
    public static func synchronize(_ item: URL) throws {
        let descriptor = open(item.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.refused(item, .synchronize, code: errno) }
        defer { close(descriptor) }
        try synchronize(descriptor, of: item)
    }

    /// ``synchronize(_:)`` for a folder, its files and its folders.
    public static func synchronizeTree(_ folder: URL) throws {
        for item in try contents(of: folder) {
            var status = stat()
            guard lstat(item.path, &status) == 0 else {
                throw FileError.refused(item, .synchronize, code: errno)
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try synchronizeTree(item)
            case S_IFREG: try synchronize(item)
            default: continue
            }
        }
        try synchronize(folder)
    }

    static func synchronize(_ descriptor: Int32, of item: URL) throws {
        // EINVAL: this file system has nothing to wait for here, as some answer for folders.
        guard retryingInterruptions({ Int(fsync(descriptor)) }) == 0 || errno == EINVAL else {
            throw FileError.refused(item, .synchronize, code: errno)
        }
    }

    /// In bytes.
    public static func size(of file: URL) throws -> Int {
        var status = stat()
        guard stat(file.path, &status) == 0 else { throw FileError.refused(file, .read, code: errno) }
        return Int(status.st_size)
    }

    public static func isFolder(_ url: URL) -> Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether anything has this name, a link to nowhere included.
    public static func exists(_ url: URL) -> Bool {
        var status = stat()
        return lstat(url.path, &status) == 0
    }

    /// A call that a signal may cut short, repeated until it was not.
    static func retryingInterruptions(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private static func systemCode(of error: any Error) -> Int32 {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO
    }
}
