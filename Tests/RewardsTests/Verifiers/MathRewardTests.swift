import Testing

@testable import Rewards

/// What the golden pairs do not have.
@Suite struct MathRewardTests {
    private func score(_ gold: String, _ answer: String) throws -> Double? {
        try MathReward().score(
            RewardInput(
                prompt: .plain("?"), text: answer, isFinished: true, columns: ["answer": .string(gold)]))
    }

    /// Each level is read twice, as a mixed number and as a product, unless the work is bounded.
    @Test(.timeLimit(.minutes(1))) func mixedNumbersWithinEachOtherEnd() throws {
        let nested = (0..<40).reduce("1") { inner, _ in "2\\frac{\(inner)}{3}" }
        #expect(try score("4", "\\boxed{\(nested)}") == 0)
    }

    @Test(arguments: [
        ("72", "It follows that <answer>72</answer>"),
        ("72", "<think>perhaps \\boxed{5}, or 12</think>\n\\boxed{72}"),
        ("72", "<think>5</think><answer>The answer is \\boxed{72}.</answer>"),
        ("3", "The answer is $3$, not 4."), ("7", "The answer is 7, as 8 is wrong."), ("7", "7 is not even."),
        ("72", "Whether or not it is true, the answer is 72."),
        ("$\\frac{1}{2x}$", "$1/2x$"),
        ("$x>2$", "$x \\in (2, \\infty)$"),
        ("$2x + 2y = 6$", "$x + y = 3$"),
        ("$\\frac{1 \\pm \\sqrt{5}}{2}$", "$\\frac{1-\\sqrt5}{2}, \\frac{1+\\sqrt5}{2}$"),
        ("$\\frac{1}{3}$", "$0.\\overline{3}$"),
        ("$0.1\\overline{6}$", "1/6"),
        ("120", "$5!$"),
        ("10", "$\\binom{5}{2}$"),
        ("$(a+b)(a-b)$", "$a^2-b^2$"),
        ("$\\sin^2 x + \\cos^2 x$", "1"),
        ("$\\arcsin 1$", "$\\sin^{-1}(1)$"),
        ("1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890.0"),
        ("$\\log_2 1024$", "10"), ("2", "$\\log 100$"), ("$\\ln e$", "1"),
        ("-2", "$\\sqrt[3]{-8}$"), ("$[1, 2, 3]$", "[1, 2, 3]"),
        ("5 3/4", "So we have 5 3/4 cups"),
        ("$2^{10^{2}}$", "1267650600228229401496703205376"),
        ("72", "\\boxed{72} and so \\boxed{72.0}"),
        ("$3\\text{ apples}, 4\\text{ pears}$", "$3, 4$"),
    ])
    func isTheSame(_ gold: String, _ answer: String) throws {
        #expect(try score(gold, answer) == 1, "\(gold) = \(answer)")
    }

    @Test(arguments: [
        // Answers that hedge, take back, or never come.
        ("4", "The answer is not 4."), ("4", "It isn't \\boxed{4}"), ("4", "\\boxed{4} is not the answer."),
        ("4", "So 4 is wrong."), ("6", "It is 5 or 6."), ("4", "1, 2, 3, 4"), ("4", "The answer is 1 2 3 4"),
        ("30", "\\boxed{12} and \\boxed{30}"), ("30", "30 \\boxed{}"), ("30", "The answer is 30. \\boxed{30"),
        ("30", "<think>The answer is 30"), ("30", "<answer>12</answer><answer>30</answer>"),
        ("30", "\\boxed{12, 30}"), ("30", "\\boxed{\\text{12 or 30}}"),
        // What is near or looks alike.
        ("72", "72.0000001"), ("$\\sqrt{2}$", "1.4142"), ("$\\pi$", "$\\frac{355}{113}$"), ("1/3", "0.333"),
        ("$(2,5)$", "$(5,2)$"), ("$[2,5]$", "$(2,5)$"), ("$x>2$", "$x \\ge 2$"), ("$x+4$", "$y+4$"),
        ("$x=2$", "$y=2$"), ("$x^2$", "$2x$"), ("$\\frac{x}{2}$", "$1/2x$"),
        ("10000000000000000000000001", "10000000000000000000000000"),
        ("$\\{1,2\\}$", "$\\{1,2,3\\}$"), ("$\\{1,2,3\\}$", "$\\{1,2\\}$"),
        ("$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$", "$\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}$"),
        // What has no value equals itself alone.
        ("1/0", "2/0"), ("$9^{9^{9^{9}}}$", "$9^{9^{9^{8}}}$"), ("$\\sqrt{-1}$", "$\\sqrt{-2}$"),
    ])
    func isAnother(_ gold: String, _ answer: String) throws {
        #expect(try score(gold, answer) == 0, "\(gold) ≠ \(answer)")
    }

