import Foundation

/// Fetches packages through the user's own pip and apt, and so from whatever index those are set up for.
struct PackageFetcher {
    /// The Python whose pip is used, looked up on the PATH unless it is a path.
    var python = "python3"
    /// The same of apt.
    var apt = "apt-get"
    /// Seconds between two looks at what has arrived.
    var interval = 0.2

    /// Downloads an archive into `folder`, an empty one.
    ///
    /// - Parameter progress: bytes arrived and bytes in all; what it throws ends the download.
    func fetch(
        _ package: PackageArchive, into folder: URL, progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> URL {
        // pip unpacks what arrives into TMPDIR; kept inside the folder, its growth can be seen and nothing is left elsewhere.
        let arriving = folder.appending(path: "arriving")
        let log = folder.appending(path: "fetching.log")
        try FileManager.default.createDirectory(at: arriving, withIntermediateDirectories: true)
        let program = SystemProgram(
            command: try command(for: package, into: folder), folder: folder, temporaryFolder: arriving,
            log: log)
        let status = try program.run(lookingEvery: interval) {
            try progress(min(byteCount(of: folder), package.byteCount), package.byteCount)
        }
        guard status == 0, let archive = archive(package, in: folder) else {
            throw failure(of: package, report: program.report, folder: folder)
        }
        return archive
    }

    private func command(for package: PackageArchive, into folder: URL) throws -> [String] {
        let pip = [
            python, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--no-input",
            "--retries", "2", "--dest", folder.path,
        ]
        switch package.kind {
        case .wheel: return pip + ["--only-binary=:all:", package.requirement]
        case .source:
            // pip asks the sources for their name and so runs some of them: only once their hash is the one that was pinned.
            let requirements = folder.appending(path: "requirements.txt")
            try Data("\(package.requirement) --hash=sha256:\(package.sha256)\n".utf8).write(to: requirements)
            let name = package.requirement.prefix { $0 != "=" }
            return pip + ["--no-binary=\(name)", "--require-hashes", "--requirement", requirements.path]
        case .debian: return [apt, "download", package.requirement]
        }
    }

    /// Lays out what an archive holds in `folder`, which does not exist yet, by the system's own programs.
    func unpack(_ archive: URL, _ kind: PackageArchive.Kind, into folder: URL, log: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let command =
            switch kind {
            case .wheel: ["unzip", "-q", archive.path, "-d", folder.path]
            case .source: ["tar", "-xzf", archive.path, "-C", folder.path]
            case .debian: ["dpkg-deb", "-x", archive.path, folder.path]
            }
        let program = SystemProgram(command: command, folder: folder, temporaryFolder: folder, log: log)
        guard try program.run(lookingEvery: interval, progress: {}) == 0 else {
            throw CatalogueError.cannotUnpack(
                archive,
                reason: "\(command[0]) could not unpack it: "
                    + (program.report.split(whereSeparator: \.isNewline).last.map(String.init)
                        ?? "it says nothing"))
        }
    }

    private func archive(_ package: PackageArchive, in folder: URL) -> URL? {
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let suffix = URL(fileURLWithPath: package.fileName).pathExtension
        return files?.first { $0.pathExtension == suffix }
    }

    private func byteCount(of folder: URL) -> Int {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        return (files?.allObjects ?? []).reduce(0) { sum, file in
            sum + ((try? (file as? URL)?.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
        }
    }

    /// What pip's or apt's own words come down to.
    private func failure(of package: PackageArchive, report: String, folder: URL) -> CatalogueError {
        func says(_ phrases: String...) -> Bool { phrases.contains { report.contains($0) } }
        if says("No module named pip") { return .pipMissing(reason: "\(python) has no pip") }
        if says("No such file or directory") && says("env: ") {
            return package.kind == .debian
                ? .aptMissing(requirement: package.requirement) : .pipMissing(reason: "there is no \(python)")
        }
        if says("No space left on device") { return .diskFull(folder: folder) }
        if says("connection broken", "Connection", "timed out", "Temporary failure") {
            return .networkDown(requirement: package.requirement)
        }
        let lastLine =
            report.split(whereSeparator: \.isNewline).last { $0.hasPrefix("E") } ?? "it says nothing"
        return .notServed(
            requirement: package.requirement,
            reason: lastLine
                + (package.kind == .debian ? " (apt-get update brings apt's lists up to date)" : ""))
    }
}
