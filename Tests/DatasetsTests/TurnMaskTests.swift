import Foundation
import JSON
import Testing
import Tokenization

@testable import Datasets

/// What rows say of single turns is obeyed in every layout, or refused by its key.
@Suite struct TurnMaskTests {
    private let folder: TemporaryFolder
    private let tokenizer: Tokenizer

    init() throws {
        folder = try TemporaryFolder()
        tokenizer = try Fixtures.tokenizer()
    }

    /// Two turns of the assistant, `AB` with `mask` beside it and `CD`, in each of the layouts.
    private static let layouts = [
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "AB"MASK}, "#
            + #"{"role": "user", "content": "R"}, {"role": "assistant", "content": "CD"}]}"#,
        #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "AB"MASK}, "#
            + #"{"from": "human", "value": "R"}, {"from": "gpt", "value": "CD"}]}"#,
        #"{"conversations": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "AB"MASK}, "#
            + #"{"role": "user", "content": "R"}, {"role": "assistant", "content": "CD"}]}"#,
        #"{"prompt": [{"role": "user", "content": "Q"}], "completion": [{"role": "assistant", "content": "AB"MASK}, "#
            + #"{"role": "user", "content": "R"}, {"role": "assistant", "content": "CD"}]}"#,
        #"{"prompt": "Q", "completion": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "AB"MASK}, "#
            + #"{"role": "user", "content": "R"}, {"role": "assistant", "content": "CD"}]}"#,
    ]

    private func learned(_ layout: String, _ mask: String, assistantOnly: Bool) throws -> String {
        let preparation = SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: nil, completionOnly: .off, assistantOnly: assistantOnly)
        let line = layout.replacing("MASK", with: mask)
        let row = try preparation.prepare(JSONLines(folder.write(line, to: "w.jsonl"))).rows[0]
        return tokenizer.decode(zip(row.tokens, row.labels).filter(\.1).map(\.0))
    }

    @Test(
        arguments: [
            #""weight": 0"#, #""weight": 0.0"#, #""weight": "0""#, #""weight": false"#, #""loss": false"#,
            #""train": false"#, #""train": "false""#, #""trainable": 0"#, #""loss_mask": 0"#,
            #""loss_weight": 0"#,
            #""weight": 0, "train": false, "loss": null"#,
        ], [true, false])
    func turnsThatDoNotCountAreContext(mask: String, assistantOnly: Bool) throws {
        for layout in Self.layouts {
            let all = try learned(layout, "", assistantOnly: assistantOnly)
            let without = try learned(layout, ", " + mask, assistantOnly: assistantOnly)
            #expect(without == all.replacing("AB<|im_end|>", with: "") && without != all, "\(layout)")
        }
    }

    @Test(arguments: [
        #""weight": 1"#, #""weight": "1""#, #""train": true"#, #""loss": true"#, #""weight": null"#,
        #""mask": null"#,
    ])
    func turnsThatCountAreAsWithoutAWord(mask: String) throws {
        for layout in Self.layouts {
            let all = try learned(layout, "", assistantOnly: true)
            #expect(try learned(layout, ", " + mask, assistantOnly: true) == all)
        }
    }

    @Test(arguments: [
        (#""weight": 0.5"#, #"0.5 as "weight""#), (#""loss": "some""#, #""some" as "loss""#),
        (#""train": [0]"#, #"[0] as "train""#), (#""mask": 1"#, #"1 as "mask""#),
        (#""train_detail": [{"begin": 0}]"#, #"as "train_detail""#),
        (#""weight": 0, "train": true"#, #""weight" and "train" that contradict each other"#),
    ])
    func whatCannotBeObeyedIsRefused(mask: String, found: String) throws {
        for layout in Self.layouts {
            let error = try dataError { _ = try learned(layout, ", " + mask, assistantOnly: false) }
            #expect(error.line == 1 && error.found.contains(found), "\(error)")
        }
    }

    /// Where all tokens are learned, a user's turn of weight 0 is not.
    @Test func usersTurnsCanBeLeftOut() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "AB"}, "#
            + #"{"role": "user", "content": "R", "weight": 0}, {"role": "assistant", "content": "CD"}]}"#
        let learned = try learned(row, "", assistantOnly: false)
        #expect(learned.contains("Q") && learned.contains("AB") && !learned.contains("R"))
    }

    /// Judged answers count as a whole; in their prompt a weight changes nothing.
    @Test func judgedAnswersCannotBeLeftOut() throws {
        func prepare(_ prompt: String, _ answer: String) throws {
            let line =
                #"{"prompt": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"\#(prompt)}, "#
                + #"{"role": "user", "content": "R"}], "chosen": [{"role": "assistant", "content": "B"\#(answer)}], "#
                + #""rejected": [{"role": "assistant", "content": "C"}]}"#
            let data = try JSONLines(folder.write(line, to: "p.jsonl"))
            _ = try ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data)
            _ = try RewardPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data)
        }
        try prepare(#", "weight": 0"#, "")
        #expect(try dataError { try prepare("", #", "weight": 0"#) }.found == "a turn of weight 0")
    }

    @Test func emptyFieldsOfOtherToolsAreNothing() throws {
        let line =
            #"{"messages": [{"role": "user", "content": "a", "tool_calls": [], "metadata": {}}, "#
            + #"{"role": "assistant", "content": "b", "annotations": [], "audio": null}]}"#
        let row = try JSONLines(folder.write(line, to: "t.jsonl")).load(MessagesRow.self)[0].row
        #expect(
            row.messages == [
                Message(role: "user", content: "a"), Message(role: "assistant", content: "b"),
            ])
    }
}
