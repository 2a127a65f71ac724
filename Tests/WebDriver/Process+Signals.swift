import Foundation

extension Process {
    /// Starts the process so that it takes signals. The threads that run tasks take none, which what is started there
    /// inherits: it would neither end when it is told to nor hear of its own children.
    public func runTakingSignals() throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
