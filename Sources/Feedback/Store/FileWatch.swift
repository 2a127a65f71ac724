import Files
import Foundation
import Synchronization

/// Watches that the file of a store stays the one that was opened.
///
/// SQLite does not notice when another program puts a file in its place, or writes an older copy over it: it would go on to
/// acknowledge what nobody finds again. Within the file only SQLite moves, when it brings its log into it; the number of
/// the last entry of the audit, which every change writes into the file's header, then only grows.
final class FileWatch: Sendable {
    /// What the file system says about a file.
    private struct Signature: Hashable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init?(_ url: URL) {
            var status = stat()
            guard stat(url.path, &status) == 0 else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            (seconds, nanoseconds) = (status.contentChange.tv_sec, status.contentChange.tv_nsec)
        }

        func isFile(_ other: Signature) -> Bool { device == other.device && inode == other.inode }
    }

    private struct State {
        var signature: Signature?
        /// The last entry that the file alone is known to hold, without the log.
        var sequence: UInt32
        var isLost = false
        /// Kept open as long as the store is: where any descriptor of a file is closed, the process loses all its locks
        /// on the file, SQLite's among them.
        var descriptor: Int32
    }

    private let url: URL
    private let state: Mutex<State>

    /// - Parameter url: of a store that is open for writing.
    init(_ url: URL) throws {
        self.url = url
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.refused(url, .read, code: errno) }
        let sequence = Self.sequence(in: descriptor) ?? 0
        state = Mutex(State(signature: Signature(url), sequence: sequence, descriptor: descriptor))
    }

    /// Whether the file was found not to be the store's any more.
    var isLost: Bool { state.withLock(\.isLost) }

    /// Once the store is closed.
    func end() {
        state.withLock { state in
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
        }
    }

    /// - Throws: ``FeedbackError/replaced(_:)``, and from then on always.
    func check() throws {
        let isLost = state.withLock { state in
            if !state.isLost { state.isLost = !isSame(&state) }
            return state.isLost
        }
        if isLost { throw FeedbackError.replaced(url) }
    }

    private func isSame(_ state: inout State) -> Bool {
        guard let former = state.signature, let present = Signature(url), present.isFile(former) else {
            return false
        }
        if present == former { return true }
        guard let sequence = Self.sequence(in: state.descriptor), sequence >= state.sequence else {
            return false
        }
        (state.signature, state.sequence) = (present, sequence)
        return true
    }

    /// The last entry of the audit by the file's header; nil where that is not the header of a store in use, as of a
    /// backup.
    private static func sequence(in descriptor: Int32) -> UInt32? {
        var header = [UInt8](repeating: 0, count: 100)
        guard pread(descriptor, &header, header.count, 0) == header.count else { return nil }
        return StoreFile.sequence(inHeader: header)
    }
}
