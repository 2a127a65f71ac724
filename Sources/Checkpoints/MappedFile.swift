import Foundation

/// A whole file mapped read-only into memory.
///
/// Checkpoints are replaced by renaming, never rewritten in place, so that a mapped one keeps its bytes while
/// it is read.
final class MappedFile: Sendable {
    let url: URL
    /// Valid as long as this object lives; written by nobody, so any thread may read it.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    init(_ url: URL) throws {
        self.url = url
        // Without O_NONBLOCK a named pipe in place of the file would block here for ever.
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw CheckpointError.system(url, "open the file") }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CheckpointError.system(url, "read the size of the file")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(
                .malformed, file: url, expected: "a file", found: "a folder or a device",
                remedy: "name the file itself")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw CheckpointError.system(url, "map \(size) bytes")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }

    /// Runs `body` on a part of the file; the pointer is good only within it and may be unaligned.
    func withBytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }

    /// Lets the system take back the memory that holds a part of the file, without waiting for a need of it; what is used
    /// again is read again.
    func releasePages(_ range: Range<Int>) {
        guard let start = bytes.baseAddress else { return }
        let first = range.lowerBound / Self.pageSize * Self.pageSize
        madvise(
            UnsafeMutableRawPointer(mutating: start + first), range.upperBound - first, MADV_DONTNEED)
    }

    private static let pageSize = Int(getpagesize())
}
