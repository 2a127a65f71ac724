import Foundation
import Testing

@testable import Checkpoints

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue {
        try Array(text.utf8).withUnsafeBytes { try JSONParser.parse($0) }
    }

    @Test func everyKindOfValue() throws {
        let text = #" {"a": [1, -2.5, 1e-05, true, false, null], "b": {"c": "\"\\\/\b\f\n\r\té😀é"}} "#
        #expect(
            try parse(text)
                == .object([
                    "a": .array([
                        .integer(1), .number(-2.5), .number(1e-5), .boolean(true), .boolean(false), .null,
                    ]),
                    "b": .object(["c": .string("\"\\/\u{8}\u{c}\n\r\té😀é")]),
                ]))
        #expect(try parse(#""\u00e9 \ud83d\ude00 \u0041""#) == .string("é 😀 A"))
    }

    @Test func writingIsSortedAndReadsBack() throws {
        let value = JSONValue.object([
            "b": .array([.number(10_000), .integer(3), .object([:]), .array([])]),
            "a": .string("\u{1}\"\\\n\t/é"),
        ])
        #expect(value.serialized() == "{\"a\":\"\\u0001\\\"\\\\\\n\\t/é\",\"b\":[10000.0,3,{},[]]}")
        #expect(
            JSONValue.object(["a": .array([.integer(1), .null])]).serialized(indentation: 2)
                == "{\n  \"a\": [\n    1,\n    null\n  ]\n}")
        #expect(try parse(value.serialized()) == value)
        #expect(try parse(value.serialized(indentation: 2)) == value)
    }

    @Test(arguments: [
        "", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", "1e", "+1", "nul", "truex",
        "\"a", "\"\\x\"",
        "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 2", "1e999", "NaN",
        "'a'", "[1 2]",
        String(repeating: "[", count: 100_000),
    ])
    func mistakesAreErrors(_ text: String) {
        #expect(throws: JSONParser.SyntaxError.self) { try parse(text) }
    }

    @Test func duplicateNamesAreErrors() {
        let error = #expect(throws: JSONParser.SyntaxError.self) {
            try parse(#"{"a": 1, "b": {"c": 1, "c": 2}}"#)
        }
        #expect(error?.offset == 23)
    }

    @Test func bytesThatAreNotUTF8AreErrors() {
        #expect(throws: JSONParser.SyntaxError.self) {
            try ([0x22, 0xff, 0x22] as [UInt8]).withUnsafeBytes { try JSONParser.parse($0) }
        }
    }
}
