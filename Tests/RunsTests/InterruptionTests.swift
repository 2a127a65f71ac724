import Foundation
import Testing

@testable import Runs

/// In processes of their own: signals and their handlers belong to the whole process.
@Suite struct InterruptionTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func theFirstSignalAsks(_ signal: Int32) async {
        await #expect(processExitsWith: .success) { [signal = signal as Int32] in
            Interruption.install()
            #expect(!Interruption.requested)
            try await send(signal)
            #expect(Interruption.requested)
        }
    }

    @Test func theSecondSignalEndsAtOnce() async {
        await #expect(processExitsWith: .exitCode(130)) {
            Interruption.install()
            try await send(SIGINT)
            try await send(SIGTERM)
        }
    }

    @Test func theUserIsTold() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            Interruption.install()
            try await send(SIGINT)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("Stopping after this step; once more to stop at once."))
    }
}

/// Sends a signal to this process and gives it up to ten seconds to arrive: the system picks the thread.
private func send(_ signal: Int32) async throws {
    let wasRequested = Interruption.requested
    kill(getpid(), signal)
    for _ in 0..<1000 where Interruption.requested == wasRequested {
        try await Task.sleep(for: .milliseconds(10))
    }
}
