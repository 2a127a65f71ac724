import Foundation
import JSON
import TestSupport
import Testing

@testable import Rewards

/// Pairs that math-verify 0.9.0 has judged (`Tests/Fixtures/golden/verifiers`): all that are beyond dispute,
/// and of the others those where this verifier follows it.
@Suite struct MathGoldenTests {
    /// Spellings that a person reads without doubt and math-verify does not, of the pairs that are marked as
    /// arguable.
    private static let decisions: Set<String> = [
        "+72", "−7", "- 7", "-(7)", "1\\,234\\,567", "½", "3⁄4", "1 3/4", "\\$60", "3e3", "3 x 10^3", "3×10³",
        "3e-3", "$6.02 \\times 10^{23}$", "(2, 5)", "sqrt(8)", "√8", "4pi", "4π", "infinity", "A",
        "<answer>72</answer>", "(5)",
    ]

    @Test func agreesWithMathVerify() throws {
        let text = try String(contentsOf: Fixtures.golden("verifiers/math.jsonl"), encoding: .utf8)
        var (compared, decided): (Int, Set<String>) = (0, [])
        for line in text.split(whereSeparator: \.isNewline) {
            let row = try #require(try JSONValue(parsing: Array(line.utf8)).object)
            let answer = try #require(row["answer"]?.string)
            let gold = try #require(row["gold"]?.string)
            let expected = try #require(row["verdict"]?.boolean as Bool?)
            let score = try MathReward().score(
                RewardInput(
                    prompt: .plain("?"), text: answer, isFinished: true, columns: ["answer": .string(gold)]))
            compared += 1
            if row["arguable"] == true, (score == 1) != expected {
                #expect(Self.decisions.contains(answer), "gold \(gold), answer \(answer)")
                decided.insert(answer)
                continue
            }
            #expect((score == 1) == expected, "gold \(gold), answer \(answer): \(String(describing: score))")
            // What math-verify cannot read of the truth gives no score here, and never 0.
            if row["gold_extracted"]?.array?.isEmpty == true { #expect(score == nil, "gold \(gold)") }
        }
        #expect(compared == 281)
        #expect(decided == Self.decisions)
    }

    @Test(arguments: [true, false]) func countdownAgreesWithFractions(isStrict: Bool) throws {
        let text = try String(contentsOf: Fixtures.golden("verifiers/countdown.jsonl"), encoding: .utf8)
        var compared = 0
        for line in text.split(whereSeparator: \.isNewline) {
            let row = try #require(try JSONValue(parsing: Array(line.utf8)).object)
            let expression = try #require(row["expression"]?.string)
            let expected = try #require(row[isStrict ? "strict" : "lenient"]?.object)
            let equation = CountdownEquation(expression, isStrict: isStrict)
            #expect(equation?.value.description == expected["value"]?.string, "\(expression)")
            if let used = expected["used"]?.array { #expect(equation?.numbers == used.compactMap(\.integer)) }
            if let sign = expected["unary_sign"]?.boolean { #expect(equation?.hasUnarySign == sign) }
            let score = try CountdownReward(isStrict: isStrict).score(
                RewardInput(
                    prompt: .plain("?"), text: expression, isFinished: true,
                    columns: ["numbers": row["numbers"] ?? .null, "target": row["target"] ?? .null]))
            #expect(score == (expected["verdict"] == true ? 1 : 0), "\(expression)")
            compared += 1
        }
        #expect(compared == 110)
    }
}
