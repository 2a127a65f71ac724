import Foundation
import Testing

@testable import Checkpoints

@Suite struct ZipArchiveTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Made by Python's zipfile: `plain.txt` stored, `folder/`, `folder/long.txt` deflated (820 bytes), and a
    /// comment.
    static let pythons = """
        UEsDBBQAAAAAAAAAIVCR7tOJDAAAAAwAAAAJAAAAcGxhaW4udHh0c3RvcmVkIHRleHQKUEsDBBQAAAAAAAAAIVAAAAAAAAAAAAAAAAAHAAAAZm9sZGVyL1BL\
        AwQUAAAACAAAACFQ0YlfRCAAAABIAwAADwAAAGZvbGRlci9sb25nLnR4dEvMyVEozy/KVkjMS1HIy1coyEms5EocFRwVHBUkRRAAUEsBAhQDFAAAAAAAAAAh\
        UJHu04kMAAAADAAAAAkAAAAAAAAAAAAAAIABAAAAAHBsYWluLnR4dFBLAQIUAxQAAAAAAAAAIVAAAAAAAAAAAAAAAAAHAAAAAAAAAAAAAACAATMAAABmb2xk\
        ZXIvUEsBAhQDFAAAAAgAAAAhUNGJX0QgAAAASAMAAA8AAAAAAAAAAAAAAIABWAAAAGZvbGRlci9sb25nLnR4dFBLBQYAAAAAAwADAKkAAAClAAAACQBhIGNv\
        bW1lbnQ=
        """
    private static let long = String(repeating: "all work and no play\n", count: 40)
    private static let bytes = [UInt8](Data(base64Encoded: pythons) ?? Data())
    /// Where the directory and its third entry begin.
    private static let directory = 165
    private static let third = 165 + 55 + 53

    private func archive(_ bytes: [UInt8] = Self.bytes) throws -> ZipArchive {
        try ZipArchive(try folder.file("a.zip", bytes))
    }

    /// The archive with some bytes replaced.
    private func changed(_ replacements: (offset: Int, bytes: [UInt8])...) -> [UInt8] {
        replacements.reduce(into: Self.bytes) { bytes, replacement in
            bytes.replaceSubrange(
                replacement.offset..<replacement.offset + replacement.bytes.count, with: replacement.bytes)
        }
    }

    private func expectRefusal(
        _ bytes: [UInt8], of kind: CheckpointError.Kind = .malformed, _ text: String,
        location: SourceLocation = #_sourceLocation
    ) {
        expectError(kind, "a.zip", text, location: location) { _ = try archive(bytes) }
    }

    @Test func entriesAndContents() throws {
        let archive = try archive()
        #expect(archive.entries.map(\.name) == ["plain.txt", "folder/", "folder/long.txt"])
        #expect(archive.entries.map(\.byteCount) == [12, 0, 840])
        #expect(archive.entries.map(\.compressedByteCount) == [12, 0, 32])
        #expect(try archive.contents(of: "plain.txt") == Data("stored text\n".utf8))
        #expect(try archive.contents(of: "folder/") == Data())
        #expect(try archive.contents(of: "folder/long.txt") == Data(Self.long.utf8))
        expectError(.malformed, "'nope'", "'plain.txt'") { _ = try archive.contents(of: "nope") }
        expectError(.malformed, "at most 839") {
            _ = try archive.contents(of: "folder/long.txt", maximumByteCount: 839)
        }
    }

    @Test func extractsWithProgress() throws {
        let url = folder.url.appendingPathComponent("out.txt")
        var steps: [[Int]] = []
        try archive().extract("folder/long.txt", to: url) { steps.append([$0, $1]) }
        #expect(try String(contentsOf: url, encoding: .utf8) == Self.long)
        #expect(steps == [[840, 840]])
        struct Stop: Error {}
        #expect(throws: Stop.self) { try archive().extract("plain.txt", to: url) { _, _ in throw Stop() } }
        #expect(try String(contentsOf: url, encoding: .utf8) == Self.long)
    }

    @Test func damageLeavesNoFile() throws {
        let url = folder.url.appendingPathComponent("out.txt")
        // A byte of the stored text; the checksum of the deflated one; a byte of its stream; a size too small
        // and one too large.
        for (bytes, name, text) in [
            (changed((39, [0x20])), "plain.txt", "CRC-32 89d3ee91"),
            (changed((Self.third + 16, [0])), "folder/long.txt", "CRC-32"),
            (changed((133, [0xff])), "folder/long.txt", "deflate stream"),
            (changed((Self.third + 24, [0x47, 3])), "folder/long.txt", "expected 839 bytes, found more"),
            (changed((Self.third + 24, [0x49, 3])), "folder/long.txt", "expected 841 bytes, found 840"),
            (changed((Self.third + 20, [31])), "folder/long.txt", "cut short"),
        ] {
            let archive = try archive(bytes)
            expectError(.malformed, "a.zip", name, text) { try archive.extract(name, to: url) }
        }
        #expect(try folder.names == ["a.zip"])
    }

    @Test func bytesAfterAStream() throws {
        // The first block made final: what follows it is not read.
        let early = changed((133, [0x03, 0x00]), (Self.third + 24, [0, 0]))
        expectError(.malformed, "after its end") { _ = try archive(early).contents(of: "folder/long.txt") }
    }

    @Test(arguments: [
        "../aa.txt", "/aain.txt", "a/../.txt", "pl\\in.txt", "C:ain.txt", "./ain.txt", "pl//n.txt",
        "pla\nn.txt",
    ])
    func pathsThatLeaveTheFolder(_ name: String) {
        #expect(name.utf8.count == 9)
        let bytes = changed((30, Array(name.utf8)), (Self.directory + 46, Array(name.utf8)))
        expectRefusal(bytes, "outside its folder")
    }

    @Test func whatIsNotSupportedIsNamed() {
        expectRefusal(changed((Self.directory + 8, [1])), of: .unsupported, "'plain.txt' encrypted")
        expectRefusal(changed((Self.directory + 10, [93])), of: .unsupported, "'plain.txt' by method 93")
        expectRefusal(changed((Self.directory + 24, [255, 255, 255, 255])), of: .unsupported, "zip64")
        let end = Self.bytes.count - 22 - 9
        expectRefusal(changed((end + 16, [255, 255, 255, 255])), of: .unsupported, "zip64")
        expectRefusal(changed((end + 4, [1])), of: .unsupported, "several disks")
    }

    @Test func directoriesThatLie() {
        let end = Self.bytes.count - 22 - 9
        expectRefusal([], "end record")
        expectRefusal(Array("no zip archive, but long enough to hold one".utf8), "end record")
        expectRefusal(Self.bytes + [0], "end record")
        expectRefusal(changed((end + 16, [0, 0, 1])), "directory")
        expectRefusal(changed((end + 12, [1])), "directory")
        expectRefusal(changed((end + 8, [2, 0, 2])), "2 entries")
        expectRefusal(changed((end + 8, [4, 0, 4])), "directory entry 3")
        expectRefusal(changed((Self.directory, [0])), "directory entry 0")
        expectRefusal(changed((Self.directory + 28, [255, 255])), "to end before the directory")
        expectRefusal(changed((Self.directory + 46, Array("xlain.txt".utf8))), "in its own header")
        expectRefusal(changed((Self.directory + 46, [0xff])), "UTF-8")
        expectRefusal(changed((Self.directory + 42, [255, 255, 0])), "its header at offset 65535")
        expectRefusal(changed((Self.directory + 20, [13])), "a size that 13 bytes can hold")
        expectRefusal(
            changed((Self.directory + 20, [255]), (Self.directory + 24, [255])),
            "the directory in their place")
        expectRefusal(changed((Self.third + 24, [255, 255, 255])), "a size that 32 bytes can hold")
        expectRefusal(changed((Self.directory + 20, [100]), (Self.directory + 24, [100])), "an overlap")
    }
}
