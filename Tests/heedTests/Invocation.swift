import Foundation
import TestSupport
import WebDriver

/// One call of the built program, as a shell would make it.
struct Invocation {
    let status: Int32
    let output: String
    let errors: String

    /// Lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The catalogue's folder is a place that does not exist, unless the environment names one.
    init(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws {
        try self.init(arguments, input: input, environment: environment)
    }

    init(
        program: URL = Self.program, _ arguments: [String], input: String = "",
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["HEED_HOME": "/nonexistent/heed"]) { $1 }.merging(environment) { $1 }
        let (standardInput, standardOutput, standardError) = (Pipe(), try Scratch(), try Scratch())
        process.standardInput = standardInput
        process.standardOutput = standardOutput.handle
        process.standardError = standardError.handle
        try process.runTakingSignals()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        try process.waitUntilExit(within: 300)
        status = process.terminationStatus
        output = try standardOutput.text()
        errors = try standardError.text()
    }

    /// Starts a call, sends it a signal as soon as a condition holds, unless it has ended before, and returns its status.
    @discardableResult
    static func signal(
        _ signal: Int32, _ arguments: [String], environment: [String: String] = [:],
        once condition: () -> Bool
    ) throws -> Int32 {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runTakingSignals()
        let deadline = Deadline(seconds: 300)
        while !condition(), process.isRunning, !deadline.isOver { usleep(2_000) }
        kill(process.processIdentifier, signal)
        try process.waitUntilExit(within: 300)
        return process.terminationStatus
    }

    /// Beside the test bundle, where the package manager builds both.
    static let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "heed")
}

/// A file that a process writes into: unlike a pipe it is never full.
private struct Scratch {
    let handle: FileHandle
    private let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    init() throws {
        try Data().write(to: url)
        handle = try FileHandle(forWritingTo: url)
    }

    func text() throws -> String {
        defer { try? FileManager.default.removeItem(at: url) }
        try handle.close()
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
}
