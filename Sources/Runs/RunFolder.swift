import Files
import Foundation

/// The folder of one run, held for this process alone: manifest, metrics, samples, checkpoints and the final
/// model.
///
/// One thread at a time writes it. The lock is `flock`'s, so a killed process leaves none behind.
public final class RunFolder {
    public enum Mode: Sendable {
        /// Starts a run where there is none.
        case new
        /// Resumes from the latest checkpoint, or from the start where there is none yet.
        case resume
        /// Starts a run in the place of the one that is there, which is removed once the new one has something to show.
        case force
    }

    public let url: URL
    public private(set) var manifest: RunManifest
    public let metrics: MetricsLog
    /// `samples.jsonl`: responses sampled while training, taken back to the checkpoint on resume as the
    /// metrics are.
    public let samples: StepLog
    /// `alarms.jsonl`: what went wrong without an error, as it was seen; taken back likewise.
    public let alarms: StepLog
    /// `explained.jsonl`: what some of them were worth, token by token, in the same way.
    public let explained: StepLog
    /// Where a resumed run continues from; `nil` at the start of a run.
    public let resumedCheckpoint: Checkpoint?

    /// Whether the run has failed with nothing to show, and the one that it was to replace is back in its place.
    public private(set) var hasGivenWay = false

    private let lock: FileLock
    private let identity: FileIdentity?
    private let former: FormerRun

    /// Starts a run at `url` or resumes the one that is there.
    ///
    /// - Parameters:
    ///   - manifest: what the run is made of. On resume the identifier and the start stay those of the run.
    ///   - mayDiffer: settings, by dotted path, that a resumed run may change: those that leave its numbers
    ///     alone, and how long it goes on.
    /// - Throws: ``RunError`` or ``FileError``. A run that is there already is then as it was.
    public static func create(
        at url: URL, manifest: RunManifest, mode: Mode, mayDiffer: Set<String> = []
    ) throws -> RunFolder {
        let url = url.resolvingSymlinksInPath()
        try FormerRun(of: url).recover()
        switch mode {
        case .new: return try start(at: url, manifest)
        case .resume: return try resume(at: url, manifest, mayDiffer: mayDiffer)
        case .force: return try restart(at: url, manifest)
        }
    }

    private static func start(at url: URL, _ manifest: RunManifest) throws -> RunFolder {
        if isRun(url) {
            guard failedAtOnce(url) else { throw occupied(url) }
            return try restart(at: url, manifest, keepsFormer: false)
        }
        do {
            let lock = try AtomicFolder.create(at: url) { try prepare($0, manifest, for: url) }
            return try RunFolder(url, manifest, lock: lock, resuming: nil)
        } catch FileError.alreadyExists {
            throw occupied(url)
        }
    }

    /// Whether a run ended by an error before its first step: there is nothing in it that anybody could miss.
    private static func failedAtOnce(_ url: URL) -> Bool {
        guard let manifest = try? RunManifest(contentsOf: RunManifest.file(in: url)),
            case .failed = manifest.status, manifest.lastStep == 0
        else { return false }
        return (try? hasSomethingToShow(url)) == false
    }

    /// Whether a run has come further than its logs: to a checkpoint, a final model, a round or a member.
    static func hasSomethingToShow(_ url: URL) throws -> Bool {
        try FileSystem.contents(of: url).contains { item in
            try !item.lastPathComponent.hasPrefix(".") && FileSystem.isFolder(item)
                && !FileSystem.contents(of: item).isEmpty
        }
    }

    private static func occupied(_ url: URL) -> RunError {
        guard FileSystem.isFolder(url) else { return .isFile(url) }
        guard isRun(url) else { return .notARun(url) }
        return .alreadyExists(url, try? RunManifest(contentsOf: RunManifest.file(in: url)))
    }

    private static func restart(at url: URL, _ manifest: RunManifest, keepsFormer: Bool = true) throws
        -> RunFolder
    {
        guard isRun(url) else { return try start(at: url, manifest) }
        let foreign = try RunContents.foreign(in: url)
        guard foreign.isEmpty else { throw RunError.holdsMore(url, foreign) }
        let formerLock = try lock(url, for: url)
        let lock = try withExtendedLifetime(formerLock) {
            let fresh = { try prepare($0, manifest, for: url) }
            return try keepsFormer
                ? FormerRun(of: url).replace(fresh) : AtomicFolder.replace(at: url, fresh)
        }
        return try RunFolder(url, manifest, lock: lock, resuming: nil)
    }

    private static func resume(at url: URL, _ manifest: RunManifest, mayDiffer: Set<String>) throws
        -> RunFolder
    {
        guard isRun(url) else { throw RunError.nothingToResume(url) }
        let lock = try lock(url, for: url)
        let file = RunManifest.file(in: url)
        let former = try RunManifest(contentsOf: file)
        let differences = former.differences(from: manifest, ignoring: mayDiffer)
        guard differences.isEmpty else {
            throw RunError.differs(url, differences, isFinished: former.status == .finished)
        }
        if former.status == .finished, former.configuration == manifest.configuration {
            throw RunError.alreadyFinished(url)
        }
        try AtomicFolder.removeLeftovers(in: url)
        let checkpoint = try newestCheckpoint(in: url)
        var resumed = manifest
        resumed.identifier = former.identifier
        resumed.commandLine = former.commandLine
        resumed.started = former.started
        resumed.lastStep = checkpoint?.step ?? 0
        resumed.unknownMembers = former.unknownMembers
        let folder = try RunFolder(url, resumed, lock: lock, resuming: checkpoint)
        try resumed.write(to: file)
        return folder
    }

