import Foundation
import Testing

@testable import Datasets

@Suite struct JSONLinesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func texts(_ url: URL) throws -> [String] {
        try JSONLines(url).load(TextRow.self).map(\.row.text)
    }

    private let three = "{\"text\": \"a\"}\n{\"text\": \"b\"}\n{\"text\": \"c\"}\n"

    // MARK: What is tolerated

    @Test func blankLinesMarksAndLineEndsAreTolerated() throws {
        let file = try folder.write(
            "\u{FEFF}\r\n{\"text\": \"a\"}\r\n\n  \t\r\n{\"text\": \"b\\r\"}\n\n{\"text\": \"c\"}",
            to: "odd.jsonl")
        let rows = try JSONLines(file).load(TextRow.self)
        #expect(rows.map(\.row.text) == ["a", "b\r", "c"])
        #expect(rows.map(\.place.line) == [2, 5, 7])
        #expect(rows.map(\.index) == [0, 1, 2])
        #expect(rows[0].place.description == file.path + ":2")
        #expect(try texts(folder.write("\u{FEFF}" + three, to: "marked.jsonl")) == ["a", "b", "c"])
    }

    @Test func linesLongerThanTheBufferAreRead() throws {
        let long = String(repeating: "é", count: 400_000)
        let file = try folder.write(
            "{\"text\": \"a\"}\n{\"text\": \"\(long)\"}\n{\"text\": \"\(long)c\"}\n{\"text\": \"d\"}",
            to: "long.jsonl")
        #expect(try texts(file) == ["a", long, long + "c", "d"])
    }

    @Test func compressedFilesAreRead() throws {
        let bytes = [UInt8](three.utf8)
        #expect(try texts(folder.write(try gzip(bytes), to: "a.jsonl.gz")) == ["a", "b", "c"])
        #expect(try texts(folder.write(try gzip(bytes), to: "misnamed.jsonl")) == ["a", "b", "c"])
        // Files put together with `cat` have several members; these two meet inside a line.
        let members = try gzip(Array(bytes.prefix(20))) + gzip([]) + gzip(Array(bytes.dropFirst(20)))
        #expect(try texts(folder.write(members, to: "members.jsonl.gz")) == ["a", "b", "c"])
        var lines = ""
        for number in 0..<60_000 { lines += "{\"text\": \"row \(number)\"}\n" }
        let rows = try texts(folder.write(try gzip([UInt8](lines.utf8)), to: "many.jsonl.gz"))
        #expect(rows == (0..<60_000).map { "row \($0)" })
    }

    @Test func foldersAreReadInTheOrderOfTheirNames() throws {
        _ = try folder.write("{\"text\": \"2\"}", to: "part-2.jsonl")
        _ = try folder.write(try gzip([UInt8]("{\"text\": \"1\"}".utf8)), to: "part-1.jsonl.gz")
        _ = try folder.write("not data", to: "README.md")
        _ = try folder.write("not data", to: ".part-0.jsonl")
        let rows = try JSONLines([folder.url, folder.url.appendingPathComponent("part-2.jsonl")]).load(
            TextRow.self)
        #expect(rows.map(\.row.text) == ["1", "2", "2"])
        #expect(rows.map(\.index) == [0, 1, 2])
        #expect(rows[0].place.file.hasSuffix("/part-1.jsonl.gz"))
    }

    // MARK: Errors

    private func message(_ content: String) throws -> String {
        let file = try folder.write(content, to: "x.jsonl")
        return try message(file)
    }

    private func message(_ file: URL) throws -> String {
        let error = try dataError { _ = try JSONLines(file).load(TextRow.self) }
        #expect(error.category == .badData)
        #expect(error.file == file.path)
        return error.description.replacingOccurrences(of: file.path, with: "x.jsonl")
    }

    @Test func mistakesNameTheirPlace() throws {
        #expect(
            try message("{\"text\": \"a\"}\n\n{\"text\": \"b}\n") == """
                x.jsonl:3: expected a JSON object, found the end of the line at column 13; fix or remove the line
                """)
        #expect(
            try message(#"{"text": "a", "n": 1, "text": "b"}"#) == """
                x.jsonl:1: expected a JSON object, found 'text' again at column 23; fix or remove the line
                """)
        #expect(
            try message("[1, 2]") == """
                x.jsonl:1 (row 1): expected a JSON object, found a number; write one object per line, as in {"text": "…"}
                """)
        #expect(
            try message("{\"text\": 5}") == """
                x.jsonl:1: expected text in "text", found a number; fix or remove the row
                """)
        #expect(
            try message("{\"text\": \"\"}") == """
                x.jsonl:1: expected text in "text", found none; fix or remove the row
                """)
        let empty =
            "x.jsonl:1: expected at least one row, found an empty file; add rows or leave the file out"
        #expect(try message("") == empty)
        #expect(try message("\n \r\n") == empty)
    }

    @Test func damagedCompressionNamesTheLineReached() throws {
        var lines = ""
        for number in 0..<5000 {
            lines += "{\"text\": \"\(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)\"}\n"
        }
        let whole = try gzip([UInt8](lines.utf8))
        let cut = try folder.write(Array(whole.prefix(whole.count / 2)), to: "cut.jsonl.gz")
        #expect(
            try message(cut).hasSuffix(
                "expected more compressed data, found the end of the gzip file; "
                    + "copy or download the file again: it is cut off"))
        let line = try #require(try dataError { _ = try JSONLines(cut).load(TextRow.self) }.line)
        #expect((2000..<3000).contains(line))

        var wrong = whole
        wrong[whole.count - 6] ^= 0xFF
        #expect(
            try message(folder.write(wrong, to: "wrong.jsonl.gz")).hasSuffix(
                "expected gzip data, found corrupt bytes (incorrect data check); "
                    + "copy or download the file again, and test it with gzip -t"))
        #expect(
            try message(folder.write("{\"text\": \"a\"}", to: "plain.jsonl.gz")) == """
                x.jsonl:1: expected gzip data, as the name ends in .gz, found something else; \
                rename the file to .jsonl if it is plain JSON Lines
                """)
    }

    @Test func missingFilesAreToldFromBadOnes() throws {
        let nowhere = try dataError { _ = try JSONLines(URL(fileURLWithPath: "no/such.jsonl")) }
        #expect(nowhere.category == .missingInput)
        #expect(
            nowhere.description == """
                no/such.jsonl: expected a .jsonl or .jsonl.gz file or a folder of them, found nothing at this path; \
                check the path
                """)
        let barren = try dataError { _ = try JSONLines(folder.url) }
        #expect(barren.category == .missingInput)
        #expect(barren.found == "none in it")
    }

    @Test func schemaOfAFileIsThatOfItsFirstRow() throws {
        #expect(try JSONLines(folder.write(three, to: "t.jsonl")).detectSchema() == .text)
        let error = try dataError {
            _ = try JSONLines(folder.write("{\"instruction\": \"a\"}", to: "i.jsonl")).detectSchema()
        }
        #expect(error.found == "\"instruction\"")
    }

    @Test func readersGoOnRowByRow() throws {
        let reader = try JSONLines(folder.write(three + "oops", to: "r.jsonl")).reader(of: TextRow.self)
        for text in ["a", "b", "c"] { #expect(try reader.next()?.row.text == text) }
        #expect(throws: DataError.self) { try reader.next() }
    }

    // MARK: Garbage

    private func survives<Row: DatasetRow>(_ file: URL, as type: Row.Type) {
        do { _ = try JSONLines(file).load(type) } catch { #expect(error is DataError) }
    }

    @Test func garbageNeverCrashes() throws {
        var generator = seededGenerator(7)
        let seeds = [
            #"{"prompt": "a", "chosen": [{"role": "user", "content": "x"}], "rejected": "\ud83d\ude00", "margin": 1e3}"#,
            #"{"prompt": [{"role": "user", "content": "x"}], "responses": ["a", "b"], "ranking": [1, 1], "scale": [0, 5]}"#,
            #"{"prompt": "p", "completion": "", "label": true, "response": "r", "rating": 3, "text": "t", "messages": []}"#,
        ].map { [UInt8]($0.utf8) }
        for round in 0..<400 {
            var bytes = seeds[round % seeds.count] + [0x0A] + seeds[(round + 1) % seeds.count]
            for _ in 0...generator.next(below: 6) {
                let index = Int(generator.next(below: UInt64(bytes.count)))
                switch generator.next(below: 3) {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[index...].prefix(5), at: index)
                }
            }
            if round % 4 == 0 {
                bytes = try gzip(bytes)
                bytes[Int(generator.next(below: UInt64(bytes.count)))] ^= 0x10
            }
            let file = try folder.write(bytes, to: "garbage.jsonl")
            survives(file, as: SupervisedRow.self)
            survives(file, as: PromptRow.self)
            survives(file, as: ComparisonRow.self)
            survives(file, as: UnpairedRow.self)
            survives(file, as: RankedRow.self)
            survives(file, as: RatedRow.self)
        }
    }
}
