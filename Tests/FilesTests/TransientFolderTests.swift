import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct TransientFolderTests {
    private let place: TemporaryFolder

    init() throws { place = try TemporaryFolder() }

    private func make(_ name: String, age: TimeInterval) throws -> URL {
        let folder = place.item(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: folder.appending(path: "left"))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: folder.path)
        return folder
    }

    @Test func itIsGoneWithTheLastReference() throws {
        var folder: TransientFolder? = try TransientFolder("kind", in: place.url)
        let url = try #require(folder?.url)
        #expect(url.lastPathComponent.hasPrefix("kind-") && FileSystem.exists(url))
        folder = nil
        #expect(!FileSystem.exists(url))
    }

    /// Left by a killed process; still held by a living one; just made; of another kind.
    @Test func theNextOneSweeps() throws {
        let left = try make("kind-left", age: 3600)
        let held = try make("kind-held", age: 3600)
        let fresh = try make("kind-fresh", age: 1)
        let other = try make("kindred", age: 3600)
        let lock = try FileLock(claimingFolder: held, for: held)
        let sweeping = try TransientFolder("kind", in: place.url)
        withExtendedLifetime((lock, sweeping)) {
            #expect(!FileSystem.exists(left))
            #expect(FileSystem.exists(held) && FileSystem.exists(fresh) && FileSystem.exists(other))
        }
    }
}
