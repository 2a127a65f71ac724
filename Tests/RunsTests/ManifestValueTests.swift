import Foundation
import Testing

@testable import Runs

@Suite struct ManifestValueTests {
    private func parse(_ text: String) throws -> ManifestValue { try ManifestValue(parsing: text.utf8) }

    @Test func keepsTheOrderOfMembers() throws {
        let text = #"{"zeta": 1, "alpha": {"b": [true, null], "a": "x"}, "empty": {}, "none": []}"#
        #expect(try parse(text).text == text)
    }

    @Test func indentsForPeople() throws {
        let value: ManifestValue = ["a": 1, "list": [1, 2.5], "rows": [["x": "y"]], "empty": [:]]
        #expect(
            value.indentedText == """
                {
                  "a": 1,
                  "list": [1, 2.5],
                  "rows": [
                    {
                      "x": "y"
                    }
                  ],
                  "empty": {}
                }
                """)
        #expect(try parse(value.indentedText) == value)
    }

    @Test(arguments: [
        0.1, -0.0, 1e-5, 1e22, 1e16, 123_456_789.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3,
        0.1 + 0.2,
        Double(Float(0.3)),
    ])
    func doublesKeepTheirBits(_ value: Double) throws {
        #expect(try parse(ManifestValue.number(value).text).number?.bitPattern == value.bitPattern)
    }

    @Test func randomDoublesKeepTheirBits() throws {
        var random = RandomSource(seed: 1)
        for _ in 0..<2000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(try parse(ManifestValue.number(value).text).number?.bitPattern == value.bitPattern)
        }
    }

    @Test func whatJSONLacksIsText() throws {
        let value: ManifestValue = [.number(.nan), .number(.infinity), .number(-.infinity)]
        #expect(value.text == #"["NaN", "Infinity", "-Infinity"]"#)
        let numbers = try #require(try parse(value.text).elements).map(\.number)
        #expect(numbers[0]?.isNaN == true && numbers[1] == .infinity && numbers[2] == -.infinity)
        #expect(try parse(#""nan""#).number == nil)
    }

    @Test func textsOfAllKinds() throws {
        let text = "quote \" slash \\ / tab \t line \n\r null \u{0} bell \u{7} 𝄞 é 日本"
        #expect(try parse(ManifestValue.string(text).text).string == text)
        #expect(try parse(#""\u00e9\uD834\uDD1E\/\b\f""#).string == "é𝄞/\u{8}\u{C}")
    }

    @Test func integersStayWhole() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("-0").number?.sign == .minus)
        #expect(try parse("1.0") == .number(1))
    }

    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("[1,]", 1, 4), ("{\"a\":1,}", 1, 8), ("[1 2]", 1, 4), ("01", 1, 2),
        ("1.", 1, 3),
        ("+1", 1, 1), (".5", 1, 1), ("1e", 1, 3), ("1e999", 1, 1), ("tru", 1, 1), ("nan", 1, 1), ("\"", 1, 2),
        ("\"\\x\"", 1, 3), ("\"\\uD834\"", 1, 8), ("\"\\u12\"", 1, 4), ("\"\n\"", 1, 2),
        ("{\"a\":1,\n \"a\":2}", 2, 2),
        ("{} {}", 1, 4), ("{1:2}", 1, 2), ("\u{0}", 1, 1),
    ])
    func garbageIsRefusedWithItsPlace(_ text: String, _ line: Int, _ column: Int) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try parse(text) }
        #expect(error.line == line && error.column == column, "\(error)")
    }

    @Test func badBytesAndDepthAreRefused() throws {
        #expect(throws: JSONSyntaxError.self) { try ManifestValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONSyntaxError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(try parse(deep).text == deep)
    }

    @Test func anythingEncodableBecomesAValue() throws {
        struct Settings: Encodable {
            var rate = 1e-5
            var name = "a/b"
            var limit = Double.infinity
            var tags = ["x"]
        }
        #expect(
            try ManifestValue(encoding: Settings()).text
                == #"{"limit": "Infinity", "name": "a/b", "rate": 1e-05, "tags": ["x"]}"#)
    }
}
