import Foundation
import Testing

@testable import Models

/// Packages are laid out by hand, byte by byte, as the formats' own documents say.
@Suite struct TextCollectionTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "texts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// RFC 1950 with one stored block of RFC 1951.
    private func zlib(_ content: [UInt8]) -> [UInt8] {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        let length = UInt16(content.count)
        let sizes = [length, ~length].flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        return [0x78, 0x01, 0x01] + sizes + content + bytes(b << 16 | a)
    }

    /// The highest first.
    private func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    private func texts(_ collection: TextCollection) throws -> [String: String] {
        let texts = try collection.texts(in: folder)
        return Dictionary(texts.map { ($0.name, $0.content) }) { $1 }
    }

    @Test func plainTextsAreThoseOfASuffix() throws {
        try write(Array("One\r\nline\r\n".utf8), to: "play_gut.txt")
        try write(Array("other".utf8), to: "play_folio.txt")
        #expect(try texts(.plain(suffix: "_gut.txt")) == ["play": "One\nline"])
    }

    /// R's `serialize(c("TITLE ONE", "", "a line", "goes on", NA), NULL)`, and a second vector.
    @Test func vectorsOfLinesBecomeParagraphs() throws {
        func vector(_ lines: [String?]) -> [UInt8] {
            let header =
                Array("X\n".utf8) + [3, 0x40203, 0x30500, 5].flatMap { bytes($0) } + Array("UTF-8".utf8)
            return lines.reduce(header + bytes(16) + bytes(UInt32(lines.count))) { all, line in
                guard let line else { return all + bytes(9) + bytes(.max) }
                return all + bytes(0x40009) + bytes(UInt32(line.utf8.count)) + Array(line.utf8)
            }
        }
        let objects = [
            vector(["TITLE ONE", "", "a line", "goes on", nil, "", "end"]), vector(["Two", "", "größer"]),
        ]
        let database = objects.flatMap { bytes(UInt32($0.count)) + zlib($0) }
        try write(database, to: "Rdata.rdb")
        #expect(
            try texts(.lazyLoadDatabase) == [
                "title-one": "TITLE ONE\n\na line goes on\n\nend", "two": "Two\n\ngrößer",
            ])
        try write(Array(database.dropLast(3)), to: "Rdata.rdb")
        #expect(throws: (any Error).self) { try texts(.lazyLoadDatabase) }
    }

    @Test func markupOfBooksBecomesText() throws {
        let verses = String(repeating: "<w lemma=\"x\">Words</w> and more. ", count: 60)
        let markup = """
            <div type="book" osisID="Gen"/> <title>A &#160;Book</title> <chapter n="1" sID="1"/>\
            <w>In</w> the <w>beginning</w><note>a <reference>remark</reference></note>, God \
            made<note>x</note> it. <div type="x-milestone"/><lg sID="1"/><l sID="2"/>A line<l eID="2"/>\
            <l sID="3"/>of verse<lg eID="1"/> \(verses)
            """
        let (small, large) = (zlib(Array("<milestone/>few".utf8)), zlib(Array(markup.utf8)))
        func entry(_ start: Int, _ size: Int) -> [UInt8] {
            [start, size, 0].flatMap { bytes(UInt32($0)).reversed() }
        }
        let index = entry(0, small.count) + entry(small.count, large.count) + entry(0, 0)
        for name in ["ot", "nt"] {
            try write(index, to: name + ".bzs")
            try write(small + large, to: name + ".bzz")
        }
        let found = try texts(.sword)
        #expect(found.keys.sorted() == ["nt-01", "ot-01"])
        #expect(
            found["ot-01"]?.hasPrefix(
                "A &#160;Book\n\nIn the beginning, God made it.\n\nA line\nof verse\n\nWords and more. Words and"
            )
                == true)
        #expect(found["ot-01"]?.contains("remark") == false && found["ot-01"]?.contains("<") == false)
    }

    @Test func aFolderWithoutTextsIsRefused() throws {
        #expect(throws: CatalogueError.self) { try texts(.plain(suffix: ".none")) }
    }
}
