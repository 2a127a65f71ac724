import Foundation
import JSON
import Testing
import Tokenization

@testable import Datasets

/// Files of rows that are no JSON Lines, and files that are none of rows.
@Suite struct RecordReaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load<Row: DatasetRow>(
        _ text: String, _ name: String, as type: Row.Type = Row.self
    ) throws -> [SourcedRow<Row>] {
        try JSONLines(folder.write(text, to: name)).load(type)
    }

    private func message<Row: DatasetRow>(_ text: String, _ name: String, as type: Row.Type) throws -> String
    {
        let error = try dataError { _ = try load(text, name, as: type) }
        return error.description.replacingOccurrences(of: folder.url.path + "/", with: "")
    }

    // MARK: JSON arrays

    private static let pretty = """
        [
          {
            "text": "a ],}\\\"",
            "n": [1, {"m": 2}]
          },
          { "text": "b" }
        ]

        """

    @Test(arguments: ["data.json", "data.jsonl"]) func arraysAreRead(name: String) throws {
        let rows = try load(Self.pretty, name, as: TextRow.self)
        #expect(rows.map(\.row.text) == ["a ],}\"", "b"])
        #expect(rows.map(\.place.line) == [2, 6] && rows.map(\.place.row) == [1, 2])
        #expect(rows[1].place.description.hasSuffix("\(name):6 (row 2)"))
        let compact = "\u{FEFF}" + #"[{"text":"a"},{"text":"b"}]"#
        #expect(try load(compact, name, as: TextRow.self).map(\.row.text) == ["a", "b"])
    }

    /// One line of more bytes than the window has.
    @Test func arraysLongerThanTheBufferAreRead() throws {
        let row = #"{"text": "\#(String(repeating: "é", count: 70_000))"}"#
        let text = "[" + Array(repeating: row, count: 9).joined(separator: ", ") + "]"
        let file = try folder.write(gzip(Array(text.utf8)), to: "long.json.gz")
        #expect(
            try JSONLines(file).load(TextRow.self).map(\.row.text.count) == Array(repeating: 70_000, count: 9)
        )
    }

    @Test(arguments: [
        (#"[{"text": "a"}, 3]"#, "x.json:1 (row 2): expected a JSON object, found a number"),
        (
            "[\n{\"text\": \"a\"},\n{\"text\": }]",
            "x.json:3 (row 2): expected a JSON object, found '}' at column 10"
        ),
        (#"[{"text": "a"}, {"text": "b""#, "x.json:1 (row 2): expected ']' at the end of the array"),
        (#"[{"text": "a"}] {"text": "b"}"#, "x.json:1: expected one array of rows, found more after its end"),
        ("[ ]", "x.json:1: expected at least one row, found an empty file"),
        (#"[{"messages": 1}]"#, "x.json:1 (row 1): expected the columns \"text\""),
    ])
    func badArraysAreNamed(text: String, expected: String) throws {
        #expect(try message(text, "x.json", as: TextRow.self).hasPrefix(expected))
    }

    @Test func aConversationALineIsNamed() throws {
        let line = #"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#
        #expect(
            try message(line + "\n" + line, "x.jsonl", as: SupervisedRow.self)
                .contains(#"write a conversation as one row, {"messages": "#))
    }

    @Test func anObjectOfManyLinesIsNamed() throws {
        #expect(
            try message("{\n\"text\": \"a\"\n}", "x.jsonl", as: TextRow.self)
                .contains("write each row on one line, as jq -c . FILE > rows.jsonl does"))
    }

    // MARK: Tables and texts

    @Test func tablesAreRead() throws {
        let text =
            "prompt,completion,label,note\r\n\"a, \"\"b\"\"\nc\",d,True,\r\ne,f,0,n\r\n"
        let rows = try load(text, "t.csv", as: UnpairedRow.self)
        #expect(
            rows.map(\.row) == [
                UnpairedRow(prompt: .plain("a, \"b\"\nc"), completion: .plain("d"), label: true),
                UnpairedRow(prompt: .plain("e"), completion: .plain("f"), label: false, extra: ["note": "n"]),
            ])
        #expect(rows.map(\.place.line) == [2, 4] && rows.map(\.place.row) == [1, 2])
        let rated = try load("prompt\tresponse\trating\na\tb\t3.5", "t.tsv", as: RatedRow.self)
        #expect(rated[0].row == RatedRow(prompt: .plain("a"), response: .plain("b"), rating: 3.5))
    }

    @Test(arguments: [
        ("prompt,completion\na", "t.csv:2 (row 1): expected 2 fields, as the first line names them, found 1"),
        ("prompt,prompt\na,b", "t.csv:1: expected a name for each column, every one once"),
        ("prompt,completion\n\"a,b", "t.csv:2 (row 1): expected '\"' at the end of a field in quotes"),
        ("prompt,completion\n", "t.csv:1: expected at least one row, found an empty file"),
        ("question,x\na,b", "t.csv:2 (row 1): expected the columns \"prompt\" and \"completion\""),
    ])
    func badTablesAreNamed(text: String, expected: String) throws {
        #expect(try message(text, "t.csv", as: CompletionRow.self).hasPrefix(expected))
    }

    @Test func textsArePromptsALine() throws {
        let rows = try load("Who?\r\n\nWhat, \"now\"?\n", "p.txt", as: PromptRow.self)
        #expect(rows.map(\.row.prompt) == [.plain("Who?"), .plain("What, \"now\"?")])
        #expect(rows.map(\.place.line) == [1, 3])
    }

    // MARK: Other files

    @Test(arguments: [
        (Array("PAR1".utf8) + [0x15, 0, 0], "a Parquet file", "read_parquet"),
        (Array("PK".utf8) + [3, 4, 20], "a zip archive, as .xlsx", "unzip"),
        ([0xFF, 0xFE, 0x7B, 0], "UTF-16", "iconv"), ([0x7B, 0, 0x22, 0], "UTF-16", "iconv"),
        ([0x80, 4, 0x95], "a Python pickle", "JSON Lines"), ([0x28, 0xB5, 0x2F, 0xFD, 0], "zstd", "zstd -d"),
        (Array("version https://git-lfs.github.com/spec/v1".utf8), "Git LFS", "git lfs pull"),
        (Array("<!DOCTYPE html>".utf8), "HTML", "address"), ([0x7B, 1, 0, 2, 3], "binary data", "UTF-8"),
    ])
    func foreignFilesAreNamed(bytes: [UInt8], found: String, remedy: String) throws {
        let file = try folder.write(bytes, to: "rows.jsonl")
        let error = try dataError { _ = try JSONLines(file).load(TextRow.self) }
        #expect(error.found.contains(found) && error.remedy.contains(remedy), "\(error)")
    }

    @Test func zerosBehindGzipPass() throws {
        let content = try gzip(Array("{\"text\": \"a\"}\n".utf8))
        let padded = try folder.write(content + Array(repeating: 0, count: 600_000), to: "padded.jsonl.gz")
        #expect(try JSONLines(padded).load(TextRow.self).map(\.row.text) == ["a"])
        let garbage = try folder.write(content + [0, 0, 7], to: "garbage.jsonl.gz")
        #expect(try dataError { _ = try JSONLines(garbage).load(TextRow.self) }.found.contains("corrupt"))
    }

    // MARK: NaN

    @Test func numbersThatAreNoneAreNullWhereNobodyReadsThem() throws {
        let rows = try load(
            #"{"text": "a", "score": NaN, "list": [1, -Infinity, {"x": Infinity}]}"#, "n.jsonl",
            as: TextRow.self)
        #expect(rows[0].row.extra == ["score": .null, "list": [1, .null, ["x": .null]]])
    }

    @Test(arguments: [
        (#"{"prompt": "p", "response": "r", "rating": NaN}"#, #"expected JSON in "rating", found NaN"#),
        (
            #"{"prompt": "p", "response": -Infinity, "rating": 1}"#,
            #"expected JSON in "response", found -Infinity"#
        ),
        (#"{"prompt": "p", "x": NaNa}"#, "expected a JSON object, found"),
    ])
    func numbersThatAreNoneAreNamedWhereTheyAreRead(line: String, expected: String) throws {
        #expect(try message(line, "n.jsonl", as: RatedRow.self).hasPrefix("n.jsonl:1: " + expected))
    }
}
