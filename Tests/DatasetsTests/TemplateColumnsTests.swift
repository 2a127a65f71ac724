import JSON
import Testing
import Tokenization

@testable import Datasets

/// `tools` and `chat_template_kwargs` beside messages are told the chat template, as in TRL.
@Suite struct TemplateColumnsTests {
    private let folder: TemporaryFolder
    private let tokenizer: Tokenizer

    private static let template =
        "{% if tools %}{{ tools|tojson }}\n{% endif %}{% if mood %}mood {{ mood }}\n{% endif %}"
        + "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

    init() throws {
        folder = try TemporaryFolder()
        tokenizer = try Fixtures.tokenizer().with(ChatTemplate(Self.template))
    }

    private func data(_ line: String) throws -> JSONLines {
        try JSONLines(folder.write(line, to: "x.jsonl"))
    }

    private static let user = #"{"role": "user", "content": "Q"}"#
    private static let good = #"{"role": "assistant", "content": "A"}"#
    private static let bad = #"{"role": "assistant", "content": "B"}"#
    private static let conversation = "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"

    @Test(arguments: [
        ("", ""), (#""tools": null, "#, ""), (#""tools": [], "#, ""),
        (#""tools": [{"name": "look", "a": 1}], "#, "[{\"name\": \"look\", \"a\": 1}]\n"),
        (#""tools": "[{\"name\": \"look\"}]", "#, "[{\"name\": \"look\"}]\n"),
        (#""chat_template_kwargs": {"mood": "calm"}, "#, "mood calm\n"),
        (#""tools": [1], "chat_template_kwargs": {"mood": "calm", "other": 2}, "#, "[1]\nmood calm\n"),
    ])
    func aRowTellsTheTemplate(columns: String, expected: String) throws {
        for row in [
            #"{\#(columns)"messages": [\#(Self.user), \#(Self.good)]}"#,
            #"{\#(columns)"prompt": [\#(Self.user)], "completion": [\#(Self.good)]}"#,
        ] {
            for assistantOnly in [false, true] {
                let preparation = SupervisedPreparation(
                    tokenizer: tokenizer, maximumLength: nil, assistantOnly: assistantOnly)
                let prepared = try preparation.prepare(data(row))
                let tokens = prepared.rows[0].tokens
                #expect(tokenizer.decode(tokens) == expected + Self.conversation)
                #expect(prepared.report.unreadColumns.isEmpty)
                guard assistantOnly else { continue }
                let learned = zip(tokens, prepared.rows[0].labels).filter(\.1).map(\.0)
                #expect(tokenizer.decode(learned) == "A<|im_end|>")
            }
        }
    }

    /// Every kind of row, so that a policy and what judges it see the same.
    @Test func everyPreparationTellsIt() throws {
        let columns = #""tools": [1], "prompt": [\#(Self.user)]"#
        let opening = "[1]\n<|im_start|>user\nQ<|im_end|>\n"
        let pair = try ComparisonPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(
            data(#"{\#(columns), "chosen": [\#(Self.good)], "rejected": [\#(Self.bad)]}"#)
        ).rows[0]
        #expect(tokenizer.decode(pair.prompt).hasPrefix(opening))
        let thumb = try UnpairedPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(
            data(#"{\#(columns), "completion": [\#(Self.good)], "label": true}"#)
        ).rows[0]
        #expect(tokenizer.decode(thumb.prompt).hasPrefix(opening))
        let reward = RewardPreparation(tokenizer: tokenizer, maximumLength: nil)
        let judged = try reward.prepare(
            data(#"{\#(columns), "chosen": [\#(Self.good)], "rejected": [\#(Self.bad)]}"#)
        ).rows[0]
        #expect(judged.sequences.allSatisfy { tokenizer.decode($0).hasPrefix(opening) })
        let scored = try reward.tokens(
            prompt: .messages([Message(role: "user", content: "Q")]),
            response: .messages([Message(role: "assistant", content: "A")]), columns: ["tools": [1]],
            at: Place(file: "x", line: 1))
        #expect(scored == judged.sequences[0])
    }

    /// Plain text is laid out by no template: such a column changes nothing, and is named.
    @Test func besidePlainTextTheyAreNoted() throws {
        let row = #"{"prompt": "Q", "completion": "A", "tools": "hammer"}"#
        let prepared = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data(row))
        #expect(tokenizer.decode(prepared.rows[0].tokens).hasPrefix("QA"))
        #expect(prepared.report.unreadColumns == ["tools"])
    }

    @Test(arguments: [
        (#""tools": 3"#, #"expected a list in "tools" for the chat template, found a number"#),
        (#""tools": "hammer""#, #"expected a list in "tools" for the chat template, found text"#),
        (
            #""chat_template_kwargs": [1]"#,
            #"expected an object in "chat_template_kwargs" for the chat template, found a list"#
        ),
    ])
    func othersAreRefused(column: String, message: String) throws {
        let row = #"{"messages": [\#(Self.user), \#(Self.good)], \#(column)}"#
        let error = try dataError {
            _ = try SupervisedPreparation(tokenizer: tokenizer, maximumLength: nil).prepare(data(row))
        }
        #expect(error.description.contains("x.jsonl:1: \(message)"), "\(error.description)")
    }
}
