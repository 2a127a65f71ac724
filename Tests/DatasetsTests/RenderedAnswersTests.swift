import Foundation
import Testing
import Tokenization

@testable import Datasets

/// Templates that leave out or change what is to be learned.
@Suite struct RenderedAnswersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The tiny tokenizer with a template that keeps what follows `</think>`, as those of reasoning models do.
    private func tokenizer(
        _ content: String = #"m.content.split("</think>")[-1]"#, prompt: String = "<|im_start|>assistant\n"
    ) throws -> Tokenizer {
        for name in ["tokenizer.json", "tokenizer_config.json"] {
            let file = folder.url.appending(path: name)
            if !FileManager.default.fileExists(atPath: file.path) {
                try FileManager.default.copyItem(
                    at: Fixtures.golden.appending(path: "tiny-llama/\(name)"), to: file)
            }
        }
        _ = try folder.write(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n"
                + "{% if m.role == 'assistant' %}{{ \(content) }}{% else %}{{ m.content }}{% endif %}<|im_end|>\n"
                + "{% endfor %}{% if add_generation_prompt %}\(prompt){% endif %}", to: "chat_template.jinja")
        return try Tokenizer(contentsOf: folder.url)
    }

    private func data(_ lines: String...) throws -> JSONLines {
        try JSONLines(folder.write(lines.joined(separator: "\n"), to: "x.jsonl"))
    }

    private static let thinking =
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>long</think>answer"}]}"#
    private static let plain =
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": " answer "}]}"#
    private static let field =
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "answer", "reasoning_content": "long"}]}"#

    @Test func rowsThatLoseTheirReasoningAreCounted() throws {
        let preparation = SupervisedPreparation(tokenizer: try tokenizer(), maximumLength: nil)
        let report = try preparation.prepare(data(Self.thinking, Self.plain, Self.field)).report
        #expect(report.remarks[.answersChanged]?.count == 2)
        let note = try #require(report.notes.first?.line)
        #expect(
            note.hasPrefix("2 of 3 rows (") && note.contains("x.jsonl:1, ") && note.contains("leaves out"))
    }

    @Test func templatesThatTrimAreNotBlamed() throws {
        for content in ["m.content", "m.content | trim", #"m.content.replace("</think>", "\n</think>\n\n")"#]
        {
            let preparation = SupervisedPreparation(tokenizer: try tokenizer(content), maximumLength: nil)
            let report = try preparation.prepare(data(Self.thinking, Self.plain)).report
            #expect(report.remarks[.answersChanged] == nil)
        }
    }

    /// In a prompt the template drops reasoning as it does when the model is used.
    @Test func reasoningInPromptsIsTheTemplatesBusiness() throws {
        let line =
            #"{"prompt": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>x</think>a"}, "#
            + #"{"role": "user", "content": "r"}], "completion": [{"role": "assistant", "content": "b"}]}"#
        let preparation = SupervisedPreparation(tokenizer: try tokenizer(), maximumLength: nil)
        #expect(try preparation.prepare(data(line)).report.remarks.isEmpty)
    }

    @Test func pairsThatBecomeTheSameAreRefused() throws {
        func pair(_ chosen: String, _ rejected: String) throws -> JSONLines {
            try data(
                #"{"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "\#(chosen)"}], "#
                    + #""rejected": [{"role": "assistant", "content": "\#(rejected)"}]}"#)
        }
        let comparisons = ComparisonPreparation(tokenizer: try tokenizer(), maximumLength: nil)
        let rewards = RewardPreparation(tokenizer: try tokenizer(), maximumLength: nil)
        let same = try pair("<think>good</think>answer", "<think>bad</think>answer")
        for prepare in [{ _ = try comparisons.prepare(same) }, { _ = try rewards.prepare(same) }] {
            let error = try dataError { try prepare() }
            #expect(error.line == 1 && error.found.hasPrefix("two that the chat template makes the same"))
        }
        let other = try pair("<think>good</think>answer", "<think>bad</think>other")
        #expect(try comparisons.prepare(other).report.remarks[.answersChanged]?.count == 1)
        // Answers that are the same in the row itself stay what they were.
        #expect(try comparisons.prepare(pair("answer", "answer")).rows.count == 1)
    }

    /// The generation prompt, not later messages, is what does not fit.
    @Test func promptsThatOpenReasoningAreNamed() throws {
        let tokenizer = try tokenizer("m.content", prompt: "<|im_start|>assistant\n<think>\n")
        let preparation = SupervisedPreparation(
            tokenizer: tokenizer, maximumLength: nil, assistantOnly: true)
        let error = try dataError { _ = try preparation.prepare(data(Self.plain)) }
        #expect(error.found.contains("the prompt opens something else, as <think>"))
        #expect(!error.found.contains("later messages"))
    }
}
