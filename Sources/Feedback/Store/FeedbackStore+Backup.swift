import Files
import Foundation
import GRDB

extension FeedbackStore {
    /// Copies the store as it is at one moment, while others keep writing to it. The copy appears whole or not at all,
    /// and replaces a file that is there.
    ///
    /// - Parameter progress: called with how much is done, from 0 to 1.
    public func backup(to destination: URL, progress: (Double) -> Void = { _ in }) throws {
        let folder = destination.deletingLastPathComponent()
        let partial = folder.appendingPathComponent(
            ".\(destination.lastPathComponent).\(UUID().uuidString).partial")
        do {
            try StoreFile.createEmpty(partial)
            try copy(to: partial, progress: progress)
            try FileSystem.synchronize(partial)
            try FileSystem.rename(partial, to: destination)
            try FileSystem.synchronize(folder)
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial.path + suffix) }
            throw StoreFile.translated(error, in: destination)
        }
    }

    private func copy(to partial: URL, progress: (Double) -> Void) throws {
        let copy = try DatabaseQueue(path: partial.path)
        try withoutActuallyEscaping(progress) { progress in
            try pool.backup(to: copy, pagesPerStep: 256) { state in
                progress(Double(state.completedPageCount) / Double(max(1, state.totalPageCount)))
            }
        }
        // One file that holds everything, without the companions of a store in use.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
    }
}
