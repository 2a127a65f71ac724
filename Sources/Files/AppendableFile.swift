import Foundation

/// A file that grows by whole records: each reaches the system in full before ``append(_:)`` returns, or not
/// at all.
public final class AppendableFile {
    public let url: URL
    private let descriptor: Int32

    /// Opens the file for appending, or creates it.
    public init(_ url: URL) throws {
        self.url = url
        descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError.refused(url, .create, code: errno) }
    }

    deinit { close(descriptor) }

    /// Survives the end of this process at once, and a power failure from the next ``synchronize()`` on.
    ///
    /// - Throws: ``FileError``. On a full disk the part of the record that was written is taken back.
    public func append(_ record: some ContiguousBytes) throws {
        let length = try status().st_size
        do {
            try FileWriter(descriptor: descriptor, for: url).write(record)
        } catch {
            ftruncate(descriptor, length)
            throw error
        }
    }

    /// Cuts the file after its first `length` bytes.
    public func truncate(to length: Int) throws {
        guard ftruncate(descriptor, off_t(length)) == 0 else {
            throw FileError.refused(url, .write, code: errno)
        }
    }

    public func synchronize() throws {
        try FileSystem.synchronize(descriptor, of: url)
    }

    private func status() throws -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.refused(url, .write, code: errno) }
        // Without a name left, the bytes would vanish with this process.
        guard status.st_nlink > 0 else { throw FileError.lost(url) }
        return status
    }
}
