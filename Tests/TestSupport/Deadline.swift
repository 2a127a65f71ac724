/// When a test stops waiting for what may never come.
public struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    public init(seconds: Double) {
        end = ContinuousClock.now + .seconds(seconds)
    }

    public var isOver: Bool { ContinuousClock.now > end }

    /// Sleeps, unless the time is over: then it throws, with what was waited for.
    public func pause(_ duration: Duration, _ reason: @autoclosure () -> String = "") async throws {
        guard !isOver else { throw WaitedInVain(reason: reason()) }
        try await Task.sleep(for: duration)
    }
}

struct WaitedInVain: Error {
    let reason: String
}
