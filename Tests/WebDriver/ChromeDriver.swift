import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Debian's chromium through its driver, over the WebDriver protocol (https://www.w3.org/TR/webdriver2/).
public final class ChromeDriver: Sendable {
    private let process: Process
    private let input = Pipe()
    let port: UInt16
    /// Where browsers keep what they keep; gone with the driver.
    private let profiles: URL

    /// Whether this machine has both programs.
    public static var isInstalled: Bool { program("chromedriver") != nil && program("chromium") != nil }

    /// Says where to get them.
    public static let advice: String =
        "no chromium and chromedriver in PATH: apt-get install chromium chromium-driver"

    /// Starts the driver on a port that it finds itself. It and its browsers end with this object, and with this process however that ends:
    /// a shell beside it waits for the end of an input that only this process holds open.
    public init() throws {
        guard let program = Self.program("chromedriver") else { throw WebDriverError.notInstalled }
        profiles = FileManager.default.temporaryDirectory.appending(path: "heed-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: profiles, withIntermediateDirectories: true)
        let process = Process()
        self.process = process
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", #""$1" --port=0 & cat >/dev/null; kill $!; pkill -f "$TMPDIR"; rm -rf "$TMPDIR""#, "sh",
            program.path,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": profiles.path]) { $1 }
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.runTakingSignals()
        port = try Self.port(saidIn: output.fileHandleForReading)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// A new window, on a profile of its own.
    public func browser(width: Int = 1_200, height: Int = 900) async throws -> Browser {
        try await Browser(driver: self, width: width, height: height)
    }

    /// Reads what the driver says until it names its port.
    private static func port(saidIn output: FileHandle) throws -> UInt16 {
        var said = ""
        while let line = try? output.read(upToCount: 1), !line.isEmpty {
            said += String(decoding: line, as: UTF8.self)
            guard said.hasSuffix("."), let match = said.firstMatch(of: /on port (\d+)\./) else { continue }
            if let port = UInt16(match.1) { return port }
        }
        throw WebDriverError.driverEnded(said)
    }

    private static func program(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").lazy
            .map { URL(fileURLWithPath: "\($0)/\(name)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}

public enum WebDriverError: Error, CustomStringConvertible {
    case notInstalled
    /// The driver did not come up; what it said.
    case driverEnded(String)
    /// The driver refused a command.
    case refused(command: String, error: String, message: String)
    /// What was waited for did not come; with the page as it then was.
    case waitedInVain(String, page: String)

    public var description: String {
        switch self {
        case .notInstalled: ChromeDriver.advice
        case .driverEnded(let said): "chromedriver did not start: \(said)"
        case .refused(let command, let error, let message): "\(command): \(error): \(message)"
        case .waitedInVain(let what, let page): "waited in vain for \(what); the page said:\n\(page)"
        }
    }
}
