import Foundation
import JSON
import Testing

@testable import Tokenization

@Suite struct MessageTests {
    // MARK: Messages

    @Test func messagesKeepEveryField() throws {
        let json =
            #"{"role":"assistant","content":null,"tool_calls":[{"name":"f","arguments":{"z":1,"a":[2.5]}}]}"#
        var message = try Message(JSONValue(parsing: Data(json.utf8)))
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
        #expect(try Message(JSONValue(parsing: encoded)) == message)
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
