import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct TextFilesTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func texts(_ names: String...) throws -> [String] {
        try TextFiles(names.map { folder.url.appending(path: $0) }).texts()
    }

    @Test func aFileIsATextAndARowIsOne() throws {
        try folder.write("\u{FEFF}one\r\ntwo\n", to: "c/b.txt")
        try folder.write("{\"text\": \"first\"}\n{\"text\": \"second\", \"id\": 3}\n", to: "c/a.jsonl")
        try folder.write("not read", to: "c/notes.md")
        #expect(try texts("c") == ["first", "second", "one\r\ntwo\n"])
        #expect(try texts("c/notes.md") == ["not read"])
        let note = try TextFiles([folder.url.appending(path: "c")]).note
        #expect(note?.contains("1 file not read, such as notes.md") == true)
        #expect(try TextFiles([folder.url.appending(path: "c/notes.md")]).note == nil)
    }

    @Test func longTextsComeInStretchesThatMakeTheWhole() throws {
        let text = String(repeating: "some words and größere Wörter\n", count: 300_000)
        let file = try folder.write(text, to: "long.txt")
        var stretches: [TextStretch] = []
        try TextFiles([file]).forEachStretch(lastCut: { $0.lastIndex(of: 0x0A).map { $0 + 1 } }) {
            stretches.append($0)
        }
        #expect(stretches.count == 3 && stretches.map(\.beginsText) == [true, false, false])
        #expect(stretches.flatMap(\.bytes) == Array(text.utf8))
    }

    @Test(arguments: [
        (Data([0x61, 0x0A, 0x62, 0xFF]), "x.txt:2: expected text in UTF-8, found the byte 0xFF; "),
        (Data([0x61, 0x0A, 0x0A, 0xC3]), "x.txt:3: expected text in UTF-8, found the byte 0xC3; "),
        (
            Data([0x61, 0x00]),
            "x.txt:1: expected text in UTF-8, found a zero byte, as in files that are no text; "
        ),
        (Data(), "x.txt: expected text, found an empty file; add some or leave the file out"),
    ]) func whatIsNoTextIsRefused(_ content: Data, _ message: String) throws {
        let file = folder.url.appending(path: "x.txt")
        try content.write(to: file)
        let error = #expect(throws: DataError.self) { try TextFiles([file]).texts() }
        #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
    }

    @Test func whatIsNotThereIsRefused() throws {
        #expect(throws: DataError.self) { try texts("nowhere") }
        try folder.write("x", to: "d/readme.md")
        #expect(throws: DataError.self) { try texts("d") }
    }
}
