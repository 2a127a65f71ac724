import Foundation
import TestSupport
import Testing

@Suite struct StartUpTests {
    /// The setting stands in the environment: in the place of the shell's `_` where that is long enough, otherwise because the
    /// process has started itself once more.
    @Test(arguments: [nil, "7"], [nil, "/a", "/long/enough/to/be/replaced"])
    func threadsSleepUnlessTheUserSaysOtherwise(setting: String?, shellVariable: String?) throws {
        let process = Process()
        process.executableURL = Invocation.program
        process.arguments = ["tokenizer", "encode", "--model", Self.model]
        process.environment = ["PATH": "/usr/bin", "GOMP_SPINCOUNT": setting, "_": shellVariable]
            .compactMapValues { $0 }
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let wanted = "GOMP_SPINCOUNT=\(setting ?? "0")"
        #expect(try waits { try environment(of: process).contains(wanted) })
        #expect(try environment(of: process).contains("PATH=/usr/bin"))
        // It reads until its input ends, and keeps its arguments.
        try input.fileHandleForWriting.close()
        try process.waitUntilExit(within: 300)
        #expect(process.terminationStatus == 0)
    }

    private static let model = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/golden/tiny-llama").path()

    private func environment(of process: Process) throws -> [String] {
        let content = try Data(contentsOf: URL(filePath: "/proc/\(process.processIdentifier)/environ"))
        return content.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the condition comes to hold; a condition that never does must not hang the tests.
    private func waits(until condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<5_000 {
            if try condition() { return true }
            usleep(2_000)
        }
        return false
    }
}
