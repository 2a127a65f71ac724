import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct SafetensorsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A file with this header, and as many bytes of data.
    private func file(header: String, data: Int = 0, declared: UInt64? = nil) throws -> URL {
        var bytes: [UInt8] = []
        bytes.append(integer: declared ?? UInt64(header.utf8.count))
        return try folder.file("made.safetensors", bytes + header.utf8 + [UInt8](repeating: 7, count: data))
    }

    @Test func readsWhatTheReferenceImplementationWrote() throws {
        let file = try SafetensorsFile(Fixtures.golden("tiny-llama/model.safetensors"))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.tensors.count == 29)
        let norm = try #require(file.tensors["model.norm.weight"])
        #expect(norm.elementType == .float32 && norm.shape == [64] && norm.byteRange.count == 256)
        let values = try file.withBytes(of: "model.norm.weight") { $0.floats }
        #expect(values.allSatisfy { (0.5...1.5).contains($0) })
        let all = file.tensors.values.reduce(0) { $0 + $1.byteRange.count }
        #expect(all + 2992 + 8 == 688_824)
    }

    @Test func everyTypeAndShapeRoundTrips() throws {
        var entries = ElementType.allCases.map { type in
            SafetensorsWriter.Entry(
                "type \(type.rawValue)", type, [3, 5],
                (0..<15 * type.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        }
        entries.append(.init("scalar", [], [1.5]))
        entries.append(.init("empty", .int64, [0, 1 << 40], []))
        entries.append(.init("naïve \"name\"\n\u{1}😀", [1], [2.5]))
        let url = folder.url.appendingPathComponent("a.safetensors")
        try SafetensorsWriter.write(entries, to: url, metadata: ["format": "pt", "note": "ü\n"])

        let file = try SafetensorsFile(url)
        #expect(file.metadata == ["format": "pt", "note": "ü\n"])
        #expect(file.tensors.count == entries.count)
        for entry in entries {
            let tensor = try #require(file.tensors[entry.name])
            #expect(tensor.elementType == entry.elementType && tensor.shape == entry.shape)
            #expect(tensor.byteRange.lowerBound.isMultiple(of: entry.elementType.byteCount))
            var expected: [UInt8] = []
            try entry.withBytes { expected += $0 }
            #expect(try file.withBytes(of: entry.name) { Array($0) } == expected)
        }
        #expect(try folder.names == ["a.safetensors"])
    }

    @Test func theSameTensorsGiveTheSameBytesInAnyOrder() throws {
        let entries: [SafetensorsWriter.Entry] = [
            .init("b", .bfloat16, [1], [1, 2]), .init("c", [1], [3]), .init("a", .uint8, [3], [4, 5, 6]),
        ]
        let urls = ["1", "2"].map { folder.url.appendingPathComponent($0) }
        try SafetensorsWriter.write(entries, to: urls[0])
        try SafetensorsWriter.write(entries.reversed(), to: urls[1])
        let header =
            #"{"__metadata__":{"format":"pt"},"a":{"data_offsets":[6,9],"dtype":"U8","shape":[3]},"#
            + #""b":{"data_offsets":[4,6],"dtype":"BF16","shape":[1]},"c":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}}"#
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        var expected: [UInt8] = []
        expected.append(integer: UInt64(padded.utf8.count))
        expected += Array(padded.utf8) + [0, 0, 0x40, 0x40, 1, 2, 4, 5, 6]
        #expect(try Data(contentsOf: urls[0]) == Data(expected))
        #expect(try Data(contentsOf: urls[1]) == Data(expected))
    }

    @Test func bytesMayComeInPieces() throws {
        let url = folder.url.appendingPathComponent("a")
        let entry = SafetensorsWriter.Entry(name: "a", elementType: .uint8, shape: [4]) { write in
            for piece in [[1, 2], [], [3, 4]] as [[UInt8]] { try piece.withUnsafeBytes(write) }
        }
        try SafetensorsWriter.write([entry], to: url)
        #expect(try SafetensorsFile(url).withBytes(of: "a") { Array($0) } == [1, 2, 3, 4])
    }

    @Test func aWrongEntryLeavesTheOldFile() throws {
        let url = folder.url.appendingPathComponent("a")
        try SafetensorsWriter.write([.init("a", [1], [1])], to: url)
        let before = try Data(contentsOf: url)
        let short = SafetensorsWriter.Entry("late", .float32, [2], [0, 0, 0, 0])
        expectError(.malformed, url.path, "'late'", "8 bytes", "found 4") {
            try SafetensorsWriter.write([.init("early", [1], [2]), short], to: url)
        }
        expectError(.malformed, "'a' again") {
            try SafetensorsWriter.write([.init("a", [1], [1]), .init("a", [1], [1])], to: url)
        }
        expectError(.malformed, "'__metadata__' again") {
            try SafetensorsWriter.write([.init("__metadata__", [1], [1])], to: url)
        }
        expectError(.malformed, "[-1]") { try SafetensorsWriter.write([.init("a", [-1], [])], to: url) }
        expectError(.malformed, "fit in memory") {
            try SafetensorsWriter.write([.init("a", [1 << 40, 1 << 40], [])], to: url)
        }
        #expect(try Data(contentsOf: url) == before)
        #expect(try folder.names == ["a"])
    }

    @Test func aTensorThatIsNotThere() throws {
        let file = try SafetensorsFile(Fixtures.golden("tiny-llama/model.safetensors"))
        expectError(.malformed, "model.safetensors", "'nope'") { try file.withBytes(of: "nope") { _ in } }
    }

    @Test func whatIsNoFile() throws {
        expectError(.missing, "absent", "No such file") {
            _ = try SafetensorsFile(folder.url.appendingPathComponent("absent"))
        }
        expectError(.malformed, "folder") { _ = try SafetensorsFile(folder.url) }
        expectError(.malformed, "at least 8 bytes", "found 0") {
            _ = try SafetensorsFile(try folder.file("empty"))
        }
    }

    @Test(arguments: [0, 1, 7, 8, 100, 2999, 3000, 688_823])
    func cutShort(_ count: Int) throws {
        let whole = try Data(contentsOf: Fixtures.golden("tiny-llama/model.safetensors"))
        let url = try folder.file("cut", whole.prefix(count))
        expectError(.malformed, url.path) { _ = try SafetensorsFile(url) }
    }

    @Test func headerLength() throws {
        let huge = try file(header: "{}", declared: .max)
        expectError(.malformed, "header length", "18446744073709551615") { _ = try SafetensorsFile(huge) }
        let over = try file(header: "{}", declared: 3)
        expectError(.malformed, "at most 2 bytes", "found 3") { _ = try SafetensorsFile(over) }
        _ = try SafetensorsFile(try file(header: "{}   "))
    }

    @Test(arguments: [
        (#"[]"#, "an object"),
        (#"{"a":1}"#, "an object"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#, "the end of the text"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            "'a' again"
        ),
        (#"{"a":{"shape":[1],"data_offsets":[0,8]}}"#, "a dtype"),
        (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#, "a shape"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}"#, "first and last"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "in order"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, "within the 8 bytes"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "the 12 bytes of F32 [3]"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, "the bytes of F32"),
        (#"{"a":{"dtype":"F32","shape":[2305843009213693954],"data_offsets":[0,8]}}"#, "the bytes of F32"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "12 bytes in all"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "a hole"),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            "an overlap"
        ),
        (#"{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "texts only"),
        (#"{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "__metadata__"),
    ])
    func headerThatLies(_ header: String, _ text: String) throws {
        let url = try file(header: header, data: 8)
        let expected = text == "12 bytes in all" ? "\(8 + header.utf8.count + 4) bytes in all" : text
        expectError(.malformed, url.path, expected) { _ = try SafetensorsFile(url) }
    }

    @Test func unknownTypesAreNamed() throws {
        let url = try file(header: #"{"w":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, data: 1)
        expectError(.unsupported, "tensor 'w'", "'F4'", "BF16") { _ = try SafetensorsFile(url) }
    }

    @Test func namesInErrorsAreFitForATerminal() throws {
        let name = "\\u001b[2J" + String(repeating: "x", count: 1000)
        let url = try file(header: #"{"\#(name)":{"dtype":"?","shape":[],"data_offsets":[0,0]}}"#)
        let error = #expect(throws: CheckpointError.self) { _ = try SafetensorsFile(url) }
        let description = try #require(error?.description)
        #expect(!description.contains("\u{1b}") && description.count < 600)
    }
}
