import Errors
import Foundation
import Synchronization

/// Ctrl-C and `kill`: the first signal asks training to stop after the current step, the second ends the
/// process.
public enum Interruption {
    private static let isRequested = Atomic(false)

    /// Whether to write a checkpoint and stop; loops ask between steps.
    public static var requested: Bool { isRequested.load(ordering: .relaxed) }

    /// Takes over SIGINT and SIGTERM. From then on the first of them sets ``requested``, and one more ends
    /// the process at once with status 130.
    public static func install() {
        // Touched here so that the handler never finds it uninitialised: that would take a lock, forbidden in
        // a handler.
        isRequested.store(false, ordering: .relaxed)
        signal(SIGINT, handle)
        signal(SIGTERM, handle)
        // A parent that starts us from a thread of its own pool leaves them blocked, and they would never arrive.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Runs on whatever thread the signal stopped, so it does nothing but an atomic exchange and system
    /// calls.
    private static let handle: @convention(c) (Int32) -> Void = { _ in
        if isRequested.exchange(true, ordering: .relaxed) { _exit(130) }
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
