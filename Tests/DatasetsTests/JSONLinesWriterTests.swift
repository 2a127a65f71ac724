import Files
import Foundation
import JSON
import Testing

@testable import Datasets

@Suite struct JSONLinesWriterTests {
    private let folder: TemporaryFolder
    private let file: URL

    init() throws {
        folder = try TemporaryFolder()
        file = folder.url.appendingPathComponent("new/rows.jsonl")
    }

    private func write(_ texts: [String], mode: JSONLinesWriter.Mode) throws {
        let writer = try JSONLinesWriter(file, mode: mode)
        for text in texts { try writer.append(TextRow(text: text)) }
        try writer.finish()
    }

    private func texts() throws -> [String] { try JSONLines(file).load(TextRow.self).map(\.row.text) }

    private var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)) ?? []
    }

    @Test func rowsAreReadBackInOrder() throws {
        let rows = (0..<5000).map { "row \($0) \n é 😀 \u{1}" }
        try write(rows, mode: .replace)
        #expect(try texts() == rows)
        #expect(names == ["rows.jsonl"])
    }

    @Test func equalRowsAreEqualBytes() throws {
        let orders = [Array(0..<50), (0..<50).reversed()]
        let extras = orders.map { JSONObject($0.map { (key: "key \($0)", value: .integer($0)) }) }
        var contents: [Data] = []
        for extra in extras {
            let writer = try JSONLinesWriter(file)
            try writer.append(PromptRow(prompt: .plain("p"), extra: extra))
            try writer.append([("z", 1), ("a", ["d": 1, "c": 2])])
            try writer.finish()
            contents.append(try Data(contentsOf: file))
        }
        #expect(contents[0] == contents[1])
        #expect(
            String(decoding: contents[0], as: UTF8.self).hasSuffix(
                "{\"z\": 1, \"a\": {\"c\": 2, \"d\": 1}}\n"))
    }

    @Test func unfinishedReplacementLeavesTheOldFile() throws {
        try write(["old"], mode: .replace)
        do {
            let writer = try JSONLinesWriter(file)
            try writer.append(TextRow(text: "new"))
            try writer.flush()
        }
        #expect(try texts() == ["old"])
        #expect(names == ["rows.jsonl"])
    }

    @Test func appendingGoesOnBehindTheLastWholeRow() throws {
        try write(["a"], mode: .append)
        try write(["b"], mode: .append)
        #expect(try texts() == ["a", "b"])
        // A process that was killed in the middle of a row.
        try Data((try String(contentsOf: file, encoding: .utf8) + "{\"text\": \"torn").utf8).write(to: file)
        try write(["c"], mode: .append)
        #expect(try texts() == ["a", "b", "c"])
        // An editor that leaves out the last line feed.
        try Data("{\"text\": \"by hand\"}".utf8).write(to: file)
        try write(["d"], mode: .append)
        #expect(try texts() == ["by hand", "d"])
        let long = String(repeating: "x", count: 200_000)
        try Data("{\"text\": \"a\"}\n{\"text\": \"\(long)".utf8).write(to: file)
        try write(["e"], mode: .append)
        #expect(try texts() == ["a", "e"])
    }

    @Test func errorsNameTheFileThatWasAskedFor() throws {
        let hidden = folder.url.appendingPathComponent(".rows.jsonl.partial")
        try FileManager.default.createDirectory(at: hidden, withIntermediateDirectories: true)
        let error = try dataError { _ = try JSONLinesWriter(hidden, mode: .append, for: file) }
        #expect(error.description.hasPrefix("\(file.path): expected a file that can be written, found "))
        #expect(!error.description.contains("partial"))
    }

    @Test func aSecondWriterIsRefused() throws {
        let writer = try JSONLinesWriter(file)
        try writer.append(TextRow(text: "first"))
        #expect(throws: FileError.inUse(file, process: nil)) { try JSONLinesWriter(file) }
        try writer.finish()
        #expect(try texts() == ["first"])
    }

    @Test func aFullDiskIsNamed() throws {
        let full = URL(fileURLWithPath: "/dev/full")
        let error = try dataError {
            let writer = try JSONLinesWriter(full, mode: .append)
            try writer.append(TextRow(text: "much"))
            try writer.flush()
        }
        #expect(error.file == "/dev/full" && error.found == "No space left on device")
    }

    @Test func placesThatCannotBeWrittenAreErrors() throws {
        let blocked = try folder.write("a file", to: "blocked").appendingPathComponent("rows.jsonl")
        let error = try dataError { _ = try JSONLinesWriter(blocked) }
        #expect(error.category == .inputOutput)
        #expect(error.description.hasPrefix("\(blocked.path): expected a file that can be written, found "))
    }
}
