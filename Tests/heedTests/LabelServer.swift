import Foundation
import JSON
import Synchronization
import TestSupport
import Testing
import WebDriver

/// `heed label` on a port of its own.
final class LabelServer: Sendable {
    let address: URL
    private let arguments: [String]
    /// Where it prints its link, and beside it its complaints.
    private let output: URL
    private let process: Mutex<Process>

    /// - Parameter more: flags besides the store and the port.
    init(store: URL, _ more: [String] = []) throws {
        address = try #require(URL(string: "http://127.0.0.1:\(try Self.freePort())/"))
        output = store.appendingPathExtension("output")
        arguments =
            ["label", "--store", store.path, "--port", "\(address.port ?? 0)", "--json"] + more
        process = try Mutex(Self.start(arguments, output))
    }

    /// Signs in whoever opens it first.
    func link() async throws -> URL {
        while process.withLock({ $0.isRunning }) {
            if let said = try? JSONValue(parsing: Data(contentsOf: output)), let url = said["url"]?.string {
                return try #require(URL(string: url))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CocoaError(.executableLoad)
    }

    /// What it said of what went wrong.
    var complaints: String {
        (try? String(contentsOf: Self.complaints(beside: output), encoding: .utf8)) ?? ""
    }

    private static func complaints(beside output: URL) -> URL { output.appendingPathExtension("errors") }

    func stop() {
        process.withLock { process in
            process.terminate()
            #expect(throws: Never.self) { try process.waitUntilExit(within: 60) }
        }
    }

    func killAndStartAgain() throws {
        try process.withLock { process in
            kill(process.processIdentifier, SIGKILL)
            try process.waitUntilExit(within: 60)
            process = try Self.start(arguments, output)
        }
    }

    private static func start(_ arguments: [String], _ output: URL) throws -> Process {
        let process = Process()
        process.executableURL = Invocation.program
        process.arguments = arguments
        for file in [output, complaints(beside: output)] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: complaints(beside: output))
        try process.runTakingSignals()
        return process
    }

    /// A port that nothing listens on at the moment, below those that systems give to clients: one of them, calling
    /// while the server is down, could get the very port and be connected to itself, and the server would find it taken.
    private static func freePort() throws -> Int {
        try #require((0..<100).lazy.map { _ in Int.random(in: 10_000..<16_000) }.first(where: isFree))
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
