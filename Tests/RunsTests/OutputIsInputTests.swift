import Foundation
import TestSupport
import Testing

@testable import Runs

@Suite struct OutputIsInputTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("w", to: "run/final/config.json")
        try folder.write("{}", to: "data/rows.jsonl")
    }

    private func lost(_ output: String, reading inputs: String...) throws -> String? {
        do {
            try OutputIsInput.check(
                replacing: folder.item(output), reading: inputs.map { folder.item($0) })
        } catch let error as OutputIsInput {
            return String(error.input.path.dropFirst(folder.url.path.count + 1))
        }
        return nil
    }

    @Test func whatLiesInTheOutputIsNamed() throws {
        #expect(try lost("run", reading: "data", "run/final") == "run/final")
        #expect(try lost("data/rows.jsonl", reading: "data") == "data/rows.jsonl")
        #expect(try lost("data/rows.jsonl", reading: "data/rows.jsonl") == "data/rows.jsonl")
        #expect(try lost("run", reading: "run") == "run")
    }

    @Test func linksAreFollowed() throws {
        try FileManager.default.createSymbolicLink(
            at: folder.item("alias"), withDestinationURL: folder.item("run/final"))
        #expect(try lost("run", reading: "alias") == "alias")
        try FileManager.default.createDirectory(
            at: folder.item("snapshot"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: folder.item("snapshot/config.json"), withDestinationURL: folder.item("run/final/config.json"))
        try FileManager.default.createSymbolicLink(
            at: folder.item("snapshot/circle"), withDestinationURL: folder.item("snapshot"))
        #expect(try lost("run", reading: "snapshot") == "snapshot/config.json")
        try FileManager.default.createSymbolicLink(
            at: folder.item("latest"), withDestinationURL: folder.item("run"))
        #expect(try lost("latest", reading: "run/final") == "run/final")
    }

    @Test func neighboursAreLeftAlone() throws {
        try folder.write("x", to: "run/report/report.html")
        // A report in the folder of a run that it shows.
        #expect(try lost("run/report", reading: "run", "data") == nil)
        #expect(try lost("run", reading: "run-2", "data") == nil)
        #expect(try lost("nowhere", reading: "run") == nil)
    }
}
