import Foundation
import JSON
import TestSupport
import Testing

@testable import Rewards

private func input(_ text: String, _ columns: JSONObject = [:]) -> RewardInput {
    RewardInput(
        prompt: .plain("?"), text: text, isFinished: true, columns: columns,
        place: .init(file: "rows.jsonl", line: 7))
}

@Suite struct TextVerifierTests {
    /// A term that repeats the question is no answer to it.
    @Test(
        arguments: [
            ("3 + 5 equals", 0), ("3 + 5 = 8", 1), ("4 + 4", 0), ("2 * 4", 0), ("2^3", 0), ("16 - 8", 0),
            ("8", 1),
            ("8.0", 1), ("16/2", 1), ("-(-8)", 1), ("800 %", 1), ("0.8 \\times 10^1", 1), ("8e0", 1),
            ("\\sqrt{64}", 0),
        ] as [(String, Double)])
    func numbersAreWrittenOut(_ text: String, _ score: Double) throws {
        #expect(try NumericReward().score(input(text, ["answer": 8])) == score, "\(text)")
    }

    @Test func mixedNumbersAreWrittenOut() throws {
        #expect(try NumericReward().score(input("7 1/2", ["answer": 7.5])) == 1)
        #expect(try NumericReward().score(input("$7\\frac{1}{2}$", ["answer": 7.5])) == 1)
        #expect(try NumericReward().score(input("-2 1/2", ["answer": -2.5])) == 1)
        #expect(try NumericReward().score(input("7 + 5/2", ["answer": 9.5])) == 0)
    }

    @Test func exactComparesTexts() throws {
        let exact = ExactReward()
        #expect(try exact.score(input(" New  York\n", ["answer": "New York"])) == 1)
        #expect(try exact.score(input("<think>Boston?</think>New York", ["answer": "New York"])) == 1)
        #expect(try exact.score(input("new york", ["answer": "New York"])) == 0)
        #expect(try ExactReward(ignoresCase: true).score(input("new york", ["answer": "New York"])) == 1)
        #expect(try exact.score(input("New York or Boston", ["answer": "New York"])) == 0)
        #expect(try exact.score(input("42", ["answer": 42])) == 1)
        #expect(try exact.score(input("true", ["answer": true])) == 1)
        #expect(try exact.score(input("", ["answer": " "])) == nil)
        #expect(try ExactReward(column: "city").score(input("Bern", ["city": "Bern"])) == 1)
    }

