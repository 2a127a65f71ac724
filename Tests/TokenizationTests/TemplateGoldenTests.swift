import Foundation
import JSON
import Testing

@testable import Tokenization

/// Conversations rendered by transformers, and templates rendered by Jinja itself.
@Suite struct TemplateGoldenTests {
    /// SmolLM2's turns: a default system turn if there is none, `<|im_end|>` and a newline after each.
    private static let smolLM2 = """
        {% for turn in messages %}{% if loop.first and turn['role'] != 'system' %}{{ '<|im_start|>system
        You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
        ' }}{% endif %}{{ '<|im_start|>' + turn['role'] + '
        ' + turn['content'] + '<|im_end|>' + '
        ' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
        ' }}{% endif %}
        """

    @Test func tinyModelConversations() throws {
        let template = try TemplateFixtures.text("golden/tiny-llama/chat_template.jinja")
        try expectGolden("golden/tokenizer/tiny_chat.json", template: template)
    }

    @Test func smolLM2Conversations() throws {
        try expectGolden("golden/tokenizer/smollm2_chat.json", template: Self.smolLM2)
    }

    private func expectGolden(_ path: String, template source: String) throws {
        let template = try ChatTemplate(source)
        let conversations = try #require(try TemplateFixtures.value(path)["conversations"]?.array)
        #expect(conversations.count == 25)
        for conversation in conversations {
            let messages = try (conversation["messages"]?.array ?? []).map { try Message($0) }
            for (key, addsPrompt) in [("no_generation_prompt", false), ("with_generation_prompt", true)] {
                let text = try template.render(messages, addGenerationPrompt: addsPrompt)
                #expect(text == conversation[key]?["text"]?.string)
            }
        }
    }

    @Test func generationBlocksOfTheTinyTemplate() throws {
        let template = try ChatTemplate(TemplateFixtures.text("golden/tiny-llama/chat_template.jinja"))
        let messages = [
            Message(role: "user", content: "où ?"), Message(role: "assistant", content: "à Rome ✓"),
            Message(role: "user", content: "thanks"), Message(role: "assistant", content: ""),
        ]
        let (text, generated) = try template.renderMarkingGeneration(messages, addGenerationPrompt: false)
        let bytes = Array(text.utf8)
        let parts = generated.map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(parts == ["à Rome ✓<|im_end|>", "<|im_end|>"])
        #expect(try text == template.render(messages, addGenerationPrompt: false))
    }

    /// Expressions, statements, whitespace and whole templates, with what Jinja 3.1 makes of them.
    @Test func casesRenderedByJinja() throws {
        let fixture = try TemplateFixtures.value("templates/cases.json")
        let cases = try #require(fixture["cases"]?.array)
        #expect(cases.count > 1400)
        for entry in cases {
            let source =
                entry["template"]?.string
                ?? entry["named"]?.string.flatMap { fixture["templates"]?[$0]?.string }
            let name = try #require(entry["context"]?.string)
            let context = try #require(fixture["contexts"]?[name]?.object)
            try expectCase(entry, source: #require(source), context: context)
        }
    }

    /// Expressions over the whole language, tried after reports about other engines: what Jinja 3.1.6 writes, or that it is
    /// more than is supported here, which is refused in words.
    @Test func expressionsOfReports() throws {
        let lines = try TemplateFixtures.text("templates/expressions.jsonl").split(separator: "\n")
        #expect(lines.count > 200)
        for line in lines {
            let entry = try JSONValue(parsing: Data(line.utf8), tolerating: .all)
            let source = try #require(entry["template"]?.string)
            let context = try #require(entry["messages"])
            let render = {
                try ChatTemplate(source).render([
                    "messages": context, "tools": .null, "documents": .null, "eos_token": "<|im_end|>",
                ])
            }
            if let text = entry["text"]?.string {
                #expect(try render() == text, "\(source)")
            } else {
                #expect(throws: TemplateError.self, "\(source)") { try render() }
            }
        }
    }

    @Test(arguments: [
        ("{{ 'ΑΣ ΣΑΣ Σ Σ.'|lower }}", "ας σας σ σ."), ("{{ 'ΑΣ'.lower() }}", "ας"),
        ("{{ 'ΑΣ'.capitalize() }}", "Ας"), ("{{ 'ΑΣ'|capitalize }}", "Ας"),
        ("{{ 'ΑΣ ΒΣ'.title() }}", "Ας Βς"),
        ("{{ 'ΑΣ ΑΒΣ'|title }}", "Ασ Αβς"), ("{{ 'ΑΣ\u{301}Α'|lower }}", "ασ\u{301}α"),
        (
            "{% macro m(a, b=1) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}",
            "m('a', 'b')False"
        ),
        (
            "{{ (1).real }}{{ (1).imag }}{{ true.real }}{{ 2.5.real }}{{ 2.5.imag }}{{ (3).denominator }}",
            "1012.50.01"
        ),
        (
            "{{ n }}{{ n|tojson }}{{ n is integer }}{{ n == n }}",
            "1234567890123456789012345678901234567890TrueTrue"
        ),
        ("{{ o|tojson }}", #"{"zeta": 1.0, "alpha": -0.0}"#),
        ("{{ strftime_now('%Z%z%%Z%:z') }}", "%Z"), ("{{ strftime_now('%f')|length }}", "6"),
    ])
    func whatPythonMakesOfIt(source: String, text: String) throws {
        let context: JSONObject = [
            "n": .largeInteger("12345678901234567890"), "o": ["zeta": 1.0, "alpha": -0.0],
        ]
        #expect(try ChatTemplate(source).render(context) == text)
    }

    private func expectCase(_ entry: JSONValue, source: String, context: JSONObject) throws {
        do {
            let template = try ChatTemplate(source)
            let result = try template.render(context, date: Date(), markingGeneration: true)
            #expect(result.text == entry["text"]?.string, "\(source)")
            let bytes = Array(result.text.utf8)
            let generated = result.generated.map {
                JSONValue.string(String(decoding: bytes[$0], as: UTF8.self))
            }
            #expect(.array(generated) == entry["generated"], "\(source)")
        } catch TemplateError.raised(_, let message) {
            #expect(message == entry["raised"]?.string, "\(source)")
        } catch let error as TemplateError {
            #expect(entry["fails"] == true, "\(source): \(error)")
        }
    }
}
