import Files
import Foundation

extension RunFolder {
    /// A folder `checkpoint-N`: everything that is needed to continue after step N.
    public struct Checkpoint: Equatable, Sendable {
        public let step: Int
        public let url: URL
    }

    static let checkpointPrefix = "checkpoint-"

    static func checkpoint(ofStep step: Int, in folder: URL) -> URL {
        folder.appendingPathComponent(checkpointPrefix + String(step))
    }

    /// The checkpoints of the run at `folder`, earliest step first. What is being written, or was left
    /// half-written by a killed process, is not among them.
    public static func checkpoints(in folder: URL) throws -> [Checkpoint] {
        try FileSystem.contents(of: folder).compactMap { item in
            let name = item.lastPathComponent
            guard name.hasPrefix(checkpointPrefix), let step = Int(name.dropFirst(checkpointPrefix.count)),
                step >= 0, name == checkpointPrefix + String(step),
                FileSystem.isFolder(item), try !FileSystem.contents(of: item).isEmpty
            else { return nil }
            return Checkpoint(step: step, url: item)
        }.sorted { $0.step < $1.step }
    }

    /// The checkpoint of `step`, where there is one.
    public func checkpoint(ofStep step: Int) throws -> Checkpoint? {
        try Self.checkpoints(in: url).first { $0.step == step }
    }

    /// The checkpoint with the highest step.
    public func latestCheckpoint() throws -> Checkpoint? {
        try Self.checkpoints(in: url).last
    }

    /// Removes all checkpoints but the latest `count` (nil: none) and the one of `keptStep`.
    public func removeCheckpoints(exceptLast count: Int?, and keptStep: Int? = nil) throws {
        precondition(count.map { $0 > 0 } ?? true, "the last \(count ?? 0) are kept, expected at least 1")
        let all = try Self.checkpoints(in: url)
        for old in all.dropLast(count ?? all.count) where old.step != keptStep {
            try AtomicFolder.remove(old.url)
        }
    }

    /// The latest checkpoint, checked.
    static func newestCheckpoint(in folder: URL) throws -> Checkpoint? {
        let all = try checkpoints(in: folder)
        guard let newest = all.last else { return nil }
        do {
            try check(newest, in: folder)
        } catch let error as RunError {
            let whole = all.dropLast().last { (try? check($0, in: folder)) != nil }
            throw whole.map {
                RunError.damagedCheckpoint(newest.url, what: "\(error)", older: $0.url)
            } ?? error
        }
        return newest
    }

    /// - Throws: ``RunError/malformed(_:line:expected:found:)`` where the checkpoint is not as it was written, or where
    ///   `metrics.jsonl` does not lead up to it.
    static func check(_ checkpoint: Checkpoint, in folder: URL) throws {
        try FolderSums.check(checkpoint.url)
        let log = MetricsLog.file(in: folder)
        let last = FileSystem.exists(log) ? try StepLog.lastStep(of: log, through: checkpoint.step) : 0
        guard last == checkpoint.step else {
            throw RunError.malformed(
                log, line: nil,
                expected: "records of all steps through \(checkpoint.step), the checkpoint's,",
                found: "none after step \(last)")
        }
    }
}
