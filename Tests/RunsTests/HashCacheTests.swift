import Foundation
import TestSupport
import Testing

@testable import Runs

@Suite struct HashCacheTests {
    private let folder: ScratchFolder
    private let file: URL
    /// Takes files of any size, and lives a minute after they were written.
    private var cache: HashCache
    private let first = String(repeating: "a", count: 64)
    private let second = String(repeating: "b", count: 64)

    init() throws {
        folder = try ScratchFolder()
        file = try folder.write("weights", to: "weights")
        cache = HashCache(
            file: folder.url.appending(path: "home/hashes.txt"), smallestSize: 1,
            now: { Date.now.timeIntervalSince1970 + 60 })
    }

    @Test func unchangedFilesAreNotReadAgain() throws {
        #expect(try cache.hash(of: file) { first } == first)
        #expect(try cache.hash(of: file) { second } == first)
    }

    @Test func aChangeIsNoticed() throws {
        #expect(try cache.hash(of: file) { first } == first)
        usleep(20_000)
        try folder.write("WEIGHTS", to: "weights")
        #expect(try cache.hash(of: file) { second } == second)
    }

    /// As backup and unpacking programs do: the content is new, size and date are the old ones.
    @Test func aChangeUnderAnOldDateIsNoticed() throws {
        let dates = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(try cache.hash(of: file) { first } == first)
        usleep(20_000)
        try folder.write("WEIGHTS", to: "weights")
        try FileManager.default.setAttributes(
            [.modificationDate: try #require(dates[.modificationDate])], ofItemAtPath: file.path)
        #expect(try cache.hash(of: file) { second } == second)
    }

    @Test func whatWasJustWrittenIsNotTrusted() throws {
        var cache = cache
        cache.now = { Date.now.timeIntervalSince1970 }
        #expect(try cache.hash(of: file) { first } == first)
        #expect(try cache.hash(of: file) { second } == second)
    }

    @Test func smallFilesAreNotLookedUp() throws {
        var cache = cache
        cache.smallestSize = 100
        #expect(try cache.hash(of: file) { first } == first)
        #expect(try cache.hash(of: file) { second } == second)
        #expect(!folder.holds("home"))
    }

    @Test(arguments: ["", "\n\n", "1 2 3 4.5 6.7 8", "\u{0}\u{1}\n"])
    func aSpoiledCacheIsReplaced(content: String) throws {
        #expect(try cache.hash(of: file) { first } == first)
        let spoiled = try folder.text("home/hashes.txt").dropLast(10) + content
        try Data(spoiled.utf8).write(to: cache.file)
        #expect(try cache.hash(of: file) { second } == second)
        #expect(try cache.hash(of: file) { first } == second)
    }

    @Test func theOldestAreForgotten() throws {
        var cache = cache
        cache.capacity = 2
        for name in ["one", "two", "three"] {
            _ = try cache.hash(of: try folder.write(name, to: name)) { first }
        }
        #expect(try folder.text("home/hashes.txt").split(separator: "\n").count == 2)
        #expect(try cache.hash(of: folder.url.appending(path: "three")) { second } == first)
        #expect(try cache.hash(of: folder.url.appending(path: "one")) { second } == second)
    }

    @Test func aMissingFileIsTheCallersToReport() throws {
        struct Missing: Error {}
        #expect(throws: Missing.self) {
            try cache.hash(of: folder.url.appending(path: "absent")) { throw Missing() }
        }
    }
}
