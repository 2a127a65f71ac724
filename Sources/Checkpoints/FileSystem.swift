import Foundation

/// The few calls of the operating system that durable writing needs, with errors that name the file.
enum FileSystem {
    static func rename(_ source: URL, to destination: URL) throws {
        guard Foundation.rename(source.path, destination.path) == 0 else {
            throw CheckpointError.system(.cannotCreate, destination, "move the finished output into place")
        }
    }

    /// Waits until a file's bytes, or a folder's list of names, are on the disk.
    static func synchronize(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CheckpointError.system(.inputOutput, url, "open it again for fsync")
        }
        defer { close(descriptor) }
        try synchronize(descriptor, of: url)
    }

    static func synchronize(_ descriptor: Int32, of url: URL) throws {
        guard retryingInterruptions({ Int(fsync(descriptor)) }) == 0 else {
            throw CheckpointError.system(.inputOutput, url, "write it out to the disk")
        }
    }

    /// `synchronize` for a folder, its files and its sub-folders.
    static func synchronizeTree(_ folder: URL) throws {
        for item in try contents(of: folder) {
            var status = stat()
            guard lstat(item.path, &status) == 0 else {
                throw CheckpointError.system(.inputOutput, item, "look at it")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try synchronizeTree(item)
            case S_IFREG: try synchronize(item)
            default: continue
            }
        }
        try synchronize(folder)
    }

    static func contents(of folder: URL) throws -> [URL] {
        try reporting(.inputOutput, folder, "list the folder") {
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        }
    }

    static func createFolder(_ folder: URL) throws {
        try reporting(.cannotCreate, folder, "create the folder") {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    static func remove(_ item: URL) throws {
        try reporting(.inputOutput, item, "remove it") { try FileManager.default.removeItem(at: item) }
    }

    /// Foundation's errors, in our own words.
    private static func reporting<Result>(
        _ kind: CheckpointError.Kind, _ url: URL, _ action: String, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch {
            throw CheckpointError(
                kind, file: url, expected: "to \(action)", found: "“\(error.localizedDescription)”",
                remedy: "check the path and its permissions")
        }
    }

    /// The whole of a small file; an error where it is larger than `maximumByteCount`.
    static func read(_ url: URL, maximumByteCount: Int = 1 << 26) throws -> Data {
        let file = try MappedFile(url)
        guard file.bytes.count <= maximumByteCount else {
            throw CheckpointError.malformed(
                url, nil, expected: "at most \(maximumByteCount) bytes", found: "\(file.bytes.count)")
        }
        return file.withBytes(0..<file.bytes.count) { Data($0) }
    }

    /// A call that a signal may cut short, repeated until it was not.
    static func retryingInterruptions(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
