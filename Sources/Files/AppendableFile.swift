import Foundation

/// A file that grows by whole records: each reaches the system in full before ``append(_:)`` returns, or not
/// at all.
public final class AppendableFile {
    public let url: URL
    private let descriptor: Int32

    /// Opens the file for appending, or creates it.
    public init(_ url: URL) throws {
        self.url = url
        descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
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

    /// The number of bytes in the file.
    public var byteCount: Int { get throws { Int(try status().st_size) } }

    /// What follows the last `separator`, or everything where there is none: a record that was torn, or one that was
    /// written by hand. It is read from the end of the file.
    public func tail(after separator: UInt8) throws -> [UInt8] {
        let pieceByteCount = 64 * 1024
        var tail: [UInt8] = []
        var start = try byteCount
        while start > 0 {
            let end = start
            start = max(0, end - pieceByteCount)
            let piece = try bytes(start..<end)
            if let last = piece.lastIndex(of: separator) { return piece[(last + 1)...] + tail }
            tail = piece + tail
        }
        return tail
    }

    /// - Throws: ``FileError/lost(_:)`` where the file is shorter.
    package func bytes(_ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var read = 0
        while read < bytes.count {
            let count = bytes.withUnsafeMutableBytes { target in
                FileSystem.retryingInterruptions {
                    pread(
                        descriptor, target.baseAddress.map { $0 + read }, target.count - read,
                        off_t(range.lowerBound + read))
                }
            }
            guard count >= 0 else { throw FileError.refused(url, .read, code: errno) }
            // Somebody else has just cut the file.
            guard count > 0 else { throw FileError.lost(url) }
            read += count
        }
        return bytes
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
