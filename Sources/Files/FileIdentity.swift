import Foundation

/// Which file or folder a path leads to, whatever its name: another one put in its place differs.
public struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64

    /// `nil` where the path leads nowhere.
    public init?(_ url: URL) {
        var status = stat()
        guard stat(url.path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// What systems call differently.
extension stat {
    #if canImport(Darwin)
    /// When the content changed last.
    package var contentChange: timespec { st_mtimespec }
    /// When anything about the file changed last, its names and permissions included.
    package var statusChange: timespec { st_ctimespec }
    #else
    /// When the content changed last.
    package var contentChange: timespec { st_mtim }
    /// When anything about the file changed last, its names and permissions included.
    package var statusChange: timespec { st_ctim }
    #endif
}
