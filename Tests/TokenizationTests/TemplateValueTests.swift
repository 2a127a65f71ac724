import Foundation
import Testing

@testable import Tokenization

@Suite struct TemplateValueTests {
    // MARK: JSON

    @Test func readsJSONInOrderAndWithNumbersKeptApart() throws {
        let json = #" {"b": 1, "a": [1.0, -2e3, true, null, "\u00e9\ud83d\ude00\n\/"], "b": {}, "": []} "#
        let value = try TemplateValue(json: Data(json.utf8))
        #expect(value == ["b": [:], "a": [.float(1), .float(-2000), true, nil, "é😀\n/"], "": []])
        guard case .mapping(let entries) = value else { return }
        #expect(entries.keys == ["b", "a", ""])
    }

    @Test(arguments: [
        ("", 1, 1, "a JSON value", "the end of the text"), ("{\"a\" 1}", 1, 6, "`:` after the key", "`1`"),
        ("[1,\n 2", 2, 3, "`,` or `]`", "the end of the text"), ("[1,]", 1, 4, "a JSON value", "`]`"),
        ("tru", 1, 1, "`true`", "`t`"), ("01", 1, 2, "the end of the text", "`1`"),
        ("1.", 1, 3, "a digit", "the end of the text"),
        ("\"a", 1, 3, "a closing `\"`", "the end of the text"), ("\"\\x\"", 1, 3, "one of", "`x`"),
        ("\"\\u12\"", 1, 4, "four hexadecimal digits", "`1`"),
        ("9223372036854775808", 1, 1, "an integer of 64 bits", "9223372036854775808"),
    ])
    func refusesWhatIsNotJSON(json: String, line: Int, column: Int, expected: String, found: String) throws {
        let error = try #require(throws: TemplateValue.JSONError.self) {
            try TemplateValue(json: Data(json.utf8))
        }
        #expect(error.line == line)
        #expect(error.column == column)
        #expect(error.expected.hasPrefix(expected))
        #expect(error.found == found)
    }

    @Test func refusesDeepAndBrokenJSON() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: TemplateValue.JSONError.self) { try TemplateValue(json: Data(deep.utf8)) }
        #expect(throws: TemplateValue.JSONError.self) { try TemplateValue(json: Data([0x22, 0xFF, 0x22])) }
    }

    // MARK: Mappings

    @Test func mappingsKeepOrderAndTellScalarsApart() {
        var mapping: OrderedMapping<Int> = ["b": 1, "a": 2, "\u{E9}": 3]
        mapping["e\u{301}"] = 4
        #expect(mapping.keys.map { $0.unicodeScalars.count } == [1, 1, 1, 2])
        #expect(mapping["\u{E9}"] == 3)
        mapping["b"] = nil
        mapping["a"] = 5
        #expect(mapping.values == [5, 3, 4])
        #expect(mapping["e\u{301}"] == 4)
        #expect(["x": 1, "y": 2] as OrderedMapping == ["y": 2, "x": 1])
    }

    // MARK: Messages

    @Test func messagesKeepEveryField() throws {
        let json =
            #"{"role":"assistant","content":null,"tool_calls":[{"name":"f","arguments":{"z":1,"a":[2.5]}}]}"#
        var message = try Message(TemplateValue(json: Data(json.utf8)))
        #expect(message.role == "assistant")
        #expect(message.content == "")
        #expect(message.additional.keys == ["tool_calls"])
        let template = try ChatTemplate(
            "{{ messages[0].content is none }} {{ messages[0].tool_calls|tojson }}")
        #expect(
            try template.render([message], addGenerationPrompt: false)
                == #"True [{"name": "f", "arguments": {"z": 1, "a": [2.5]}}]"#)
        message.content = "Hi"
        message.additional["name"] = "bot"
        let encoded = try JSONEncoder().encode(message)
        #expect(try JSONDecoder().decode(Message.self, from: encoded) == message)
        #expect(try Message(TemplateValue(json: encoded)) == message)
    }

    @Test func messagesWithoutRoleAreRefused() {
        #expect(throws: MessageError.roleMissing(keys: ["content"])) { try Message(["content": "a"]) }
        #expect(throws: MessageError.roleNotAString) { try Message(["role": 1]) }
        #expect(throws: MessageError.notAnObject) { try Message("a") }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Message.self, from: Data(#"{"content": "a"}"#.utf8))
        }
    }

    // MARK: What a template is given

    @Test func variablesReachTheTemplate() throws {
        let template = try ChatTemplate(
            "{{ bos_token }}{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}{{ x }}"
        )
        let text = try template.render(
            [], addGenerationPrompt: true, specialTokens: ["bos_token": "<s>"],
            variables: ["x": ["a": 1], "tools": []])
        #expect(text == "<s>FalseTrueTrue{'a': 1}")
    }

    @Test func timeIsThatOfTheGivenDate() throws {
        let template = try ChatTemplate("{{ strftime_now('%Y, %B, 100%%') }}{{ strftime_now('') }}")
        let date = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(try template.render([], addGenerationPrompt: false, date: date) == "2023, November, 100%")
    }
}
