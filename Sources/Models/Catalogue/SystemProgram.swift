import Foundation

/// A program of the system that runs beside, looked up on the PATH unless it is a path.
struct SystemProgram {
    let command: [String]
    /// Where it runs, and what it takes for TMPDIR.
    let folder: URL
    let temporaryFolder: URL
    /// What it writes, errors too.
    let log: URL

    /// All that it has written.
    var report: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Runs it to its end, looking at `progress` while it works; what that throws ends it.
    /// - Returns: its exit status.
    func run(lookingEvery interval: Double, progress: () throws -> Void) throws -> Int32 {
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        defer { try? output.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporaryFolder.path]) {
            $1
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
            while process.isRunning {
                try progress()
                Thread.sleep(forTimeInterval: interval)
            }
        } catch {
            if process.isRunning {
                // It inherits the signals that are blocked here, SIGTERM perhaps, and has nothing of its own to tidy.
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            throw error
        }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
