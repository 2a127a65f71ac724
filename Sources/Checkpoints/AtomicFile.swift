import Foundation

/// Files that are either whole or not there.
public enum AtomicFile {
    /// Replaces the file at `url`; whatever goes wrong, the old one stays.
    public static func write(_ data: Data, to url: URL) throws {
        try write(to: url) { try $0.write(data) }
    }

    /// Writes a file piece by piece under a temporary name in the same folder, waits for the disk, and
    /// renames it.
    ///
    /// If `body` throws or the disk fills up, the temporary file is removed and a file that was at `url`
    /// stays as it was.
    public static func write<Result>(to url: URL, _ body: (FileWriter) throws -> Result) throws -> Result {
        let folder = url.deletingLastPathComponent()
        let temporary = folder.appendingPathComponent(
            ".\(url.lastPathComponent).\(UUID().uuidString).partial")
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CheckpointError.system(.cannotCreate, url, "create the file") }
        let writer = FileWriter(descriptor: descriptor, for: url)
        do {
            let result = try body(writer)
            try writer.finish()
            try FileSystem.rename(temporary, to: url)
            try FileSystem.synchronize(folder)
            return result
        } catch {
            unlink(temporary.path)
            throw error
        }
    }
}

/// A file that is being written; errors name the file it will become.
public final class FileWriter {
    private let url: URL
    private var descriptor: Int32

    /// Takes over a descriptor that is open for writing, and closes it in the end.
    init(descriptor: Int32, for url: URL) {
        self.descriptor = descriptor
        self.url = url
    }

    deinit { closeDescriptor() }

    public func write(_ data: Data) throws {
        try data.withUnsafeBytes { try write($0) }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            // The kernel takes a little under 2 GiB a call, and on a nearly full disk fewer bytes than it was
            // given.
            let count = min(rest.count, 1 << 30)
            let written = FileSystem.retryingInterruptions { Foundation.write(descriptor, start, count) }
            guard written > 0 else {
                throw CheckpointError.system(.inputOutput, url, "write \(rest.count) more bytes")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Waits until everything is on the disk and closes the file.
    func finish() throws {
        try FileSystem.synchronize(descriptor, of: url)
        guard closeDescriptor() == 0 else {
            throw CheckpointError.system(.inputOutput, url, "close the file")
        }
    }

    @discardableResult
    private func closeDescriptor() -> Int32 {
        guard descriptor >= 0 else { return 0 }
        defer { descriptor = -1 }
        return close(descriptor)
    }
}
