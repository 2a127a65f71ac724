import Foundation

/// A file that is either whole or not there.
///
/// It is written piece by piece as a hidden sibling, `.NAME.partial`, which ``putInPlace()`` waits for and renames. Without
/// that the sibling is removed, and a file that was at ``url`` stays as it was. What a killed process left of a sibling is
/// taken over by the next one for the same ``url``.
///
///     let file = try AtomicFile(report)
///     try file.write(data)
///     try file.putInPlace()
public final class AtomicFile {
    /// Where it will be; errors name this.
    public let url: URL
    private let partial: URL
    private let lock: FileLock
    private let writer: FileWriter
    private var isInPlace = false

    /// - Throws: ``FileError``, ``FileError/inUse(_:process:)`` where another one for the same ``url`` is being written.
    public init(_ url: URL) throws {
        self.url = url
        partial = url.partialSibling
        lock = try FileLock(claimingFile: partial, for: url)
        writer = FileWriter(descriptor: lock.descriptor, for: url)
        guard ftruncate(lock.descriptor, 0) == 0 else {
            throw FileError.refused(url, .write, code: errno)
        }
    }

    deinit {
        if !isInPlace { unlink(partial.path) }
    }

    public func write(_ data: some ContiguousBytes) throws {
        precondition(!isInPlace, "\(url.path) is in its place already")
        try writer.write(data)
    }

    /// Waits for the disk and gives the file its name, once.
    public func putInPlace() throws {
        precondition(!isInPlace, "\(url.path) is in its place already")
        try FileSystem.synchronize(lock.descriptor, of: url)
        try FileSystem.rename(partial, to: url)
        isInPlace = true
        try FileSystem.synchronize(url.deletingLastPathComponent())
    }
}

extension AtomicFile {
    /// Replaces the file at `url`; whatever goes wrong, the old one stays.
    public static func write(_ data: Data, to url: URL) throws {
        try write(to: url) { try $0.write(data) }
    }

    /// Replaces the file at `url` by a value as JSON: the same bytes for the same value.
    public static func write(encoding value: some Encodable, to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try write(encoder.encode(value), to: url)
    }

    /// Replaces the file at `url` by what `body` writes; if that throws or the disk fills up, the old one stays.
    ///
    /// - Throws: ``FileError``, or what `body` throws.
    public static func write<Result>(to url: URL, _ body: (FileWriter) throws -> Result) throws -> Result {
        let file = try AtomicFile(url)
        let result = try body(file.writer)
        try file.putInPlace()
        return result
    }
}

extension URL {
    /// The hidden name under which what will be here is written.
    var partialSibling: URL {
        deletingLastPathComponent().appendingPathComponent(".\(lastPathComponent)\(URL.partialSuffix)")
    }

    package static let partialSuffix = ".partial"
}
