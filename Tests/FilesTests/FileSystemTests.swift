import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct FileSystemTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func createsFoldersOnTheWay() throws {
        try FileSystem.createFolder(folder.item("a/b/c"))
        try FileSystem.createFolder(folder.item("a/b/c"))
        #expect(FileSystem.isFolder(folder.item("a/b/c")))
        let file = try folder.write("x", to: "file")
        #expect(throws: FileError.refused(file, .create, code: EEXIST)) { try FileSystem.createFolder(file) }
    }

    @Test func readsAcrossChunks() throws {
        let content = Data((0..<(1 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try content.write(to: folder.item("big"))
        #expect(try FileSystem.read(folder.item("big")) == content)
        var sizes: [Int] = []
        try FileSystem.forEachChunk(of: folder.item("big")) { sizes.append($0.count) }
        #expect(sizes == [1 << 20, 17])
    }

    @Test func errorsOfTheSystemKeepTheirCode() throws {
        let missing = folder.item("missing")
        #expect(throws: FileError.refused(missing, .read, code: ENOENT)) { try FileSystem.read(missing) }
        #expect(FileError.refused(missing, .read, code: ENOENT).category == .missingInput)
        #expect(throws: FileError.refused(folder.url, .read, code: EISDIR)) {
            try FileSystem.read(folder.url)
        }
        #expect(throws: FileError.refused(missing, .list, code: ENOENT)) {
            try FileSystem.contents(of: missing)
        }
        #expect(throws: FileError.refused(missing, .remove, code: ENOENT)) { try FileSystem.remove(missing) }
        #expect(throws: FileError.refused(missing, .synchronize, code: ENOENT)) {
            try FileSystem.synchronize(missing)
        }
    }

    @Test func identityFollowsTheFileNotTheName() throws {
        let first = try folder.write("x", to: "a")
        let identity = try #require(FileIdentity(first))
        try FileSystem.rename(first, to: folder.item("b"))
        #expect(FileIdentity(folder.item("b")) == identity)
        try folder.write("x", to: "a")
        #expect(FileIdentity(first) != identity)
        #expect(FileIdentity(folder.item("missing")) == nil)
    }
}
