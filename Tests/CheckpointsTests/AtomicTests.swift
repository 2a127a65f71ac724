import Foundation
import Testing

@testable import Checkpoints

@Suite struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Interruption: Error {}

    @Test func writesAndReplaces() throws {
        let url = folder.url.appendingPathComponent("a.json")
        try AtomicFile.write(Data("one".utf8), to: url)
        try AtomicFile.write(Data("two, longer".utf8), to: url)
        try AtomicFile.write(Data(), to: url.deletingLastPathComponent().appendingPathComponent("empty"))
        #expect(try String(contentsOf: url, encoding: .utf8) == "two, longer")
        #expect(try folder.names == ["a.json", "empty"])
    }

    @Test func aFailureInTheMiddleKeepsTheOldFile() throws {
        let url = try folder.file("a", "old".utf8)
        #expect(throws: Interruption.self) {
            try AtomicFile.write(to: url) { file in
                try file.write(Data("new".utf8))
                #expect(try folder.names.count == 2)
                throw Interruption()
            }
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        #expect(try folder.names == ["a"])
    }

    @Test func theOldFileIsWholeUntilTheEnd() throws {
        let url = try folder.file("a", "old".utf8)
        try AtomicFile.write(to: url) { file in
            try file.write(Data("new".utf8))
            #expect(try String(contentsOf: url, encoding: .utf8) == "old")
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == "new")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aFullDiskNamesTheFile() throws {
        let url = folder.url.appendingPathComponent("model.safetensors")
        let writer = FileWriter(descriptor: open("/dev/full", O_WRONLY), for: url)
        expectError(.inputOutput, url.path, "write 3 more bytes", "No space left", "free some space") {
            try writer.write(Data([1, 2, 3]))
        }
    }

    @Test func whereNothingCanBeCreated() throws {
        expectError(.cannotCreate, "absent/a", "check the path") {
            try AtomicFile.write(Data(), to: folder.url.appendingPathComponent("absent/a"))
        }
        let occupied = folder.url.appendingPathComponent("folder")
        try FileManager.default.createDirectory(at: occupied, withIntermediateDirectories: true)
        expectError(.cannotCreate, occupied.path) { try AtomicFile.write(Data(), to: occupied) }
        #expect(try folder.names == ["folder"])
    }
}

@Suite struct AtomicFolderTests {
    private let folder: TemporaryFolder
    private var target: URL { folder.url.appendingPathComponent("deep/checkpoint-10") }
    private var partial: URL { folder.url.appendingPathComponent("deep/.checkpoint-10.partial") }

    init() throws { folder = try TemporaryFolder() }

    private struct Interruption: Error {}

    private func fill(_ folder: URL) throws {
        try Data("1".utf8).write(to: folder.appendingPathComponent("a"))
        let inner = folder.appendingPathComponent("inner")
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        try Data("2".utf8).write(to: inner.appendingPathComponent("b"))
    }

    private func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

    @Test func appearsWhole() throws {
        let result = try AtomicFolder.create(at: target) { partial in
            try fill(partial)
            #expect(!exists(target))
            return 5
        }
        #expect(result == 5 && !exists(partial))
        #expect(try String(contentsOf: target.appendingPathComponent("inner/b"), encoding: .utf8) == "2")
    }

    @Test func aFailureLeavesNothing() throws {
        #expect(throws: Interruption.self) {
            try AtomicFolder.create(at: target) { partial in
                try fill(partial)
                throw Interruption()
            }
        }
        #expect(!exists(target) && !exists(partial))
    }

    @Test func errorsSpeakOfTheFinishedFolder() throws {
        expectError(.cannotCreate, target.appendingPathComponent("absent/a").path) {
            try AtomicFolder.create(at: target) { partial in
                try AtomicFile.write(Data(), to: partial.appendingPathComponent("absent/a"))
            }
        }
    }

    @Test func nothingIsOverwritten() throws {
        try AtomicFolder.create(at: target) { try fill($0) }
        expectError(.cannotCreate, target.path, "existing folder") {
            try AtomicFolder.create(at: target) { _ in _ = Issue.record("ran") }
        }
        let file = try folder.file("file")
        expectError(.cannotCreate, "existing file") {
            try AtomicFolder.create(at: file) { _ in _ = Issue.record("ran") }
        }
    }

    @Test func anEmptyFolderIsTakenOver() throws {
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        try AtomicFolder.create(at: target) { try fill($0) }
        #expect(exists(target.appendingPathComponent("a")))
    }

    @Test func whatAKilledProcessLeftIsCleared() throws {
        try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
        try fill(partial)
        try Data("stale".utf8).write(to: partial.appendingPathComponent("stale"))
        try AtomicFolder.create(at: target) { folder in
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            try fill(folder)
        }
        #expect(!exists(target.appendingPathComponent("stale")))
    }

    @Test func oneWriterAtATime() throws {
        try AtomicFolder.create(at: target) { partial in
            try fill(partial)
            expectError(.cannotCreate, target.path, "another process") {
                try AtomicFolder.create(at: target) { _ in _ = Issue.record("ran") }
            }
        }
        #expect(exists(target.appendingPathComponent("inner/b")))
    }
}
