import Foundation

/// An empty folder that is removed with the last reference to it.
public final class TemporaryFolder: Sendable {
    public let url = FileManager.default.temporaryDirectory.appendingPathComponent(
        "heed-tests-\(UUID().uuidString)"
    )
    .resolvingSymlinksInPath()

    public init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    public func item(_ name: String) -> URL { url.appendingPathComponent(name) }

    @discardableResult
    public func write(_ text: String, to name: String) throws -> URL {
        let item = item(name)
        try FileManager.default.createDirectory(
            at: item.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: item)
        return item
    }

    public func text(of name: String) throws -> String { try String(contentsOf: item(name), encoding: .utf8) }

    public var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}
