import Foundation
import Testing
import Tokenization

@testable import Datasets

/// Rows are prepared side by side; what comes out must be what one after another gives.
@Suite struct RowBlockTests {
    private static let rowCount = 2 * RowBlock<TextRow>.maximumCount + 3

    private func preparation() throws -> SupervisedPreparation {
        SupervisedPreparation(tokenizer: try Fixtures.tokenizer(), maximumLength: nil)
    }

    private func rows(_ count: Int) -> [SourcedRow<SupervisedRow>] {
        (0..<count).map { index in
            SourcedRow(
                .text(TextRow(text: "row \(index)")), place: Place(file: "rows.jsonl", line: index + 1),
                index: index)
        }
    }

    @Test(arguments: [1, RowBlock<TextRow>.maximumCount, rowCount])
    func rowsKeepTheirOrder(count: Int) throws {
        let preparation = try preparation()
        let rows = rows(count)
        let prepared = try preparation.prepare(rows)
        let texts = prepared.rows.map {
            preparation.tokenizer.decode($0.tokens, skippingSpecialTokens: true)
        }
        #expect(texts == (0..<count).map { "row \($0)" })
        #expect(prepared.places == rows.map(\.place))
        #expect(prepared.report.rowsKept == count)
    }

    @Test func theFirstBadRowIsNamed() throws {
        let mixed = SupervisedRow.completion(
            CompletionRow(
                prompt: .plain("text"), completion: .messages([Message(role: "user", content: "message")])))
        var rows = rows(Self.rowCount)
        for index in [70, 20, Self.rowCount - 1] {
            rows[index] = SourcedRow(mixed, place: rows[index].place, index: index)
        }
        let error = #expect(throws: DataError.self) { try preparation().prepare(rows) }
        #expect("\(try #require(error))".contains("rows.jsonl:21"))
    }

    /// Reading runs ahead of preparing, so that a broken line is met before the bad row above it.
    @Test func aBadRowComesBeforeABrokenLineBelowIt() throws {
        let good = #"{"prompt": "a", "completion": "b"}"#
        let bad = #"{"text": "a row without completion"}"#
        #expect(try message(ofFile: [good, bad, "{"]).contains("rows.jsonl:2"))
        #expect(try message(ofFile: [good, "{", bad]).contains("rows.jsonl:2"))
    }

    /// What is wrong with a file of which only completions are to be learned.
    private func message(ofFile lines: [String]) throws -> String {
        let folder = try TemporaryFolder()
        let file = try folder.write(lines.joined(separator: "\n"), to: "rows.jsonl")
        let preparation = SupervisedPreparation(
            tokenizer: try Fixtures.tokenizer(), maximumLength: nil, completionOnly: .on)
        let error = #expect(throws: DataError.self) { try preparation.prepare(JSONLines(file)) }
        return "\(try #require(error))"
    }
}