    /// A row that says that its truth is not known gives answers no score; one without the column is a mistake.
    @Test func anUnknownTruthGivesNoScore() throws {
        let regex = RegexReward(source: .column(TruthColumn(reader: "regex")), isWhole: false)
        let verifiers: [any Verifier] = [
            ExactReward(), NumericReward(), MathReward(), GSM8KReward(), regex,
            JSONReward(source: .column(TruthColumn(reader: "json"))),
        ]
        for verifier in verifiers {
            let unknown = input("5", ["answer": .null])
            #expect(try verifier.scores(of: [unknown]) == [nil] && !verifier.canScore(answersTo: unknown))
            #expect(
                try verifier.obstacle(to: unknown).hasSuffix("in the column \"answer\", found 'null'"),
                "\(verifier.name)")
            let error = #expect(throws: RewardError.self) { try verifier.scores(of: [input("5", ["b": 1])]) }
            #expect(error?.description.contains("found \"b\"; add it") == true)
        }
        let countdown = CountdownReward()
        #expect(try countdown.scores(of: [input("1 + 2", ["numbers": [1, 2], "target": .null])]) == [nil])
    }

    @Test func numberComparesNumbers() throws {
        #expect(try NumericReward().score(input("It costs $1,200.50 today", ["answer": 1200.5])) == 1)
        #expect(try NumericReward().score(input("x = 5", ["answer": "5"])) == 1)
        #expect(try NumericReward().score(input("5.0001", ["answer": "5"])) == 0)
        #expect(try NumericReward(tolerance: 0.001).score(input("5.004", ["answer": "5"])) == 1)
        #expect(try NumericReward(tolerance: 0.001).score(input("5.006", ["answer": "5"])) == 0)
        #expect(try NumericReward().score(input("no idea", ["answer": "5"])) == 0)
        #expect(try NumericReward().score(input("5", ["answer": "$(2, 5)$"])) == nil)
    }

    @Test func gsm8kReadsTheMark() throws {
        let gold: JSONObject = ["answer": "He has 3 * 24 = <<3*24=72>>72 eggs.\n#### 72"]
        func score(_ text: String, strict: Bool = false) throws -> Double? {
            try GSM8KReward(isStrict: strict).score(input(text, gold))
        }
        #expect(try score("That makes 72.\n#### 72") == 1)
        #expect(try score("####72 eggs") == 1)
        #expect(try score("#### $72.00") == 1)
        #expect(try score("#### 1,000") == 0)
        #expect(try score("72 eggs") == 1)
        #expect(try score("72 eggs", strict: true) == 0)
        #expect(try score("#### 71\n#### 72") == 0)
        #expect(try score("72\n#### unknown") == 0)
        #expect(try score("") == 0)
        #expect(try GSM8KReward().score(input("72", ["answer": "unknown"])) == nil)
    }

    @Test func formatLooksAtFormAlone() {
        func score(_ text: String, _ style: FormatReward.Style) -> Double? {
            FormatReward(style: style).score(input(text))
        }
        let good = "<think>2 + 2</think>\n<answer>5</answer>\n"
        #expect(score(good, .thinkAnswer) == 1)
        for bad in [
            "<think></think><answer>5</answer>", "<think>a</think><answer> </answer>",
            "<answer>5</answer><think>a</think>", "<think>a</think> so <answer>5</answer>",
            good + good, "<think>a<think>b</think></think><answer>5</answer>", "5", "Well: " + good,
            good + "!",
            "<think>a</think><answer>5",
        ] {
            #expect(score(bad, .thinkAnswer) == 0, "\(bad)")
        }
        #expect(score("<think>a</think> 5", .think) == 1)
        #expect(score("<think>a</think>", .think) == 0)
        #expect(score("I think <answer>5</answer>", .answer) == 1)
        #expect(score("<answer>5</answer><answer>5</answer>", .answer) == 0)
        #expect(score("so \\boxed{5}.", .boxed) == 1)
        #expect(score("\\boxed{}", .boxed) == 0)
        #expect(score("\\boxed{5} \\boxed{5}", .boxed) == 0)
        #expect(score("12\n#### 5", .gsm8k) == 1)
        #expect(score("#### 5\nDone.", .gsm8k) == 0)
        #expect(score("#### five", .gsm8k) == 0)
    }

    /// DAPO's equation 13 with L_max 20 and L_cache 8.
    @Test func overlongAnswersArePunishedSoftly() {
        let overlong = OverlongReward(maximum: 20, cache: 8)
        func score(_ tokens: Int?) -> Double? {
            overlong.score(
                RewardInput(prompt: .plain("?"), text: "", isFinished: true, tokenCount: tokens))
        }
        #expect([0, 12, 14, 16, 20, 21, 500].map(score) == [0, 0, -0.25, -0.5, -1, -1, -1])
        #expect(score(nil) == nil)
    }

    /// What a row lacks is told before there is an answer; what no row can lack is not asked for.
    @Test func rowsAreCheckedWithoutAnAnswer() throws {
        #expect(try NumericReward().canScore(answersTo: input("", ["answer": 7])))
        #expect(try !NumericReward().canScore(answersTo: input("", ["answer": "x y"])))
        #expect(OverlongReward(maximum: 9, cache: 1).canScore(answersTo: input("")))
        let verifiers: [any Verifier] = [
            ExactReward(), NumericReward(), MathReward(), GSM8KReward(), CountdownReward(),
            RegexReward(source: .column(TruthColumn(reader: "regex")), isWhole: false),
            JSONReward(source: .column(TruthColumn(reader: "json"))),
        ]
        for verifier in verifiers {
            let error = #expect(throws: RewardError.self, "\(verifier.name)") {
                _ = try verifier.canScore(answersTo: input(""))
            }
            #expect(error?.description.hasPrefix("rows.jsonl:7: expected the column") == true)
        }
        let sum = RewardSum([WeightedReward(reward: ConciseReward()), WeightedReward(reward: MathReward())])
        #expect(throws: RewardError.self) { _ = try sum.canScore(answersTo: input("")) }
    }

    @Test func lengthAndRepetitionAreShares() throws {
        let length = LengthReward(4...10)
        #expect(length.score(input("a b c d e f")) == 1)
        #expect(length.score(input("a b c")) == 0.75)
        #expect(length.score(input(Array(repeating: "a", count: 20).joined(separator: " "))) == 0.5)
        #expect(length.score(input("")) == 0)
        #expect(LengthReward(0...10).score(input("")) == 1)
        #expect(LengthReward(0...3, unit: .characters).score(input("äöü")) == 1)
        let repetition = RepetitionReward(size: 2)
        #expect(repetition.score(input("one two three four")) == 1)
        // Pairs: a b, b a, a b, b a: two of four occurred before.
        #expect(repetition.score(input("a b a b a")) == 0.5)
        #expect(repetition.score(input("")) == 1)
    }

    @Test func regexFindsOrMatchesAll() throws {
        func reward(_ pattern: String, whole: Bool = false) throws -> RegexReward {
            RegexReward(source: .pattern(try NSRegularExpression(pattern: pattern)), isWhole: whole)
        }
        #expect(try reward("[0-9]+").score(input("about 42")) == 1)
        #expect(try reward("[0-9]+", whole: true).score(input("about 42")) == 0)
        #expect(try reward("[0-9]+", whole: true).score(input("42")) == 1)
        #expect(try reward("^yes$").score(input("no")) == 0)
        // The engine reports at every place where it looks for a match.
        let long = String(repeating: "x", count: 5_000)
        #expect(try reward("[0-9]+$").score(input(long)) == 0)
        #expect(try reward("[0-9]+$").score(input(long + "42")) == 1)
        // Tries 2^60 ways: stopped, and so without a score.
        #expect(try reward("(a+)+b").score(input(String(repeating: "a", count: 60))) == nil)
        let column = RegexReward(source: .column(TruthColumn("pattern", reader: "regex")), isWhole: false)
        #expect(try column.score(input("42", ["pattern": "^[0-9]{1,3}$"])) == 1)
        let error = #expect(throws: RewardError.self) { try column.score(input("42", ["pattern": "("])) }
        #expect(
            error?.description.hasPrefix("rows.jsonl:7: expected a regular expression in \"pattern\"") == true
        )
    }
}

