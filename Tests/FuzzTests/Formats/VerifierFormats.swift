import Datasets
import Foundation
import JSON
import Models
import Settings

@testable import Rewards

extension FuzzFormat {
    /// Answers of models, which may be anything, and the truths of rows: each verifier scores them or says
    /// what is wrong.
    static let verifiers =
        [
            verifier(
                "exact:ignore_case=true",
                samples: ["<think>Boston?</think> <answer>New York</answer>", "Bern"],
                words: ["<think>", "</think>", "<answer>", "</answer>"]),
            verifier("number:tolerance=0.01", samples: ["The answer is 1,200.50 USD.", "x = -3/4"]),
            verifier(
                "math",
                samples: [
                    "So \\boxed{\\frac{\\sqrt{15}}{2}} and $x \\in [2, \\infty) \\cup (-1, 0]$.",
                    "The final answer is $\\{1{,}234, 5\\%, -2\\frac{3}{4}\\}$. Answer: 25 ÷ 4 = 6¼",
                    "$\\begin{pmatrix} 2 & x^2 \\\\ \\log_2 8 & \\sin^{-1} 0.\\overline{3} \\end{pmatrix}$ or "
                        + "$\\pm 10^{-3}\\,\\text{cm}^2$",
                ],
                words: [
                    "\\boxed{", "$", "\\(", "\\)", "\\[", "{", "}", "\\frac", "\\sqrt[", "^{", "_", "**", "!",
                    "\\text{",
                    "\\begin{pmatrix}", "\\\\", "&", "\\pm", "\\cup", "\\le", "answer", "final answer is ",
                    "= ", "1e9",
                    "\\overline{", "999999999", "√", "³", "½", "\\binom", "|", "\\{", "\\}", "(", ")", "[",
                    "]",
                ]),
            verifier("gsm8k", samples: ["3 * 24 = 72\n#### 72 eggs"], words: ["####", "# ", "\n"]),
            verifier("regex:pattern=(a+)+b|[0-9]{2}$", samples: ["aaaab 42"]),
            verifier(
                "format", samples: ["<think>a</think>\n<answer>b</answer>"], words: ["<think>", "</answer>"]),
            verifier("length:min=2,max=9", samples: ["one two three"]),
            verifier("overlong:max=9,cache=3", samples: ["one two three"]),
            verifier("repetition:n=2", samples: ["a b a b a"]),
            verifier(
                "json", samples: [#"{"a": [1, 2.5e3, "x", null]}"#, "```json\n{}\n```"],
                words: ["[", "{\"a\":", "```"]),
            verifier(
                "countdown:credit=0.1",
                samples: ["25 * (4 - 3) / 2 + 7 = 19.5", "<answer>25 × 4 − 3</answer>"],
                words: ["(", ")", "+", "-", "*", "/", "=", "99999999999999999999", "×"]),
            verifier(
                "harmless", samples: ["I'm sorry, but I can't help with that. Take care!", "No."],
                words: ["I can't ", "help ", "but ", "<think>", "</think>", ". "]),
        ] + [schemas]

    /// - Parameter argument: the reward, as it is chosen.
    private static func verifier(_ argument: String, samples: [String], words: [String] = []) -> FuzzFormat {
        let name = String(argument.prefix { $0 != ":" })
        return FuzzFormat(
            "verifier \(name)", .text, sources: name == "json" ? ["Rewards/Verifiers/JSONReward.swift"] : [],
            samples: samples.map { Array($0.utf8) }, words: words
        ) { _ in
            let reward = try reward(argument)
            return { input in
                let columns: [JSONObject] = [
                    ["answer": "72", "numbers": [25, 4, 3], "target": 97, "harmful": true],
                    [
                        "answer": .string(input.text), "numbers": [25, 4, 3], "target": .string(input.text),
                        "harmful": .string(input.text),
                    ],
                ]
                for columns in columns {
                    let answer = RewardInput(
                        prompt: .plain("?"), text: input.text, isFinished: true, columns: columns)
                    do {
                        _ = try reward.checkedScores(of: [answer])
                    } catch let error as RewardError {
                        // The text is no target, and neither true nor false.
                        guard case .unfitColumn(let column, _, _, _, _) = error,
                            ["target", "harmful"].contains(column)
                        else { throw error }
                    }
                }
            }
        }
    }

    private static let schemas = FuzzFormat(
        "schema", .json,
        sources: ["Rewards/Catalogue/RewardCatalogue+Verifiers.swift"],
        samples: [
            #"{"type": "object", "required": ["a"], "properties": {"a": {"enum": [1, "x"]}}, "additionalProperties": {"not": {"minimum": 2}}}"#,
            #"{"anyOf": [{"type": ["array", "null"], "items": {"maxLength": 3}, "minItems": 1}, true]}"#,
        ].map { Array($0.utf8) }
    ) { folder in
        { input in
            let file = try input.file("schema.json")
            let reward = try reward("json:schema=\(file.path)")
            _ = try reward.scores(of: [
                RewardInput(prompt: .plain("?"), text: #"{"a": [1]}"#, isFinished: true)
            ])
        }
    }

    private static func reward(_ argument: String) throws -> any Reward {
        var run = RunConfiguration()
        run.device = "cpu"
        return try RewardCatalogue.standard.sources(RewardSelection([argument]), on: Computation(run))
            .loadSum()
    }
}
