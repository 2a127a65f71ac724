import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct AtomicFolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func fill(_ url: URL, _ text: String) throws {
        try FileSystem.createFolder(url.appendingPathComponent("inner"))
        try Data(text.utf8).write(to: url.appendingPathComponent("inner/file"))
    }

    @Test func createsWithTheFoldersAbove() throws {
        let result = try AtomicFolder.create(at: folder.item("x/y/new")) { partial in
            try fill(partial, "content")
            return partial.lastPathComponent
        }
        #expect(result == ".new.partial")
        #expect(try folder.text(of: "x/y/new/inner/file") == "content")
        #expect(try FileSystem.contents(of: folder.item("x/y")).map(\.lastPathComponent) == ["new"])
    }

    @Test func takesOverAnEmptyFolderAndNothingElse() throws {
        try FileSystem.createFolder(folder.item("empty"))
        try AtomicFolder.create(at: folder.item("empty")) { try fill($0, "content") }
        #expect(try folder.text(of: "empty/inner/file") == "content")
        for name in ["empty", "file"] {
            if name == "file" { try folder.write("x", to: name) }
            #expect(throws: FileError.alreadyExists(folder.item(name))) {
                try AtomicFolder.create(at: folder.item(name)) { _ in Issue.record("must not be filled") }
            }
        }
    }

    @Test func failureLeavesNothing() throws {
        #expect(throws: Mishap.self) {
            try AtomicFolder.create(at: folder.item("new")) { partial in
                try fill(partial, "half")
                throw Mishap()
            }
        }
        #expect(try folder.names == [])
    }

    @Test func errorsNameTheFolderAndNotItsHiddenPart() throws {
        let (outside, inside) = (folder.item("elsewhere"), folder.item("new/file"))
        for (found, named) in [(folder.item(".new.partial/file"), inside), (outside, outside)] {
            #expect(throws: FileError.refused(named, .write, code: ENOSPC)) {
                try AtomicFolder.create(at: folder.item("new")) { _ in
                    throw FileError.refused(found, .write, code: ENOSPC)
                }
            }
        }
    }

    @Test func aKilledWritersPartIsNotMixedIn() throws {
        try folder.write("old half", to: ".new.partial/stale")
        try AtomicFolder.create(at: folder.item("new")) { try fill($0, "content") }
        #expect(try FileSystem.contents(of: folder.item("new")).map(\.lastPathComponent) == ["inner"])
    }

    @Test func replacesAsAWhole() throws {
        try folder.write("old", to: "a/stale")
        try AtomicFolder.replace(at: folder.item("a")) { partial in
            #expect(try folder.text(of: "a/stale") == "old")
            try fill(partial, "new")
        }
        #expect(try folder.names == ["a"])
        #expect(try FileSystem.contents(of: folder.item("a")).map(\.lastPathComponent) == ["inner"])
        #expect(throws: Mishap.self) {
            try AtomicFolder.replace(at: folder.item("a")) { _ in throw Mishap() }
        }
        #expect(try folder.text(of: "a/inner/file") == "new")
        #expect(try folder.names == ["a"])
    }

    @Test func refusesASecondWriter() throws {
        let url = folder.item("a")
        try AtomicFolder.create(at: url) { partial in
            #expect(throws: FileError.inUse(url, process: nil)) {
                try AtomicFolder.create(at: url) { _ in Issue.record("must not be filled") }
            }
            try AtomicFolder.removeLeftovers(in: folder.url)
            try fill(partial, "content")
        }
        #expect(try folder.text(of: "a/inner/file") == "content")
    }

    @Test func removesLeftoversOnly() throws {
        try folder.write("x", to: ".a.partial")
        try folder.write("x", to: ".b.partial/c")
        try folder.write("x", to: ".hidden")
        try folder.write("x", to: "shown.partial")
        try AtomicFolder.removeLeftovers(in: folder.url)
        #expect(try folder.names == [".hidden", "shown.partial"])
    }

    @Test func removesAFolder() throws {
        try folder.write("x", to: "a/b/c")
        try folder.write("x", to: ".a.partial/stale")
        try AtomicFolder.remove(folder.item("a"))
        #expect(try folder.names == [])
    }
}
