import Foundation
import JSON
import Testing
import Tokenization

@testable import Datasets

/// The same words in any layout are the same tokens, and no column that changes them is lost.
@Suite struct RowLayoutTests {
    private let folder: TemporaryFolder
    private let tokenizer: Tokenizer

    init() throws {
        folder = try TemporaryFolder()
        tokenizer = try Fixtures.tokenizer()
    }

    private func data(_ line: String, chatPrompts: Bool = false) throws -> JSONLines {
        try JSONLines(folder.write(line, to: "x.jsonl"), chatPrompts: chatPrompts)
    }

    private func message(_ line: String, chatPrompts: Bool = false) throws -> String {
        try dataError { _ = try data(line, chatPrompts: chatPrompts).load(ComparisonRow.self) }.description
    }

    private static let system = #"{"role": "system", "content": "S"}"#
    private static let user = #"{"role": "user", "content": "Q"}"#
    private static let good = #"{"role": "assistant", "content": "A"}"#
    private static let bad = #"{"role": "assistant", "content": "B"}"#

    // MARK: One text, many layouts

    /// By the template of tiny-llama, which is ChatML.
    private static let question = "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n"
    private static let header = "<|im_start|>assistant\n"

    @Test(arguments: [
        #"{"messages": [\#(system), \#(user), \#(good)]}"#,
        #"{"system": "S", "messages": [\#(user), \#(good)]}"#,
        #"{"system": "S", "messages": [\#(system), \#(user), \#(good)]}"#,
        #"{"conversations": [{"from": "system", "value": "S"}, {"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#,
        #"{"system": "S", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"#,
        #"{"system_prompt": "S", "conversations": [\#(user), \#(good)]}"#,
        #"{"system": "S", "instruction": "Q", "input": "", "output": "A"}"#,
        #"{"system": "S", "prompt": "Q", "completion": "A"}"#,
        #"{"system": "S", "question": "Q", "completion": "A"}"#,
        #"{"prompt": [\#(system), \#(user)], "completion": [\#(good)]}"#,
        #"{"system": "S", "prompt": [\#(user)], "completion": [\#(good)]}"#,
        #"{"prompt": [\#(system), \#(user)], "completion": [\#(system), \#(user), \#(good)]}"#,
        #"{"prompt": [\#(user)], "completion": [\#(system), \#(user), \#(good)]}"#,
        #"{"system": "S", "prompt": "Q", "completion": [\#(user), \#(good)]}"#,
        #"{"prompt": "Q", "completion": [\#(system), \#(user), \#(good)]}"#,
    ])
    func demonstrations(line: String) throws {
        let preparation = SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: nil, assistantOnly: true)
        let row = try preparation.prepare(data(line)).rows[0]
        #expect(tokenizer.decode(row.tokens) == Self.question + Self.header + "A<|im_end|>\n")
        #expect(tokenizer.decode(zip(row.tokens, row.labels).filter(\.1).map(\.0)) == "A<|im_end|>")
    }

    @Test(arguments: [
        #"{"prompt": [\#(system), \#(user)], "chosen": [\#(good)], "rejected": [\#(bad)]}"#,
        #"{"chosen": [\#(system), \#(user), \#(good)], "rejected": [\#(system), \#(user), \#(bad)]}"#,
        #"{"prompt": [\#(system), \#(user)], "chosen": [\#(system), \#(user), \#(good)], "rejected": [\#(user), \#(bad)]}"#,
        #"{"prompt": "Q", "chosen": [\#(system), \#(user), \#(good)], "rejected": [\#(system), \#(user), \#(bad)]}"#,
        #"{"system": "S", "prompt": "Q", "chosen": "A", "rejected": "B"}"#,
        #"{"system": "S", "question": "Q", "chosen": "A", "rejected": "B"}"#,
        #"{"system": "S", "input": "Q", "chosen": "A", "rejected": "B"}"#,
        #"{"system": "S", "instruction": "Q", "chosen": "A", "rejected": "B"}"#,
        #"{"system": "S", "question": "Q", "chosen": [\#(good)], "rejected": [\#(bad)]}"#,
        #"{"system": "S", "chosen": [\#(user), \#(good)], "rejected": [\#(user), \#(bad)]}"#,
        #"{"system": "S", "chosen": "\n\nHuman: Q\n\nAssistant: A", "rejected": "\n\nHuman: Q\n\nAssistant: B"}"#,
        #"{"system": "S", "instruction": "Q", "completions": [{"response": "A", "overall_score": 9}, "#
            + #"{"response": "B", "overall_score": 2}]}"#,
        #"{"system": "S", "conversations": [{"from": "human", "value": "Q"}], "chosen": {"from": "gpt", "value": "A"}, "#
            + #""rejected": [{"from": "gpt", "value": "B"}]}"#,
    ])
    func comparisons(line: String) throws {
        let data = try data(line)
        let row = try ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data).rows[0]
        #expect(tokenizer.decode(row.prompt) == Self.question + Self.header)
        #expect(tokenizer.decode(row.chosen) == "A<|im_end|>\n")
        #expect(tokenizer.decode(row.rejected) == "B<|im_end|>\n")
        let judged = try RewardPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data).rows[0]
        #expect(judged.sequences == [row.prompt + row.chosen, row.prompt + row.rejected])
        // Rows whose prompt stands in their answers alone, or as text, are other prompts or none.
        if let prompt = try? data.load(PromptRow.self)[0].row.prompt, prompt.isConversation {
            #expect(try tokenizer.encode(prompt: prompt) == row.prompt)
        }
    }

    @Test(arguments: [
        #"{"prompt": [\#(system), \#(user)], "completion": [\#(good)], "label": true}"#,
        #"{"system": "S", "prompt": "Q", "completion": "A", "label": true}"#,
        #"{"system": "S", "question": "Q", "completion": "A", "label": true}"#,
        #"{"prompt": [\#(system), \#(user)], "completion": [\#(system), \#(user), \#(good)], "label": true}"#,
        #"{"system": "S", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}], "kto_tag": true}"#,
    ])
    func thumbs(line: String) throws {
        let preparation = UnpairedPreparation(tokenizer: tokenizer, maximumLength: nil)
        let row = try preparation.prepare(data(line)).rows[0]
        #expect(tokenizer.decode(row.prompt) == Self.question + Self.header)
        #expect(tokenizer.decode(row.completion) == "A<|im_end|>\n")
    }

    @Test func marksAndRankings() throws {
        let prompt = Text.messages([
            Message(role: "system", content: "S"), Message(role: "user", content: "Q"),
        ])
        let answer = Text.messages([Message(role: "assistant", content: "A")])
        for line in [
            #"{"system": "S", "question": "Q", "response": "A", "rating": 2}"#,
            #"{"prompt": [\#(Self.system), \#(Self.user)], "response": [\#(Self.user), \#(Self.good)], "rating": 2}"#,
        ] {
            #expect(
                try data(line).load(RatedRow.self)[0].row
                    == RatedRow(prompt: prompt, response: answer, rating: 2))
        }
        let ranked = #"{"system": "S", "prompt": "Q", "responses": ["A", "A"], "ranking": [1, 1]}"#
        #expect(
            try data(ranked).load(RankedRow.self)[0].row
                == RankedRow(prompt: prompt, responses: [answer, answer], ranking: [1, 1]))
    }

    // MARK: Prompts

    @Test func questionsArePrompts() throws {
        let rows = try data(#"{"question": "Q", "answer": "4", "source": "s"}"#).load(PromptRow.self)
        let user = Message(role: "user", content: "Q")
        #expect(rows[0].row == PromptRow(prompt: .messages([user]), extra: ["answer": "4", "source": "s"]))
        let both = try data(#"{"instruction": "Add.", "input": "2, 3"}"#).load(PromptRow.self)
        #expect(both[0].row.prompt == .messages([Message(role: "user", content: "Add.\n2, 3")]))
        // A row that is whole without it keeps such a column as any other.
        let text = try data(#"{"text": "T", "question": "Q"}"#).load(SupervisedRow.self)[0].row
        #expect(text == .text(TextRow(text: "T", extra: ["question": "Q"])))
    }

    /// What `split` writes of a row is read as the row itself.
    @Test func promptsKeepTheirAnswersInTheSameForm() throws {
        let row = try data(#"{"system": "S", "question": "Q", "chosen": "A", "rejected": "B"}"#)
            .load(PromptRow.self)[0].row
        let written = JSONObject(row.columns.map { (key: $0.name, value: $0.value) })
        let read = try data(JSONValue.object(written).text()).load(ComparisonRow.self)[0].row
        #expect(
            read.prompt == row.prompt && read.chosen == .messages([Message(role: "assistant", content: "A")]))
    }

    @Test func plainTextBecomesAChatWhereAsked() throws {
        let line = #"{"prompt": "Q", "chosen": "A", "rejected": "B"}"#
        #expect(try data(line).load(ComparisonRow.self)[0].row.prompt == .plain("Q"))
        let chat = try data(line, chatPrompts: true).load(ComparisonRow.self)[0].row
        let whole = #"{"prompt": [\#(Self.user)], "chosen": [\#(Self.good)], "rejected": [\#(Self.bad)]}"#
        #expect(try data(whole).load(ComparisonRow.self)[0].row == chat)
        #expect(try data(whole, chatPrompts: true).load(ComparisonRow.self)[0].row == chat)
        #expect(
            try message(#"{"chosen": "Q A", "rejected": "Q B"}"#, chatPrompts: true)
                .contains(#"expected "prompt" beside answers"#))
        // Text without a prompt is no chat.
        let text = try data(#"{"text": "T"}"#, chatPrompts: true).load(SupervisedRow.self)[0].row
        #expect(text == .text(TextRow(text: "T")))
    }

    @Test func plainTextBesideATemplateIsRemarked() throws {
        let lines = #"{"prompt": "Q", "completion": "A", "source": "s", "n": 1}"# + "\n" + #"{"text": "T"}"#
        let preparation = SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil)
        let notes = try preparation.prepare(data(lines)).report.notes.map(\.line)
        #expect(notes.count == 2)
        #expect(notes[0].hasPrefix("1 of 2 rows (") && notes[0].contains("x.jsonl:1): plain text"))
        #expect(notes[1] == "columns that change nothing here: n, source")
        #expect(try preparation.prepare(data(lines, chatPrompts: true)).report.remarks.isEmpty)
    }

    // MARK: What settings say

    private func prompt(_ line: String, _ layout: PromptLayout) throws -> PromptRow {
        try JSONLines([folder.write(line, to: "x.jsonl")], layout: layout).load(PromptRow.self)[0].row
    }

    /// A system turn that settings give is one that a column gives: the same text may stand in both, and in the prompt.
    @Test(arguments: [
        #"{"prompt": "Q", "answer": 1}"#, #"{"prompt": [\#(user)], "answer": 1}"#,
        #"{"problem": "Q", "answer": 1}"#,
        #"{"prompt": [\#(system), \#(user)], "answer": 1}"#, #"{"system": "S", "prompt": "Q", "answer": 1}"#,
        #"{"system": "S", "prompt": [\#(system), \#(user)], "answer": 1}"#,
    ])
    func aSystemTurnOfSettingsIsOneOfAColumn(_ line: String) throws {
        let row = try prompt(line, PromptLayout(system: "S"))
        #expect(
            row.prompt
                == .messages([Message(role: "system", content: "S"), Message(role: "user", content: "Q")]))
        #expect(row.extra == ["answer": 1])
        let error = #expect(throws: DataError.self) {
            try prompt(#"{"system": "T", "prompt": "Q"}"#, PromptLayout(system: "S"))
        }
        #expect(error?.description.contains("than in \"system\"") == true)
    }

    @Test func theColumnThatIsSetIsThePrompt() throws {
        let line = #"{"prompt": "template", "task": "Q", "messages": "n", "answer": 1}"#
        let row = try prompt(line, PromptLayout(promptColumn: "task"))
        #expect(row.prompt == .messages([Message(role: "user", content: "Q")]))
        #expect(row.extra == ["messages": "n", "answer": 1])
        let turns = #"{"turns": [{"role": "user", "content": "Q"}]}"#
        #expect(
            try prompt(turns, PromptLayout(promptColumn: "turns")).prompt
                == .messages([Message(role: "user", content: "Q")]))
        let error = #expect(throws: DataError.self) { try prompt(line, PromptLayout(promptColumn: "tasks")) }
        #expect(error?.description.contains("the column \"tasks\", which is set as the prompt's") == true)
    }

    // MARK: What contradicts itself

    @Test(arguments: [
        (
            #"{"system": "T", "prompt": [SYSTEM, USER], "chosen": "A", "rejected": "B"}"#,
            "another text in \"system\""
        ),
        (
            #"{"system": "T", "system_prompt": "S", "prompt": "Q", "chosen": "A", "rejected": "B"}"#,
            "another text in \"system\" than in \"system_prompt\""
        ),
        (#"{"system": 3, "prompt": "Q", "chosen": "A", "rejected": "B"}"#, "found a number"),
        (#"{"question": "Q", "input": "R", "chosen": "A", "rejected": "B"}"#, "\"question\" and \"input\""),
        (#"{"system": "S", "chosen": "Q A", "rejected": "Q B"}"#, "found answers alone"),
        (
            #"{"prompt": [USER], "chosen": [{"role": "user", "content": "R"}, GOOD], "rejected": [BAD]}"#,
            "other turns"
        ),
        (#"{"prompt": "R", "chosen": [USER, GOOD], "rejected": [USER, BAD]}"#, "other turns"),
        (#"{"prompt": [USER], "chosen": [USER], "rejected": [BAD]}"#, "the prompt alone"),
        (#"{"prompt": "Q", "chosen": [SYSTEM, USER, GOOD], "rejected": [USER, BAD]}"#, "other turns"),
    ])
    func contradictionsAreRefused(line: String, found: String) throws {
        let whole = line.replacing("SYSTEM", with: Self.system).replacing("USER", with: Self.user)
            .replacing("GOOD", with: Self.good).replacing("BAD", with: Self.bad)
        let message = try message(whole)
        #expect(message.contains("x.jsonl:1: ") && message.contains(found), "\(message)")
    }

    @Test func systemBesidePlainTextIsRefused() throws {
        let error = try dataError {
            _ = try data(#"{"text": "T", "system": "S"}"#).load(SupervisedRow.self)
        }
        #expect(error.expected == #"messages beside "system""#)
    }

    /// After an answer a conversation may go on with a user's turn.
    @Test func conversationsGoOn() throws {
        let line =
            #"{"prompt": [\#(Self.user), \#(Self.good)], "completion": [{"role": "user", "content": "R"}, \#(Self.bad)]}"#
        let row = try data(line).load(CompletionRow.self)[0].row
        #expect(
            row.completion
                == .messages([Message(role: "user", content: "R"), Message(role: "assistant", content: "B")]))
    }
}
