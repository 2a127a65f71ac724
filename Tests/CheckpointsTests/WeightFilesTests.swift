import Foundation
import Testing

@testable import Checkpoints

@Suite struct WeightFilesTests {
    private let folder: TemporaryFolder
    private let entries: [SafetensorsWriter.Entry] = [
        .init("a", [4], [1, 2, 3, 4]), .init("b", [2], [5, 6]), .init("c", [1], [7]),
        .init("d", [5], [8, 9, 10, 11, 12]),
    ]

    init() throws { folder = try TemporaryFolder() }

    private func values() throws -> [String: [Float]] {
        let files = try WeightFiles(folder: folder.url)
        return try Dictionary(
            uniqueKeysWithValues: files.descriptions.keys.map {
                ($0, try files.withBytes(of: $0) { $0.floats })
            })
    }

    private let expected: [String: [Float]] = [
        "a": [1, 2, 3, 4], "b": [5, 6], "c": [7], "d": [8, 9, 10, 11, 12],
    ]

    @Test func oneFileBelowTheLimit() throws {
        try SafetensorsWriter.writeModel(entries, to: folder.url)
        #expect(try folder.names == ["model.safetensors"])
        #expect(try values() == expected)
        #expect(try WeightFiles(folder: folder.url).metadata == ["format": "pt"])
    }

    @Test func shardsAboveIt() throws {
        try SafetensorsWriter.writeModel(entries, to: folder.url, maximumShardBytes: 16)
        let names = (1...3).map { "model-0000\($0)-of-00003.safetensors" }
        #expect(try folder.names == names + ["model.safetensors.index.json"])
        #expect(try values() == expected)
        let index = try String(
            contentsOf: folder.url.appendingPathComponent("model.safetensors.index.json"), encoding: .utf8)
        #expect(
            index == """
                {
                  "metadata": {
                    "total_size": 48
                  },
                  "weight_map": {
                    "a": "\(names[0])",
                    "b": "\(names[1])",
                    "c": "\(names[1])",
                    "d": "\(names[2])"
                  }
                }

                """)
    }

    @Test func anEarlierModelsFilesGo() throws {
        _ = try folder.file("notes-1-of-2.safetensors")
        try SafetensorsWriter.writeModel(entries, to: folder.url, maximumShardBytes: 16)
        try SafetensorsWriter.writeModel(entries, to: folder.url, maximumShardBytes: 28)
        #expect(
            try folder.names == [
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "notes-1-of-2.safetensors",
            ])
        try SafetensorsWriter.writeModel(entries, to: folder.url)
        #expect(try folder.names == ["model.safetensors", "notes-1-of-2.safetensors"])
        try SafetensorsWriter.writeModel(entries, to: folder.url, maximumShardBytes: 28)
        #expect(try values() == expected)
        #expect(try folder.names.count == 4)
    }

    @Test func duplicatesAcrossShards() throws {
        expectError(.malformed, "'a' again") {
            try SafetensorsWriter.writeModel(
                entries + [.init("a", [1], [1])], to: folder.url, maximumShardBytes: 16)
        }
    }

    @Test func nothingThere() throws {
        expectError(.missing, folder.url.path, "model.safetensors") {
            _ = try WeightFiles(folder: folder.url)
        }
        try SafetensorsWriter.writeModel(entries, to: folder.url)
        expectError(.malformed, "'z'") { try WeightFiles(folder: folder.url).withBytes(of: "z") { _ in } }
    }

    @Test func anIndexThatLies() throws {
        try SafetensorsWriter.writeModel(entries, to: folder.url, maximumShardBytes: 28)
        let index = folder.url.appendingPathComponent("model.safetensors.index.json")
        let sound = try String(contentsOf: index, encoding: .utf8)
        func rewrite(_ from: String, _ to: String) throws {
            #expect(sound.contains(from))
            try Data(sound.replacingOccurrences(of: from, with: to).utf8).write(to: index)
        }
        func open() throws { _ = try WeightFiles(folder: folder.url) }

        // As transformers: what nothing holds is missed only where it is needed.
        try rewrite(#"    "a": "#, #"    "z": "model-00001-of-00002.safetensors",\#n    "a": "#)
        #expect(throws: Never.self, performing: open)
        try rewrite(#""d": "model-00002"#, #""d": "model-00001"#)
        expectError(.malformed, "'d'") { try WeightFiles(folder: folder.url).withBytes(of: "d") { _ in } }
        try rewrite(#"    "a": "model-00001-of-00002.safetensors",\#n"#, "")
        expectError(.malformed, "also 'a'", from: open)
        try rewrite(#""d": "model-00002-of-00002.safetensors""#, #""d": "model-00003-of-00002.safetensors""#)
        expectError(.missing, "model-00003-of-00002.safetensors", from: open)
        for path in [
            "../\(folder.url.lastPathComponent)/model-00002-of-00002.safetensors", "/etc/passwd", "..", "",
        ] {
            try rewrite("model-00002-of-00002.safetensors", path)
            expectError(.malformed, "points outside", from: open)
        }
        try rewrite(#""a": "model-00001-of-00002.safetensors""#, #""a": 1"#)
        expectError(.malformed, index.path, "weight_map.a", from: open)
        try rewrite("weight_map", "weights")
        expectError(.malformed, index.path, "weight_map", from: open)
        try rewrite("{", "[")
        expectError(.malformed, index.path, "byte", from: open)
    }

    @Test(arguments: Fixtures.models) func goldenModelsHoldTheirParameters(_ model: String) throws {
        let files = try WeightFiles(folder: Fixtures.golden(model))
        let configuration = try ModelConfiguration(contentsOf: Fixtures.golden("\(model)/config.json"))
        #expect(files.descriptions.mapValues(\.shape) == configuration.parameterShapes)
    }
}
