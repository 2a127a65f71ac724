import Foundation

/// This program of tests in a process of its own, with other variables: what is decided before `main` shows only there.
public struct TestProgram {
    public let status: Int32
    /// What it wrote, errors included.
    public let output: String

    /// - Parameter filter: a pattern for the names of the tests that run.
    public init(filter: String, environment: [String: String]) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("", to: "output")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = ["--testing-library", "swift-testing", "--no-parallel", "--filter", filter]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let handle = try FileHandle(forWritingTo: file)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try process.waitUntilExit(within: 300)
        status = process.terminationStatus
        output = try folder.text(of: "output")
    }
}