@Suite struct JSONRewardTests {
    private func schema(_ text: String) throws -> JSONSchema {
        try JSONSchema(JSONValue(parsing: Array(text.utf8)))
    }

    @Test func takesOffFenceAndThoughts() throws {
        let json = JSONReward(source: .none)
        #expect(try json.score(input(" {\"a\": [1, 2.5, null]} ")) == 1)
        #expect(try json.score(input("<think>{</think>```json\n{\"a\": 1}\n```")) == 1)
        for bad in ["", "{a: 1}", "{\"a\": 1} and more", "```json\n{\n```", "[1,]"] {
            #expect(try json.score(input(bad)) == 0, "\(bad)")
        }
        #expect(try json.score(input(String(repeating: "[", count: 100_000))) == 0)
    }

    @Test(arguments: [
        (
            #"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}, "additionalProperties": false}"#,
            [#"{"a": 1}"#, #"{"a": 1.0}"#],
            [#"{}"#, #"{"a": "1"}"#, #"{"a": 1.5}"#, #"{"a": 1, "b": 2}"#, "[]"]
        ),
        (
            #"{"type": "array", "items": {"enum": ["x", 1]}, "minItems": 1, "maxItems": 2}"#,
            [#"["x"]"#, "[1, 1.0]"], ["[]", #"["y"]"#, "[1, 1, 1]", "{}"]
        ),
        (
            #"{"type": ["string", "null"], "minLength": 2, "maxLength": 3}"#, ["null", #""äö""#],
            [#""a""#, #""abcd""#, "1"]
        ),
        (#"{"minimum": 0, "exclusiveMaximum": 10}"#, ["0", "9.5", #""ten""#], ["-1", "10"]),
        (#"{"oneOf": [{"const": 1}, {"type": "integer"}], "not": {"const": 3}}"#, ["2"], ["1", "3", "2.5"]),
        (
            #"{"anyOf": [{"type": "null"}, {"allOf": [{"minimum": 1}, {"maximum": 2}, {"type": "number"}]}]}"#,
            ["null", "1.5"], ["3", "true"]
        ),
        ("true", ["1"], []), ("false", [], ["1"]),
    ])
    func schemasAllowAndForbid(_ text: String, good: [String], bad: [String]) throws {
        let reward = JSONReward(source: .schema(try schema(text)))
        for value in good { #expect(try reward.score(input(value)) == 1, "\(value)") }
        for value in bad { #expect(try reward.score(input(value)) == 0, "\(value)") }
    }

    @Test(arguments: [
        (#"{"pattern": "a"}"#, "/pattern: expected a keyword that is checked here, found 'pattern'"),
        (#"{"properties": {"a": {"type": "text"}}}"#, "/properties/a/type: expected types of"),
        (#"{"minLength": -1}"#, "/minLength: expected a whole number of at least 0"),
        ("[]", "the schema: expected an object, found a list"),
    ])
    func whatASchemaAsksForIsCheckedOrRefused(_ text: String, message: String) {
        let error = #expect(throws: JSONSchema.Mistake.self) { try schema(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test func aRowBringsItsSchema() throws {
        let reward = JSONReward(source: .column(TruthColumn("schema", reader: "json")))
        #expect(try reward.score(input("3", ["schema": ["type": "integer"]])) == 1)
        #expect(try reward.score(input("3", ["schema": #"{"type": "string"}"#])) == 0)
        let error = #expect(throws: RewardError.self) {
            try reward.score(input("3", ["schema": ["typo": 1]]))
        }
        #expect(error?.description.hasPrefix("rows.jsonl:7: expected a JSON schema (/typo:") == true)
    }
}

@Suite struct CountdownRewardTests {
    private let row: JSONObject = ["numbers": [25, 4, 3], "target": 97]

    @Test func readsTheLastLineOrTheTags() throws {
        let reward = CountdownReward()
        #expect(try reward.score(input("First 25*4 = 100.\n25 × 4 − 3 = 97\n", row)) == 1)
        #expect(try reward.score(input("<think>25+4</think><answer>25*4-3</answer> is it", row)) == 1)
        #expect(try reward.score(input("The answer is 25*4-3", row)) == 0)
        #expect(try reward.score(input("", row)) == 0)
        // The result behind the sign is no number of the equation, and must be true.
        #expect(try reward.score(input("25*4-3 = 98", row)) == 0)
        #expect(try reward.score(input("25*4 = 25*4-3+3", row)) == 0)
    }

    @Test func creditIsForTheRightNumbers() throws {
        let reward = CountdownReward(credit: 0.1)
        #expect(try reward.score(input("25+4+3", row)) == 0.1)
        #expect(try reward.score(input("25+4", row)) == 0)
        #expect(try reward.score(input("25*4-3", row)) == 1)
    }

    @Test func columnsHaveTheirNamesAndKinds() throws {
        let reward = CountdownReward(numbers: "nums", target: "goal")
        #expect(try reward.score(input("1+2", ["nums": [1, 2], "goal": "3"])) == 1)
        var error = #expect(throws: RewardError.self) { try reward.score(input("1+2", ["goal": 3])) }
        #expect(error?.description.contains("name another with countdown:numbers=COLUMN") == true)
        error = #expect(throws: RewardError.self) {
            try reward.score(input("1+2", ["nums": "1 2", "goal": 3]))
        }
        #expect(error?.description.contains("expected a list of whole numbers in \"nums\"") == true)
    }

    @Test func deepAndLongEquationsAreRefused() {
        #expect(CountdownEquation(String(repeating: "(", count: 500) + "1", isStrict: false) == nil)
        #expect(CountdownEquation(String(repeating: "-", count: 500) + "1", isStrict: false) == nil)
        #expect(CountdownEquation(String(repeating: "9", count: 100_000), isStrict: false) == nil)
        #expect(CountdownEquation("99999999999999999999", isStrict: true) == nil)
    }
}
