import Foundation
import Synchronization

/// Ctrl-C and `kill`: the first signal asks training to stop after the step at hand, the second ends the
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
