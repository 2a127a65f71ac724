import Foundation
import TestSupport
import Testing

@testable import Files

/// 840 bytes, and what Python's zlib and gzip make of them.
private let text = [UInt8](String(repeating: "all work and no play\n", count: 40).utf8)
private let deflated = bytes("S8zJUSjPL8pWSMxLUcjLVyjISazkShwVHBUcFSRFEAA=")
private let zipped = bytes("H4sIAAAAAAACA0vMyVEozy/KVkjMS1HIy1coyEms5EocFRwVHBUkRRAA0YlfREgDAAA=")

private func bytes(_ base64: String) -> [UInt8] { [UInt8](Data(base64Encoded: base64) ?? Data()) }

@Suite struct InflaterTests {
    private func inflated(_ bytes: [UInt8], byteCount: Int = 840) throws -> [UInt8] {
        var result: [UInt8] = []
        try bytes.withUnsafeBytes { try Inflater.inflate($0, byteCount: byteCount) { result += $0 } }
        return result
    }

    @Test func aWholeStreamIsDecompressed() throws {
        #expect(try inflated(deflated) == text)
    }

    /// A megabyte of zeros, as Python's zlib compresses it.
    @Test func piecesFollowEachOther() throws {
        let zeros = bytes("7cExAQAAAMKg9U9tCF+g") + [UInt8](repeating: 0, count: 1016) + [0x3E, 0x03]
        var count = 0
        try zeros.withUnsafeBytes { source in
            try Inflater.inflate(source, byteCount: 1 << 20) { piece in
                #expect(piece.count <= 1 << 18)
                count += piece.count
            }
        }
        #expect(count == 1 << 20)
    }

    @Test(arguments: [
        (deflated, 839, "839 bytes", "more"), (deflated, 841, "841 bytes", "840"),
        (Array(deflated.dropLast()), 840, "a deflate stream", "one that is cut short"),
        (deflated + [0], 840, "the stream to fill its entry", "1 bytes after its end"),
        ([0xFF], 840, "a deflate stream", "damaged bytes"),
        ([], 0, "a deflate stream", "one that is cut short"),
    ])
    func whatIsNotAsItWasSaidIsNamed(source: [UInt8], byteCount: Int, expected: String, found: String) throws
    {
        let error = try #require(throws: Inflater.Mismatch.self) {
            try inflated(source, byteCount: byteCount)
        }
        #expect(error.expected == expected && error.found == found)
    }

    /// Nothing is handed on behind the size that was promised.
    @Test func aBombStopsAtItsSize() {
        var count = 0
        #expect(throws: Inflater.Mismatch.self) {
            try deflated.withUnsafeBytes { source in
                try Inflater.inflate(source, byteCount: 10) { count += $0.count }
            }
        }
        #expect(count == 0)
    }

    @Test func checksumIsThatOfZip() {
        var checksum = CRC32()
        for part in ["1234", "56789"] {
            [UInt8](part.utf8).withUnsafeBytes { checksum.update($0) }
        }
        #expect(checksum.value == 0xCBF4_3926)
    }
}

@Suite struct ByteStreamTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The bytes of a file, by a buffer smaller than anything in it.
    private func read(_ bytes: [UInt8], name: String = "a") throws -> [UInt8] {
        let url = folder.item(name)
        try Data(bytes).write(to: url)
        let stream = try ByteStream(url)
        var buffer = [UInt8](repeating: 0, count: 7)
        var result: [UInt8] = []
        while true {
            let count = try buffer.withUnsafeMutableBufferPointer { try stream.read(into: $0) }
            if count == 0 { return result }
            result += buffer.prefix(count)
        }
    }

    @Test func gzipIsToldByItsFirstBytes() throws {
        #expect(try read(text) == text)
        #expect(try read(zipped) == text)
        #expect(try read(zipped, name: "a.gz") == text)
        #expect(try read([], name: "a.gz").isEmpty)
    }

    @Test func membersFollowEachOther() throws {
        #expect(try read(zipped + zipped) == text + text)
    }

    @Test func whatIsWrongIsTold() throws {
        #expect(throws: ByteStream.Failure.truncated) { try read(zipped.dropLast(9)) }
        #expect(throws: ByteStream.Failure.notCompressed) { try read(text, name: "a.gz") }
        var damaged = zipped
        damaged[damaged.count - 8] ^= 1
        #expect(throws: ByteStream.Failure.corrupt("incorrect data check")) { try read(damaged) }
        #expect(throws: ByteStream.Failure.system("No such file or directory")) {
            try ByteStream(folder.item("nothing"))
        }
    }
}
