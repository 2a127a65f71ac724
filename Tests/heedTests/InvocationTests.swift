import Foundation
import TestSupport
import Testing

/// How these tests call programs.
@Suite struct InvocationTests {
    @Test func aProcessThatHangsIsKilledAndNamed() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["1000"]
        try process.run()
        let error = #expect(throws: HangingProcess.self) { try process.waitUntilExit(within: 0.1) }
        #expect(error?.description.hasPrefix("has not ended after 0.1 s: sleep 1000\n") == true)
        try process.waitUntilExit(within: 60)
        #expect(process.terminationReason == .uncaughtSignal)
    }

    /// Those of the threads that run tests are held back, which a process started there would inherit.
    @Test func whatIsCalledTakesSignals() throws {
        let shell = URL(fileURLWithPath: "/bin/sh")
        let call = try Invocation(program: shell, ["-c", "kill -TERM $$; echo lives"])
        #expect(call.status == SIGTERM && call.output.isEmpty)
    }
}
