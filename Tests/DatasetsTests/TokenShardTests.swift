import Foundation
import TestSupport
import Testing
import Tokenization

@testable import Datasets

@Suite struct TokenShardTests {
    private let folder: ScratchFolder
    private let tokenizer: Tokenizer
    private let origin = Data(repeating: 7, count: 32)

    init() throws {
        folder = try ScratchFolder()
        tokenizer = try Tokenizer(contentsOf: TestSupport.Fixtures.golden("tiny-llama"))
    }

    private func shard(_ files: [URL], end: Int? = nil) throws -> TokenShard {
        let file = folder.url.appending(path: "shard")
        try TokenShard.write(
            TextFiles(files), to: file, origin: origin, tokenizer: tokenizer,
            frame: DocumentFrame(beginning: 0, end: end))
        return try TokenShard(contentsOf: file, origin: origin, vocabularySize: tokenizer.vocabularySize)
    }

    private func golden(_ name: String) throws -> [GoldenValue] {
        try String(contentsOf: TestSupport.Fixtures.golden("pretrain/\(name).jsonl"), encoding: .utf8).split(
            separator: "\n"
        )
        .map { GoldenValue(try JSONSerialization.jsonObject(with: Data($0.utf8)), path: name) }
    }

    @Test func rowsAreTheGoldenOnes() throws {
        let shard = try shard([TestSupport.Fixtures.golden("pretrain/documents.jsonl")])
        let documents = try golden("documents")
        #expect(shard.documentCount == documents.count)
        #expect(shard.byteCount == (try documents.reduce(0) { try $0 + $1["text"].string.utf8.count }))
        let rows = TokenRows(shard, length: 64, seed: nil)
        let expected = try golden("packed_rows")
        for (index, row) in expected.enumerated() {
            let found = rows[index]
            #expect(found.tokens == (try row["input_ids"].ints))
            let labels = try row["labels"].ints
            #expect(zip(found.tokens, found.counts).map { $1 ? $0 : -100 } == labels)
            #expect(found.documentLengths.flatMap { Array(0..<$0) } == (try row["position_ids"].ints))
        }
        // Nothing is cropped: what the golden rows leave out is in further ones.
        let tokens = (0..<rows.count).flatMap { rows[$0].tokens }
        #expect(tokens == shard.tokens(0..<shard.tokenCount) && rows.count > expected.count)
    }

    /// Whatever the order, the rows together have every token once, and their pieces are pieces of documents.
    @Test(arguments: [2, 7, 64, 5000], [nil, 1, 2] as [UInt64?]) func noTokenIsLost(
        length: Int, seed: UInt64?
    ) throws {
        let shard = try shard([TestSupport.Fixtures.golden("pretrain/documents.jsonl")], end: 2)
        let documents = (0..<shard.documentCount).map {
            shard.tokens(shard.start(ofDocument: $0)..<shard.end(ofDocument: $0))
        }
        #expect(documents.allSatisfy { $0.first == 0 && $0.last == 2 })
        let rows = TokenRows(shard, length: length, seed: seed)
        var found: [Int: [Int]] = [:]
        for row in (0..<rows.count).map({ rows[$0] }) {
            #expect(row.tokens.count <= length && row.documentLengths.reduce(0, +) == row.tokens.count)
            #expect(row.countedTokens == row.tokens.count - row.documentLengths.count)
            var start = 0
            for (document, length) in zip(row.sources, row.documentLengths) {
                found[document, default: []] += row.tokens[start..<start + length]
                start += length
            }
        }
        let lost = shard.tokenCount - found.values.reduce(0) { $0 + $1.count }
        #expect(lost == (shard.tokenCount % length == 1 ? 1 : 0))
        for (index, document) in documents.enumerated() {
            #expect(found[index] == document || lost == 1 && found[index] == document.dropLast())
        }
        let order = (0..<rows.count).flatMap { rows[$0].sources }
        #expect((order == order.sorted()) == (seed == nil))
    }

    /// Long texts are tokenized in parts, and short ones side by side: the tokens are those of the whole.
    @Test func partsHaveTheTokensOfTheWhole() throws {
        let line = "Words, 1234 größer\n\n  and  字 more's\t.\r\n"
        let text = String(repeating: line, count: 6000)
        let shard = try shard([folder.write(text, to: "long.txt"), folder.write("x", to: "short.txt")])
        #expect(shard.documentCount == 2 && shard.byteCount == text.utf8.count + 1)
        #expect(shard.tokens(0..<shard.end(ofDocument: 0)) == [0] + tokenizer.encodeOrdinary(text))
    }

    @Test func filesWithoutTextAreRefused() throws {
        for (name, content) in [("none.jsonl", "\n"), ("empty.txt", ""), ("binary.txt", "a\0b")] {
            let file = try folder.write(content, to: name)
            #expect { try shard([file]) } throws: { "\($0)".contains(name) && $0 is DataError }
            #expect(!folder.holds("shard"))
        }
    }

    /// Damage anywhere is noticed, and the message names the file and the way out.
    @Test func damageIsNoticed() throws {
        let whole = try shard([TestSupport.Fixtures.golden("pretrain/documents.jsonl")])
        let file = folder.url.appending(path: "shard")
        let bytes = try Data(contentsOf: file)
        func refusal(_ bytes: Data, vocabularySize: Int = 512) throws -> String {
            let damaged = folder.url.appending(path: "damaged")
            try bytes.write(to: damaged)
            do {
                _ = try TokenShard(contentsOf: damaged, origin: origin, vocabularySize: vocabularySize)
                return "none"
            } catch let error as DataError {
                #expect(error.description.hasSuffix("remove the file, and it is made again"))
                return error.found
            }
        }
        #expect(try refusal(bytes) == "none")
        for place in [0, 1, whole.tokenCount * 2 + 9, bytes.count - 100, bytes.count - 50, bytes.count - 1] {
            var damaged = bytes
            damaged[place] ^= 4
            #expect(try refusal(damaged) != "none", "byte \(place) of \(bytes.count)")
        }
        for length in [0, 1, 103, 104, bytes.count / 2, bytes.count - 1] {
            #expect(try refusal(bytes.prefix(length)) != "none", "\(length) bytes")
        }
        #expect(try refusal(bytes + Data([0])) != "none")
        #expect(try refusal(bytes, vocabularySize: 100).contains("of a vocabulary of 100"))
        #expect { try TokenShard(contentsOf: file, origin: Data(count: 32), vocabularySize: 512) } throws: {
            "\($0)".contains("tokens of other text")
        }
    }

    /// Every token of a text that is measured is predicted once, whatever the length of a row.
    @Test(arguments: [2, 3, 10, 100]) func heldOutTextIsPredictedWhole(length: Int) {
        let text = Array(1...25)
        let rows = PackedSequence.heldOut(text, after: 0, length: length)
        let predicted = rows.flatMap { row in zip(row.tokens, row.counts).filter(\.1).map(\.0) }
        #expect(predicted == text)
        #expect(rows.allSatisfy { $0.tokens.count <= length && $0.documentLengths == [$0.tokens.count] })
        #expect(rows[0].tokens[0] == 0)
    }
}
