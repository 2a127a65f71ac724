import Testing

@testable import Datasets

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue {
        try parse([UInt8](text.utf8))
    }

    private func parse(_ bytes: [UInt8]) throws -> JSONValue {
        try bytes.withUnsafeBufferPointer { try JSONParser.parse($0) }
    }

    @Test func valuesAreRead() throws {
        let text = #" {"a": [1, -2.5, 1e3, 0], "b": {"c": null, "d": true}, "e": false, "": "x"} "#
        let expected: JSONValue = [
            "a": [1, -2.5, .number(1000), 0], "b": ["c": .null, "d": true], "e": false, "": "x",
        ]
        #expect(try parse(text) == expected)
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse(#"{"a": 1, "a": 2}"#) == ["a": 2])
    }

    @Test func stringsAreRead() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\té""#) == "\"\\/\u{8}\u{C}\n\r\té")
        #expect(try parse(#""\u00e9\uD83D\uDE00!""#) == "é😀!")
        #expect(try parse(#""\ud83d x \ude00 \ud83d\u0041""#) == "\u{FFFD} x \u{FFFD} \u{FFFD}A")
        #expect(try parse("\"日本語 \\n é\"") == "日本語 \n é")
    }

    @Test(arguments: [
        ("", 1, "the end of the line"), ("{", 2, "the end of the line"), ("{]", 2, "']'"), ("[1,]", 4, "']'"),
        ("{\"a\" 1}", 6, "'1'"), ("{\"a\": 1,}", 9, "'}'"), ("{a: 1}", 2, "'a'"), ("[1 2]", 4, "'2'"),
        ("01", 2, "'1'"), ("1.", 3, "the end of the line"), ("-", 2, "the end of the line"),
        ("NaN", 1, "'N'"),
        ("tru", 4, "the end of the line"), ("\"abc", 5, "the end of the line"), ("\"\\x\"", 3, "'x'"),
        ("\"\\u12g4\"", 6, "'g'"), ("\"a\tb\"", 3, "the byte 0x09"), ("{} {}", 4, "'{'"),
        ("1e999", 1, "a number too large for 64 bits"), ("\u{FEFF}1", 1, "the byte 0xef"),
    ])
    func mistakesAreNamed(_ text: String, _ column: Int, _ found: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try parse(text) }
        #expect(error.column == column)
        #expect(error.found == found)
    }

    @Test func invalidUTF8IsRefused() throws {
        let error = try #require(throws: JSONSyntaxError.self) { try parse([0x22, 0xC3, 0x28, 0x22]) }
        #expect(error.found == "text that is not UTF-8")
        #expect(throws: JSONSyntaxError.self) { try parse([0x22, 0x5C, 0x6E, 0xFF, 0x22]) }
    }

    @Test func depthIsBounded() throws {
        let limit = JSONParser.maximumDepth
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try parse(nested(limit)) }
        let error = try #require(throws: JSONSyntaxError.self) { try parse(nested(limit + 1)) }
        #expect(error.found == "nesting deeper than 256")
        #expect(throws: JSONSyntaxError.self) { try parse(String(repeating: "[{\"a\":", count: 100_000)) }
    }

    @Test func writtenValuesAreReadBack() throws {
        let value: JSONValue = [
            "z": [1, 0.1, -0.0, 1e-7, 1e300, .integer(.min)], "a": ["text\n\"\\\u{1}\u{7F}é😀", true, .null],
            "m": [:],
        ]
        #expect(try parse(value.description) == value)
        #expect(value.description.hasPrefix(#"{"a": ["text\n\"\\\u0001"#))
        #expect(([.number(.nan), .number(-.infinity)] as JSONValue).description == #"["NaN", "-Infinity"]"#)
    }
}