    /// What a folder needs to be a run, before it gets its name.
    private static func prepare(_ folder: URL, _ manifest: RunManifest, for url: URL) throws -> FileLock {
        try manifest.write(to: RunManifest.file(in: folder))
        return try lock(folder, for: url)
    }

    static func lock(_ folder: URL, for url: URL) throws -> FileLock {
        try FileLock(at: folder.appendingPathComponent(".lock"), for: url)
    }

    private static func isRun(_ url: URL) -> Bool { FileSystem.exists(RunManifest.file(in: url)) }

    private init(_ url: URL, _ manifest: RunManifest, lock: FileLock, resuming checkpoint: Checkpoint?) throws
    {
        self.url = url
        self.manifest = manifest
        self.lock = lock
        identity = FileIdentity(url)
        former = FormerRun(of: url)
        resumedCheckpoint = checkpoint
        metrics = try MetricsLog(folder: url, started: manifest.started, keepingThrough: manifest.lastStep)
        func log(_ name: String) throws -> StepLog {
            try StepLog(url.appendingPathComponent(name), keepingThrough: manifest.lastStep)
        }
        (samples, alarms) = (try log("samples.jsonl"), try log("alarms.jsonl"))
        explained = try StepLog(Self.explanations(in: url), keepingThrough: manifest.lastStep)
    }

    public static func explanations(in folder: URL) -> URL {
        folder.appendingPathComponent("explained.jsonl")
    }

    /// The command that resumes the run: its settings are in run.json.
    public var resumption: String { "heed \(manifest.command) --resume --output \(url.path.quotedForShell)" }

    /// Ends the run: everything written so far is on the disk when this returns. One that fails with nothing to show gives
    /// its place back to the run that it was to replace, and is gone.
    ///
    /// - Parameter notes: what people should know about how it went.
    public func finish(
        _ status: RunManifest.Status, notes: [String] = [], at date: Date = Date()
    ) throws {
        if case .failed = status, try !Self.hasSomethingToShow(url), try former.comeBack() {
            hasGivenWay = true
            return
        }
        try secure(throughStep: max(metrics.lastStep, manifest.lastStep)) {
            $0.status = status
            $0.notes = notes
            $0.ended = date
        }
        if try status == .finished || Self.hasSomethingToShow(url) { try former.remove() }
    }

    /// Writes `final/`, the model or adapter to use next, and returns where it is. What somebody put into the one that an
    /// earlier process of the run left stays.
    @discardableResult
    public func writeFinal(_ body: (URL) throws -> Void) throws -> URL {
        try checkPlace()
        let final = url.appendingPathComponent("final", isDirectory: true)
        try AtomicFolder.replace(at: final) { folder in
            try body(folder)
            try FolderSums.write(in: folder, as: FolderSums.hiddenName)
            try copyAdditions(of: final, to: folder)
        }
        try former.remove()
        return final
    }

    private func copyAdditions(of final: URL, to folder: URL) throws {
        guard FileSystem.isFolder(final) else { return }
        for path in try FolderSums.unlisted(in: final) {
            let copy = folder.appendingPathComponent(path)
            guard !FileSystem.exists(copy) else { continue }
            try FileSystem.createFolder(copy.deletingLastPathComponent())
            try FileManager.default.copyItem(at: final.appendingPathComponent(path), to: copy)
        }
    }

    /// Writes `checkpoint-N`: `body` fills a temporary folder, which gets its name once it is on the disk.
    ///
    /// - Parameters:
    ///   - count: how many of the latest checkpoints to keep, this one included; all of them where `nil`.
    ///   - keptStep: the step of an earlier checkpoint that stays in any case.
    public func writeCheckpoint(
        step: Int, keepingLast count: Int? = nil, and keptStep: Int? = nil, _ body: (URL) throws -> Void
    ) throws {
        try checkPlace()
        // The logs reach the disk first: a checkpoint of step N promises the records through N.
        try synchronizeLogs()
        try AtomicFolder.replace(at: Self.checkpoint(ofStep: step, in: url)) { folder in
            try body(folder)
            try FolderSums.write(in: folder)
        }
        try secure(throughStep: step)
        try former.remove()
        try removeCheckpoints(exceptLast: count, and: keptStep)
    }

    private func secure(throughStep step: Int, _ change: (inout RunManifest) -> Void = { _ in }) throws {
        try checkPlace()
        try synchronizeLogs()
        manifest.lastStep = step
        change(&manifest)
        try manifest.write(to: RunManifest.file(in: url))
    }

    private func synchronizeLogs() throws {
        try metrics.synchronize()
        try samples.synchronize()
        try alarms.synchronize()
        try explained.synchronize()
    }

    /// A folder that somebody removed would be made again by the next checkpoint, without run.json, metrics or
    /// lock.
    private func checkPlace() throws {
        guard let identity, FileIdentity(url) == identity else { throw FileError.lost(url) }
    }
}
