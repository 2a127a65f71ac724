import Files
import Foundation
import TestSupport
import Testing

@testable import Runs

/// What somebody put into the folder of a run.
@Suite struct RunContentsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var out: URL { folder.item("out") }

    private func run(_ mode: RunFolder.Mode) throws -> RunFolder {
        try RunFolder.create(at: out, manifest: .example(), mode: mode)
    }

    /// Two steps, with a checkpoint at the end.
    private func train(_ run: RunFolder) throws {
        for step in 1...2 { try run.metrics.append(.example(step: step)) }
        try run.writeCheckpoint(step: 2) { try write("weights", $0) }
    }

    private func write(_ text: String, _ folder: URL) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent("model.safetensors"))
    }

    @Test func forceSparesWhatNoRunWrites() throws {
        try train(run(.new))
        try folder.write("mine", to: "out/notes.txt")
        #expect(throws: RunError.holdsMore(out, ["notes.txt"])) { _ = try run(.force) }
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2])
        #expect(try RunContents.foreign(in: out) == ["notes.txt"])
        try FileSystem.remove(folder.item("out/notes.txt"))
        for name in [
            "round-1/kept.jsonl", "round-1/best-of-n.svg", "round-1/training/metrics.jsonl",
            "member-2/run.json", "explained.html", ".final.partial/x", "budget.json",
        ] {
            try folder.write("", to: "out/\(name)")
        }
        _ = try run(.force)
    }

    @Test(arguments: [
        "final/notes.txt", "final/.git/HEAD", "final/critic/notes.txt", "checkpoint-2/notes.txt",
        "round-1/notes.txt", "round-1/training/notes.txt", "member-1/judgments.jsonl",
    ]) func forceSparesWhatLiesInsideItsFolders(_ path: String) throws {
        let first = try run(.new)
        try train(first)
        try first.writeFinal { folder in
            try write("weights", folder)
            try FileSystem.createFolder(folder.appendingPathComponent("critic"))
            try write("critic", folder.appendingPathComponent("critic"))
        }
        #expect(try RunContents.foreign(in: out) == [])
        try folder.write("mine", to: "out/\(path)")
        #expect(throws: RunError.holdsMore(out, [path])) { _ = try run(.force) }
        #expect(FileSystem.exists(folder.item("out/\(path)")))
    }

    /// A finished run goes on to further steps, and its model is another; what lies beside it stays.
    @Test func aNewModelLeavesWhatWasPutBesideTheOldOne() throws {
        let run = try run(.new)
        try run.writeFinal { try write("old", $0) }
        try folder.write("mine", to: "out/final/notes/today.txt")
        try run.writeFinal { try write("new", $0) }
        #expect(try folder.text(of: "out/final/notes/today.txt") == "mine")
        #expect(try folder.text(of: "out/final/model.safetensors") == "new")
        #expect(try RunContents.foreign(in: out) == ["final/notes/today.txt"])
    }
}
