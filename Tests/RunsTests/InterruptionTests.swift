import Foundation
import Testing

@testable import Runs

/// In processes of their own: signals and their handlers belong to the whole process.
@Suite struct InterruptionTests {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
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

    /// When a terminal closes, the signal may come from the system and from the shell.
    @Test func aClosedTerminalEndsNothingAtOnce() async {
        await #expect(processExitsWith: .exitCode(129)) {
            Interruption.install()
            try await send(SIGHUP)
            kill(getpid(), SIGHUP)
            try await Task.sleep(for: .milliseconds(50))
            exit(Interruption.exitStatus)
        }
    }

    @Test func nohupIsRespected() async {
        await #expect(processExitsWith: .success) {
            signal(SIGHUP, SIG_IGN)
            Interruption.install()
            kill(getpid(), SIGHUP)
            try await Task.sleep(for: .milliseconds(50))
            #expect(!Interruption.requested)
        }
    }

    @Test func onlyWhatIsStoppedHearsOfIt() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            Interruption.stopping(isOn: true) {
                kill(getpid(), SIGTERM)
                while !Interruption.requested { usleep(1_000) }
            }
            #expect(!Interruption.requested)
            kill(getpid(), SIGTERM)
            try await Task.sleep(for: .seconds(10))
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
