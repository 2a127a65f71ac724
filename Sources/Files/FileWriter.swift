import Foundation

/// A file that is being written; errors name the file it will become.
public final class FileWriter {
    private let descriptor: Int32
    private let url: URL

    init(descriptor: Int32, for url: URL) {
        self.descriptor = descriptor
        self.url = url
    }

    public func write(_ data: some ContiguousBytes) throws {
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
                throw FileError.refused(url, .write, code: written == 0 ? ENOSPC : errno)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }
}
