import Foundation
import RandomNumbers
import Testing

@testable import JSON

@Suite struct JSONWriterTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    private let value: JSONValue = [
        "b": 1, "list": [1, 2.5], "rows": [["x": "y"]], "empty": [:], "none": [], "a": [10_000.0, .null],
    ]

    // MARK: Layouts

    @Test func linesAreWrittenInOrder() throws {
        let text = #"{"zeta": 1, "alpha": {"b": [true, null], "a": "x"}, "empty": {}, "none": []}"#
        #expect(try parse(text).text() == text)
        #expect(try parse(text).description == text)
        #expect(
            try parse(text).text(.compact)
                == #"{"zeta":1,"alpha":{"b":[true,null],"a":"x"},"empty":{},"none":[]}"#)
    }

    @Test func indentsForPeople() {
        #expect(
            value.text(.indented) == """
                {
                  "b": 1,
                  "list": [1, 2.5],
                  "rows": [
                    {
                      "x": "y"
                    }
                  ],
                  "empty": {},
                  "none": [],
                  "a": [10000.0, null]
                }
                """)
    }

    /// By `python3 -c 'import json; print(json.dumps({"b": [1, {"x": []}], "a": {}}, indent=2))'`
    @Test func expandsAsPythonDoes() {
        let value: JSONValue = ["b": [1, ["x": []]], "a": [:]]
        #expect(
            value.text(.expanded) == """
                {
                  "b": [
                    1,
                    {
                      "x": []
                    }
                  ],
                  "a": {}
                }
                """)
    }

    @Test(arguments: [JSONLayout.compact, .line, .indented, .expanded])
    func everyLayoutReadsBack(_ layout: JSONLayout) throws {
        #expect(try parse(value.text(layout)) == value)
    }

    @Test func namesCanBeSorted() {
        let value: JSONValue = ["b": [["d": 1, "c": 2]], "a": ["z": 1, "y": [3, 2]]]
        #expect(value.sortingNames().text() == #"{"a": {"y": [3, 2], "z": 1}, "b": [{"c": 2, "d": 1}]}"#)
        #expect(value.sortingNames() == value)
    }

    // MARK: Numbers

    @Test(arguments: [
        0.1, -0.0, 1e-5, 1e22, 1e16, 123_456_789.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3,
        0.1 + 0.2, Double(Float(0.3)),
    ])
    func doublesKeepTheirBits(_ value: Double) throws {
        let read = try parse(JSONValue.number(value).text())
        #expect(read == .number(value) && read.number?.bitPattern == value.bitPattern)
    }

    @Test func randomDoublesKeepTheirBits() throws {
        var random = RandomSource(seed: 1)
        for _ in 0..<2000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(try parse(JSONValue.number(value).text()).number?.bitPattern == value.bitPattern)
        }
    }

    @Test func whatJSONLacksIsText() throws {
        let value: JSONValue = [.number(.nan), .number(.infinity), .number(-.infinity)]
        #expect(value.text() == #"["NaN", "Infinity", "-Infinity"]"#)
        let numbers = try #require(try parse(value.text()).array).map(\.extendedNumber)
        #expect(numbers[0]?.isNaN == true && numbers[1] == .infinity && numbers[2] == -.infinity)
        #expect(try parse(#""nan""#).extendedNumber == nil)
        #expect(try parse(#""NaN""#).number == nil)
        #expect(try parse("3").extendedNumber == 3)
    }

    // MARK: Strings

    @Test func textsOfAllKinds() throws {
        let text = "quote \" slash \\ / tab \t line \n\r null \u{0} bell \u{7} \u{1F} \u{7F} 𝄞 é 日本"
        #expect(
            JSONValue.string(text).text()
                == #""quote \" slash \\ / tab \t line \n\r null \u0000 bell \u0007 \u001f "#
                + "\u{7F} 𝄞 é 日本\"")
        #expect(try parse(JSONValue.string(text).text()).string == text)
        #expect(try parse(JSONValue.object([text: 1]).text()).object?.keys == [text])
    }

    // MARK: Codable

    @Test func anythingEncodableBecomesAValue() throws {
        struct Settings: Encodable {
            var rate = 1e-5
            var name = "a/b"
            var limit = Double.infinity
            var date = Date(timeIntervalSince1970: 0)
            var tags = ["x"]
        }
        #expect(
            try JSONValue(encoding: Settings()).text()
                == #"{"date": "1970-01-01T00:00:00Z", "limit": "Infinity", "name": "a/b", "rate": 1e-05, "tags": ["x"]}"#
        )
    }

    @Test func valuesGoThroughOtherCoders() throws {
        let data = try JSONEncoder().encode(value)
        #expect(try JSONValue(parsing: data)["rows"] == [["x": "y"]])
        let decoded = try JSONDecoder().decode(JSONValue.self, from: data)
        #expect(decoded["list"] == [1, 2.5] && decoded["a"]?.array?.last == .null)
        #expect(decoded.object?.keys == ["a", "b", "empty", "list", "none", "rows"])
    }
}