    @Test(arguments: ["Yes", "", "see the figure", "N.A. (none)", "\\boxed{"])
    func aTruthThatIsNoFormulaGivesNoScore(gold: String) throws {
        #expect(try score(gold, "72") == nil)
        #expect(
            MathReward().obstacle(
                to: RewardInput(
                    prompt: .plain("?"), text: "", isFinished: true, columns: ["answer": .string(gold)])
            ).contains("in the column \"answer\""))
    }

    /// What would take for ever, or the stack, is refused.
    @Test(arguments: [
        ("9^", 400), ("(", 100_000), ("\\boxed{", 15_000), ("$", 100_001), ("\\(", 50_000), ("1 ", 50_000),
        ("answer ", 15_000), ("final answer is ", 6000), ("9", 100_000), ("\\frac{1}{", 10_000),
        ("1/3+", 240),
        ("<answer>", 12_000), ("{", 100_000), ("1-", 50_000), ("x!", 400), ("-\\frac{1}{2}", 9000),
        ("$1$ and ", 12_000), ("\\sqrt", 20_000), ("\\boxed{9}", 10_000), ("= ", 50_000),
    ])
    func repetitionsAreRefused(_ piece: String, count: Int) throws {
        #expect(try score("72", String(repeating: piece, count: count) + "$1}") == 0)
    }

    @Test(arguments: [
        "\\boxed{9**9**9}", "\\boxed{(10^9)!}", "\\boxed{\\binom{999999999}{499999999}}", "1e9999",
        "\\boxed{10^{9999999999999999999999}}", "\\boxed{\\sqrt[0]{5}}", "\\boxed{0^{-1}}",
        "\\boxed{0^0 \\cdot 5}",
    ])
    func numbersWithoutEndAreRefused(text: String) throws {
        #expect(try score("72", text) == 0)
    }

    @Test func aMissingColumnNamesRowAndColumn() {
        let input = RewardInput(
            prompt: .plain("?"), text: "72", isFinished: true, columns: ["solution": "72"],
            place: .init(file: "rows.jsonl", line: 3))
        #expect(throws: RewardError.self) { try MathReward().scores(of: [input]) }
        let error = #expect(throws: RewardError.self) { try MathReward().score(input) }
        #expect(
            error?.description
                == "rows.jsonl:3: expected the column \"answer\", which 'math' compares answers with, found "
                + "\"solution\"; add it, or name another with math:column=COLUMN")
    }

    /// A text full of numbers has no answer where it must be marked as one.
    @Test func anAnchoredAnswerIsMarked() throws {
        func score(_ text: String) throws -> Double? {
            try MathReward(isAnchored: true).score(
                RewardInput(prompt: .plain("?"), text: text, isFinished: true, columns: ["answer": 72]))
        }
        for good in [
            "72", "so \\boxed{72}", "<answer>72</answer>", "Answer: 72", "The final answer is $72$.",
        ] {
            #expect(try score(good) == 1, "\(good)")
        }
        for bad in ["70 71 72", "So we get 72 in the end", "It is $72$"] {
            #expect(try score(bad) == 0, "\(bad)")
        }
    }

    @Test func truthsMayBeNumbers() throws {
        let input = RewardInput(prompt: .plain("?"), text: "7.5", isFinished: true, columns: ["answer": 7.5])
        #expect(try MathReward().score(input) == 1)
        let list = RewardInput(prompt: .plain("?"), text: "7", isFinished: true, columns: ["answer": [7]])
        let error = #expect(throws: RewardError.self) { try MathReward().score(list) }
        #expect(error?.description.contains("expected text or a number in \"answer\"") == true)
    }
}
