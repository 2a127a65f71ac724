import Foundation
import RandomNumbers
import Testing

@testable import JSON

@Suite struct JSONParserTests {
    private func parse(_ text: String, tolerating tolerance: JSONTolerance = []) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), tolerating: tolerance)
    }

    private func error(_ text: String) throws -> JSONSyntaxError {
        try #require(throws: JSONSyntaxError.self) { try parse(text) }
    }

    // MARK: Values

    @Test func everyKindOfValueIsRead() throws {
        let text = #" {"a": [1, -2.5, 1e3, 1e-05, 0], "b": {"c": null, "d": true}, "e": false, "": "x"} "#
        #expect(
            try parse(text) == [
                "a": [1, -2.5, .number(1000), .number(1e-5), 0], "b": ["c": .null, "d": true], "e": false,
                "": "x",
            ])
        #expect(try parse("\t[\r\n1 , 2 ]\n") == [1, 2])
        #expect(try parse("[[],{}]") == [[], [:]])
    }

    @Test func namesKeepTheirOrder() throws {
        let names = (0..<40).map { "name \($0 * 7 % 40)" }
        let text = "{" + names.map { "\"\($0)\": 1" }.joined(separator: ", ") + "}"
        #expect(try parse(text).object?.keys == names)
        #expect(try parse(text).text() == text)
    }

    @Test func integersStayWhole() throws {
        #expect(try parse("[9223372036854775807, -9223372036854775808]") == [.integer(.max), .integer(.min)])
        #expect(try parse("1.0") == .number(1))
        #expect(try parse("-0").number?.sign == .minus)
        #expect(try error("9223372036854775808").found == "9223372036854775808")
        #expect(
            try parse("[9223372036854775808, -9223372036854775809]", tolerating: .largeIntegers)
                == [.largeInteger("9223372036854775808"), .largeInteger("-9223372036854775809")])
        #expect(JSONValue.largeInteger("9223372036854775808").number == 9_223_372_036_854_775_808)
    }

    @Test func stringsAreUnescaped() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\té""#) == "\"\\/\u{8}\u{C}\n\r\té")
        #expect(try parse(#""\u00e9 \uD834\uDD1E\ud83d\uDE00!""#) == "é 𝄞😀!")
        #expect(try parse("\"日本語 \\n é\\u0041\"") == "日本語 \n éA")
        #expect(try parse(#"{"\u0061\n": "\u0000"}"#).object?.keys == ["a\n"])
    }

    // MARK: What may be let pass

    @Test func equalNamesAreRefusedOrTheLastWins() throws {
        let text = #"{"a": 1, "b": {"c": 1, "c": 2}}"#
        #expect(try error(text).offset == 23)
        #expect(try error(text).found == "'c' again")
        let value = try parse(#"{"b": 1, "a": 2, "b": {}}"#, tolerating: .repeatedNames)
        #expect(value == ["b": [:], "a": 2])
        #expect(value.object?.keys == ["b", "a"])
        let many = "{" + (0..<100).map { "\"\($0 % 50)\": \($0)" }.joined(separator: ",") + "}"
        #expect(throws: JSONSyntaxError.self) { try parse(many) }
        #expect(try parse(many, tolerating: .all).object?.values == (50..<100).map { .integer($0) })
    }

    @Test func namesAreTheSameByTheirScalars() throws {
        #expect(try parse(#"{"\u00e9": 1, "e\u0301": 2}"#).object?.values == [1, 2])
    }

    @Test func halfASurrogatePairIsRefusedOrReplaced() throws {
        for text in [#""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, #""\ud83d x""#, #""\ud83d\n""#] {
            #expect(throws: JSONSyntaxError.self) { try parse(text) }
        }
        #expect(
            try parse(#""\ud83d x \ude00 \ud83d\u0041 \ud83d\n""#, tolerating: .unpairedSurrogates)
                == "\u{FFFD} x \u{FFFD} \u{FFFD}A \u{FFFD}\n")
    }

    // MARK: Mistakes

    @Test(
        arguments: [
            ("", 1, 1, "a JSON value", nil), ("{", 1, 2, "a name in double quotes", nil),
            ("{]", 1, 2, "a name in double quotes", "']'"), ("[1,]", 1, 4, "a JSON value", "']'"),
            ("{\"a\":1,}", 1, 8, "a name in double quotes", "'}'"), ("{\"a\" 1}", 1, 6, "':'", "'1'"),
            ("{a: 1}", 1, 2, "a name in double quotes", "'a'"),
            ("{1:2}", 1, 2, "a name in double quotes", "'1'"),
            ("[1 2]", 1, 4, "',' or ']'", "'2'"), ("[1,\n 2", 2, 3, "',' or ']'", nil),
            ("{\"a\": 1", 1, 8, "',' or '}'", nil), ("1 2", 1, 3, "the end of the text", "'2'"),
            ("{} {}", 1, 4, "the end of the text", "'{'"), ("01", 1, 2, "the end of the text", "'1'"),
            ("truex", 1, 5, "the end of the text", "'x'"), ("tru", 1, 1, "true", "'t'"),
            ("nul", 1, 1, "null", "'n'"),
            ("NaN", 1, 1, "a JSON value", "'N'"), ("'a'", 1, 1, "a JSON value", "'''"),
            ("+1", 1, 1, "a JSON value", "'+'"), (".5", 1, 1, "a JSON value", "'.'"),
            ("-", 1, 2, "a digit", nil),
            ("1.", 1, 3, "a digit", nil), ("1e", 1, 3, "a digit", nil), ("1e+", 1, 4, "a digit", nil),
            ("1e999", 1, 1, "a number within", "1e999"), ("\"", 1, 2, "a closing", nil),
            ("\"a", 1, 3, "a closing", nil),
            ("\"\\", 1, 3, "one of", nil), ("\"\\x\"", 1, 3, "one of", "'x'"),
            ("\"\\u12\"", 1, 4, "four hexadecimal digits", "'1'"),
            ("\"\\u12g4\"", 1, 4, "four hexadecimal digits", "'1'"),
            ("\"\\uD834\"", 1, 8, "the other half", "'\"'"), ("\"a\tb\"", 1, 3, "control", "the byte 0x09"),
            ("\"\\n\n\"", 1, 4, "control", "the byte 0x0a"),
            ("{\"a\":1,\n \"a\":2}", 2, 2, "every name once", "'a' again"),
            ("\u{FEFF}1", 1, 1, "a JSON value", "the byte 0xef"),
            ("\u{0}", 1, 1, "a JSON value", "the byte 0x00"),
        ] as [(String, Int, Int, String, String?)])
    func mistakesAreNamedWithTheirPlace(
        _ text: String, _ line: Int, _ column: Int, _ expected: String, _ found: String?
    ) throws {
        let error = try error(text)
        #expect(error.line == line && error.column == column, "\(error)")
        #expect(error.expected.hasPrefix(expected), "\(error)")
        #expect(error.found == found)
        let before = Array(text.utf8)[..<error.offset]
        #expect(before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count == line)
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x28, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22]]
            as [[UInt8]]
        {
            let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
            #expect(error?.description == "line 1, column 2: expected text in UTF-8, found other bytes")
        }
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        let limit = JSONValue.maximumDepth
        #expect(try parse(nested(limit)).text() == nested(limit))
        #expect(try error(nested(limit + 1)).column == limit + 1)
        #expect(try error(String(repeating: "[{\"a\":", count: 100_000)).found == "more")
    }

    // MARK: Garbage

    /// Damaged text reads or is refused, and what reads is written and read back.
    @Test func damagedTextNeverCrashes() throws {
        let sound = Array(
            #"{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00\n"], "b": {"c": null, "d": [true, false]}}"#.utf8)
        let pieces = Array(#"{}[]",:\u0dn-+.e1 tf"#.utf8) + [0, 0x0A, 0x80, 0xC3, 0xFF]
        var random = SplitMix64(seed: 1)
        var refusals = 0
        for _ in 0..<20_000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = pieces[Int.random(in: pieces.indices, using: &random)]
                case 1: bytes.insert(pieces[Int.random(in: pieces.indices, using: &random)], at: position)
                default: bytes.removeSubrange(position..<min(position + 3, bytes.count - 1))
                }
            }
            do {
                let value = try JSONValue(parsing: bytes, tolerating: .all)
                #expect(try parse(value.text(.expanded)) == value)
            } catch {
                refusals += 1
                #expect(error is JSONSyntaxError)
            }
        }
        #expect((5000..<20_000).contains(refusals))
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = Array(#"{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00\n"], "b": {"c": null}}"#.utf8)
        for length in whole.indices {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: whole[..<length]) }
        }
        #expect(try JSONValue(parsing: Data([0x20] + whole).dropFirst()) == JSONValue(parsing: whole))
    }
}
