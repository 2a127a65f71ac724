import Foundation

/// An empty folder for one test, removed with the last reference to it.
public final class ScratchFolder {
    public let url = FileManager.default.temporaryDirectory.appending(path: "heed-\(UUID().uuidString)")
        .resolvingSymlinksInPath()

    public init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    public func path(_ name: String) -> String { url.appending(path: name).path }

    public func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    public func data(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }

    public func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

    /// Writes a file, and makes the folders it lies in. Its URL is relative to the folder, so that messages name it as a user there would have.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> URL {
        let file = URL(fileURLWithPath: name, relativeTo: URL(fileURLWithPath: url.path + "/"))
        try FileManager.default.createDirectory(
            at: file.absoluteURL.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file
    }
}
