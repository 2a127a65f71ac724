import Foundation
import JSON
import Synchronization
import Testing
import WebDriver

/// `heed label` on a port of its own.
final class LabelServer: Sendable {
    let address: URL
    private let arguments: [String]
    /// Where it prints its link.
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

    func stop() {
        process.withLock { process in
            process.terminate()
            process.waitUntilExit()
        }
    }

    func killAndStartAgain() throws {
        try process.withLock { process in
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            process = try Self.start(arguments, output)
        }
    }

    private static func start(_ arguments: [String], _ output: URL) throws -> Process {
        let process = Process()
        process.executableURL = Invocation.program
        process.arguments = arguments
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.runTakingSignals()
        return process
    }

    /// A port that nothing listens on at the moment.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
            }
        }
        try #require(!failure)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
