import Foundation
import Testing
import Tokenization

@testable import Datasets

@Suite struct PreparationTests {
    private let tokenizer: Tokenizer

    init() throws { tokenizer = try Fixtures.tokenizer() }

    private func sourced<Row>(_ rows: [Row]) -> [SourcedRow<Row>] {
        rows.enumerated().map { SourcedRow($1, place: Place(file: "rows.jsonl", line: $0 + 1), index: $0) }
    }

    private func completion(_ prompt: String, _ completion: String) -> SupervisedRow {
        .completion(CompletionRow(prompt: .plain(prompt), completion: .plain(completion)))
    }

    private let chat: [Message] = [
        Message(role: "user", content: "Hi"), Message(role: "assistant", content: "Hello."),
    ]

    // MARK: Supervised

    @Test func endOfSequenceIsAddedOnceAndLearnt() throws {
        let preparation = SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil)
        let rows = try preparation.prepare(
            sourced([completion("A", " b"), completion("A", " b<|im_end|>")])
        ).rows
        let end = try #require(tokenizer.endOfSequence?.id)
        #expect(rows[0] == rows[1])
        #expect(rows[0].tokens.last == end)
        #expect(rows[0].tokens.count { $0 == end } == 1)
        #expect(rows[0].counts.last == true)
    }

    @Test func conversationsGetNothingAdded() throws {
        let preparation = SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil)
        let rows = try preparation.prepare(sourced([.messages(MessagesRow(messages: chat))])).rows
        #expect(rows[0].tokens == (try tokenizer.encode(chat, addGenerationPrompt: false)))
    }

    @Test func assistantAndCompletionMasksCombine() throws {
        let earlier = chat + [Message(role: "user", content: "Bye")]
        let row = SupervisedRow.completion(
            CompletionRow(
                prompt: .messages(earlier),
                completion: .messages([Message(role: "assistant", content: "Bye.")])))
        func counted(_ completionOnly: CompletionOnly, assistantOnly: Bool) throws -> Int {
            let preparation = SupervisedPreparation(
                tokenizer: tokenizer, maximumLength: nil, completionOnly: completionOnly,
                assistantOnly: assistantOnly)
            return try preparation.prepare(sourced([row])).rows[0].countedTokens
        }
        // The completion ends with a newline that the template does not attribute to the assistant.
        #expect(try counted(.auto, assistantOnly: true) == counted(.auto, assistantOnly: false) - 1)
        #expect(try counted(.off, assistantOnly: true) > counted(.auto, assistantOnly: true))
        #expect(try counted(.off, assistantOnly: false) > counted(.off, assistantOnly: true))
    }

    @Test func truncationKeepsTheStartAndCountsWhatItCuts() throws {
        let rows = sourced([completion("A B C D", " e"), completion("A", " b c d e f g")])
        let whole = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(rows)
        let promptLength = tokenizer.encode("A B C D").count
        let cut = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: promptLength).prepare(rows)
        #expect(cut.rows == [whole.rows[1].prefix(promptLength)])
        #expect(cut.places == [Place(file: "rows.jsonl", line: 2)])
        #expect(whole.report.rowsCut == 0)
        #expect(whole.report.tokensKept == whole.rows.reduce(0) { $0 + $1.tokens.count })
        #expect(cut.report.tokensCut == whole.rows[1].tokens.count - promptLength)
        #expect(cut.report.dropped[.noCountedToken]?.examples == [Place(file: "rows.jsonl", line: 1)])
        #expect(
            cut.report.description == """
                kept 1 of 2 rows (\(promptLength) tokens); cut \(cut.report.tokensCut) tokens off the end of 1 row; \
                dropped 1 row without a token to learn within the maximum length (rows.jsonl:1)
                """)
    }

    /// No length would help a conversation of which nothing is to be learned.
    @Test func whatIsNeverLearnedIsNotCalledTooLong() throws {
        let narrated = MessagesRow(messages: [chat[0], Message(role: "narrator", content: "What?")])
        let rows = sourced([SupervisedRow.messages(narrated), .messages(MessagesRow(messages: chat))])
        let report = try SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: 100, assistantOnly: true
        ).prepare(rows).report
        #expect(report.dropped[.nothingToLearn]?.count == 1 && report.dropped[.noCountedToken] == nil)
        #expect(
            report.description.contains("in which nothing is to be learned, such as a turn of the assistant"))
        let all = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: 100).prepare(rows).report
        #expect(all.remarks[.unknownRole]?.count == 1)
    }

    @Test func examplesOfDroppedRowsAreFew() throws {
        let rows = sourced(
            [completion("A", " b")] + Array(repeating: completion("A B C D E F", " g"), count: 5))
        let report = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: 3).prepare(rows).report
        #expect(report.rowsDropped == 5)
        #expect(report.description.hasSuffix("(rows.jsonl:2, rows.jsonl:3, rows.jsonl:4, …)"))
    }

    @Test func reportsAreSaved() throws {
        let rows = sourced([completion("A", " b"), completion("A B C D E F", " g")])
        let report = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: 3).prepare(rows).report
        let data = try JSONEncoder().encode(report)
        #expect(String(decoding: data, as: UTF8.self).contains(#""noCountedToken":{"#))
        #expect(try JSONDecoder().decode(PreparationReport.self, from: data) == report)
    }

    @Test func nothingLeftIsAnError() throws {
        let preparation = SupervisedPreparation(tokenizer: tokenizer, maximumLength: 1)
        let error = try dataError { _ = try preparation.prepare(sourced([completion("A", " b")])) }
        #expect(
            error.description == """
                rows.jsonl:1: expected at least one row to learn from, found none: kept 0 of 1 rows (0 tokens); \
                dropped 1 row without a token to learn within the maximum length (rows.jsonl:1); \
                raise the maximum length or check the rows
                """)
    }

    @Test func settingsThatDoNotFitTheRowsAreErrors() throws {
        let text = sourced([SupervisedRow.text(TextRow(text: "A"))])
        let onlyCompletions = SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: nil, completionOnly: .on)
        #expect(
            try dataError { _ = try onlyCompletions.prepare(text) }.description == """
                rows.jsonl:1: expected "prompt" and "completion", as the loss is on completions only, \
                found a row without completion; use --completion-only auto, or give rows with both columns
                """)
        let onlyAssistant = SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: nil, assistantOnly: true)
        let expected = """
            rows.jsonl:1: expected messages, as the loss is on the assistant's tokens only, found plain text; \
            leave out --assistant-only, or give conversations
            """
        #expect(try dataError { _ = try onlyAssistant.prepare(text) }.description == expected)
        #expect(
            try dataError { _ = try onlyAssistant.prepare(sourced([completion("A", " b")])) }.description
                == expected)
    }

    // MARK: Comparisons

    private func comparison(_ prompt: String?, _ chosen: String, _ rejected: String) -> ComparisonRow {
        ComparisonRow(
            prompt: prompt.map(Text.plain), chosen: .plain(chosen), rejected: .plain(rejected), margin: 0.5)
    }

    @Test func answersShareTheSmallerBoundary() throws {
        // The end of the prompt merges into the first token of one answer and not of the other.
        let preparation = ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil)
        let row = try preparation.prepare(sourced([comparison("Say t", "5", "he word")])).rows[0]
        #expect(row.prompt + row.chosen == tokenizer.encode("Say t5<|im_end|>"))
        #expect(row.prompt + row.rejected == tokenizer.encode("Say the word<|im_end|>"))
        #expect(row.prompt.count == tokenizer.encode("Say t").count - 1)
        #expect(row.margin == 0.5)
    }

    @Test func emptyAnswersStayAnswers() throws {
        let preparation = ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil)
        let row = try preparation.prepare(sourced([comparison("A:", " yes", "")])).rows[0]
        #expect(row.rejected == [try #require(tokenizer.endOfSequence?.id)])
    }

    @Test func unusableComparisonsAreCounted() throws {
        let rows = sourced([
            comparison(nil, "yes", "no"), comparison(nil, "same", "same"),
            comparison("A B C D E F G", " h", " i"),
            comparison("A", " b", " c"),
        ])
        let prepared = try ComparisonPreparation(tokenizer: tokenizer, maximumLength: 6).prepare(rows)
        #expect(prepared.rows.map(\.row) == [3])
        #expect(prepared.report.dropped[.noPrompt]?.count == 2)
        #expect(prepared.report.dropped[.promptTooLong]?.count == 1)
    }

    @Test func answerOfOneTokenBehindAnEmptyPromptIsDropped() throws {
        let rows = sourced([comparison("", "A b", ""), comparison("", "A b", "c")])
        let prepared = try ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(rows)
        #expect(prepared.rows.map(\.row) == [1])
        #expect(prepared.report.dropped[.noCountedToken]?.count == 1)
    }

    @Test func implicitPromptOfAConversationIsItsCommonMessages() throws {
        let other = [chat[0], Message(role: "assistant", content: "What?")]
        let explicit = ComparisonRow(
            prompt: .messages([chat[0]]), chosen: .messages([chat[1]]), rejected: .messages([other[1]]))
        let implicit = ComparisonRow(prompt: nil, chosen: .messages(chat), rejected: .messages(other))
        #expect(implicit.splittingPrompt() == explicit)
        let preparation = ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil)
        let rows = try preparation.prepare(sourced([explicit, implicit])).rows
        #expect(rows[0].prompt == rows[1].prompt)
        #expect(rows[0].prompt == (try tokenizer.encode([chat[0]], addGenerationPrompt: true)))
        let rewards = RewardPreparation(tokenizer: tokenizer, maximumLength: nil)
        let pairs = try rewards.prepare(sourced([explicit, implicit].map(JudgmentRow.comparison))).rows
        #expect(pairs[0].sequences[0] == pairs[1].sequences[0])
        #expect(pairs[0].sequences[1] == rows[0].prompt + rows[0].rejected)
    }

    @Test func implicitPromptOfATextIsWholeScalars() throws {
        // The two letters begin with the same byte.
        let row = comparison(nil, "Q: é", "Q: è")
        let split = try #require(row.splittingPrompt())
        #expect(split == comparison("Q:", " é", " è"))
        // An answer may be empty, a prompt may not.
        #expect(comparison(nil, "Q:", "Q: no").splittingPrompt() == comparison("Q:", "", " no"))
        #expect(comparison(nil, " a", " b").splittingPrompt() == nil)
    }

    @Test func tokenizerTroubleNamesTheRow() throws {
        let json = try #require(
            try? Data(contentsOf: Fixtures.golden.appendingPathComponent("tiny-llama/tokenizer.json")))
        let bare = try Tokenizer(json: json, configuration: nil, chatTemplate: nil)
        let preparation = SupervisedPreparation(tokenizer: bare, maximumLength: nil)
        let withoutEnd = try dataError { _ = try preparation.prepare(sourced([completion("A", "b")])) }
        #expect(
            withoutEnd.description == """
                rows.jsonl:1: expected a tokenizer with an end-of-sequence token to teach where answers stop, \
                found one without; name the token as "eos_token" in tokenizer_config.json
                """)
        let withoutTemplate = try dataError {
            _ = try preparation.prepare(sourced([.messages(MessagesRow(messages: chat))]))
        }
        #expect(
            withoutTemplate.description.hasPrefix(
                "rows.jsonl:1: expected messages that the chat template can"))
    }
}
