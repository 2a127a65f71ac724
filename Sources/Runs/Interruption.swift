import Errors
import Foundation
import Synchronization

/// Ctrl-C, `kill` and a terminal that closes: the first signal asks work to stop where nothing is lost, the second ends the
/// process.
public enum Interruption {
    /// The signal that asked, or 0.
    private static let request = Atomic<Int32>(0)
    private static let isQuiet = Atomic(false)

    /// Whether to write a checkpoint and stop; loops ask between steps.
    public static var requested: Bool { request.load(ordering: .relaxed) != 0 }

    /// How a process ends that was asked to: 129 where the terminal closed, as a shell counts, and else 130.
    public static var exitStatus: Int32 { status(after: request.load(ordering: .relaxed)) }

    /// Takes over SIGINT, SIGTERM and SIGHUP. From then on the first of them sets ``requested``, and one more ends the process
    /// at once with status 130. SIGHUP may come from several sides when a terminal closes, so it ends nothing at once; where it
    /// is ignored, as under `nohup`, it stays so.
    public static func install() { takeOver(isQuiet: false) }

    /// Calls `body` with the signals taken over, and gives them back: what they ask then is to stop `body` alone.
    /// - Parameter isOn: whether they are taken over at all.
    public static func stopping<Result>(isOn: Bool, _ body: () throws -> Result) rethrows -> Result {
        guard isOn else { return try body() }
        let former = takeOver(isQuiet: true)
        defer {
            for (number, handler) in former { signal(number, handler) }
            request.store(0, ordering: .relaxed)
        }
        return try body()
    }

    /// - Returns: the signals, and who handled them before.
    @discardableResult
    private static func takeOver(isQuiet: Bool) -> [(Int32, SignalHandler?)] {
        // Touched here so that the handler never finds them uninitialised: that would take a lock, forbidden in a handler.
        self.isQuiet.store(isQuiet, ordering: .relaxed)
        request.store(0, ordering: .relaxed)
        let closing = signal(SIGHUP, SIG_IGN)
        let isIgnored = unsafeBitCast(closing, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        let former = ([SIGINT, SIGTERM] + (isIgnored ? [] : [SIGHUP])).map { number in
            let handler = signal(number, handle)
            return (number, number == SIGHUP ? closing : handler)
        }
        // A parent that starts us from a thread of its own pool leaves them blocked, and they would never arrive.
        var signals = sigset_t()
        sigemptyset(&signals)
        for (number, _) in former { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        return former
    }

    private typealias SignalHandler = @convention(c) (Int32) -> Void

    private static func status(after signal: Int32) -> Int32 { signal == SIGHUP ? 129 : 130 }

    /// Runs on whatever thread the signal stopped, so it does nothing but an atomic exchange and system
    /// calls.
    private static let handle: SignalHandler = { signal in
        let former = request.exchange(signal, ordering: .relaxed)
        if former != 0, signal != SIGHUP { _exit(status(after: former)) }
        if former != 0 || isQuiet.load(ordering: .relaxed) { return }
        let notice: StaticString = "\nStopping after this step; once more to stop at once.\n"
        _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
    }
}

/// The user asked to stop. What was done is kept.
public struct Interrupted: CategorizedError, Equatable, CustomStringConvertible {
    /// How far the work had come, as `after step 3` or `in stage 2 of 5`; nil where that says nothing.
    public let progress: String?
    /// How to continue.
    public let remedy: String

    public init(_ progress: String? = nil, remedy: String) {
        self.progress = progress
        self.remedy = remedy
    }

    /// Work that begins again, of which nothing was left half done.
    public static let startsOver = Interrupted(remedy: "the same command starts again")
    /// Work of which the finished part is kept.
    public static let resumes = Interrupted(remedy: "the same command resumes where it stopped")

    public var category: ErrorCategory { .interrupted }

    public var description: String { "interrupted" + (progress.map { " \($0)" } ?? "") + "; \(remedy)" }
}

extension Interruption {
    /// - Throws: `interrupted` where the user asked to stop.
    public static func check(_ interrupted: Interrupted) throws {
        if requested { throw interrupted }
    }
}
