import Foundation

/// An empty folder that is removed with the last reference to it.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("heed-tests-\(UUID().uuidString)")
        .resolvingSymlinksInPath()

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func item(_ name: String) -> URL { url.appendingPathComponent(name) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> URL {
        try Data(text.utf8).write(to: item(name))
        return item(name)
    }
}
