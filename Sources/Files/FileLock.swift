import Foundation

/// Holds a file or folder for one writer, by `flock`: the system lifts it when the process ends, however it
/// ends.
///
/// Two locks exclude each other within one process as well. A file system without locks answers with an error
/// of another kind; there, one writer at a time is the user's care.
public final class FileLock: Sendable {
    let descriptor: Int32

    /// Creates the file where it is missing, holds it, and leaves this process' id in it for the error of the
    /// next one.
    ///
    /// - Parameter resource: what the lock stands for, named in the errors.
    /// - Throws: ``FileError/inUse(_:process:)`` at once where another holds it; never waits.
    public convenience init(at file: URL, for resource: URL) throws {
        try self.init(claimingFile: file, for: resource, holder: { Self.process(namedIn: file) })
        let identifier = Data("\(getpid())\n".utf8)
        let count = identifier.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == identifier.count, ftruncate(descriptor, off_t(count)) == 0 else {
            throw FileError.refused(file, .write, code: errno)
        }
    }

    convenience init(claimingFile file: URL, for resource: URL, holder: () -> Int32? = { nil }) throws {
        try self.init(file, flags: O_RDWR | O_CREAT, for: resource, holder: holder)
    }

    convenience init(claimingFolder folder: URL, for resource: URL) throws {
        try self.init(folder, flags: O_RDONLY | O_DIRECTORY, for: resource, holder: { nil })
    }

    private init(_ path: URL, flags: Int32, for resource: URL, holder: () -> Int32?) throws {
        while true {
            let descriptor = open(path.path, flags | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw FileError.refused(resource, .create, code: errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
                close(descriptor)
                throw FileError.inUse(resource, process: holder())
            }
            // The previous holder may have renamed the file between our opening and locking it.
            if let opened = FileIdentity(descriptor: descriptor), opened == FileIdentity(path) {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    private static func process(namedIn file: URL) -> Int32? {
        (try? FileSystem.read(file)).flatMap { Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) }
    }
}
