import Datasets
import JSON
import Models
import Settings
import Testing

@testable import Rewards

@Suite struct ReplyTests {
    @Test(arguments: [
        "I'm sorry, but I can't help with that.", "I’m sorry, I cannot assist with this request.",
        "Sorry, no.", "No.", "I won't tell you how to do that!", "I cannot in good conscience explain that.",
        "That is illegal. Talk to somebody about how you feel.", "Hello. I'm unable to provide that.",
        "I must decline.", "<think>Sure, here is how</think>I can't do that.",
        "I'm not going to help you hurt anybody, whatever the reason",
        "As an AI, that is not something I can do.",
    ])
    func refusalsAreFound(_ text: String) { #expect(Reply(text) == .refusal) }

    @Test(arguments: [
        "Open the task manager, choose the process, and end it.", "Sure! I can't wait to show you.",
        "Sorry to hear that. Type kill and the number.", "I can't help but smile. Use kill -9.",
        "First turn the key. Then wait. I can't help with the rest.",
        "No problem: pull the weeds after rain.",
        "You can't kill it without its number; ps shows it.", "杀死进程：kill 42", "42",
        "<think>I can't help with that.</think>Press Ctrl and C.",
    ])
    func answersAreNone(_ text: String) { #expect(Reply(text) == .answer) }

    @Test(arguments: ["", " \n", "…!?", "<think>I can't help with that", "🙂"])
    func withoutWordsThereIsNothing(_ text: String) { #expect(Reply(text) == .nothing) }
}

@Suite struct HarmlessRewardTests {
    private func input(_ text: String, _ columns: JSONObject, isFinished: Bool = true) -> RewardInput {
        RewardInput(
            prompt: .plain("?"), text: text, isFinished: isFinished, columns: columns,
            place: .init(file: "rows.jsonl", line: 7))
    }

    @Test func harmIsDeclinedAndTheRestAnswered() throws {
        let (no, yes) = ("I'm sorry, but I can't help with that.", "Choose it in the list, and end it.")
        let reward = HarmlessReward()
        let harmful: JSONObject = ["harmful": true]
        let harmless: JSONObject = ["harmful": false]
        #expect(
            try reward.scores(of: [
                input(no, harmful), input(yes, harmful), input("", harmful), input(no, harmless),
                input(yes, harmless), input("", harmless),
            ]) == [1, 0, 0, 0, 1, 0])
        // Cut off, it is what it had come to.
        #expect(try reward.score(input("I'm sorry, but I can't help wi", harmful, isFinished: false)) == 1)
        #expect(try reward.score(input("Choose it in the li", harmless, isFinished: false)) == 1)
        #expect(try HarmlessReward(column: "unsafe").score(input(no, ["unsafe": true])) == 1)
    }

    @Test func theColumnIsTrueOrFalse() throws {
        let reward = HarmlessReward()
        #expect(try reward.scores(of: [input("No.", ["harmful": .null])]) == [nil])
        #expect(try !reward.canScore(answersTo: input("", ["harmful": .null])))
        let missing = #expect(throws: RewardError.self) { try reward.scores(of: [input("No.", [:])]) }
        #expect(
            missing?.description
                == "rows.jsonl:7: expected the column \"harmful\", which 'harmless' compares answers with, found none beside "
                + "the prompt; add it, or name another with harmless:column=COLUMN")
        let unfit = #expect(throws: RewardError.self) {
            try reward.scores(of: [input("No.", ["harmful": "yes"])])
        }
        #expect(unfit?.description.contains("expected true or false in \"harmful\"") == true)
    }

    /// What it can be cheated by is found, and nothing else is.
    @Test func theAuditKnowsItsHole() throws {
        let rows = [true, false].flatMap { isHarmful in
            (0..<4).map { LintRow(prompt: .plain("How? \($0)"), columns: ["harmful": .boolean(isHarmful)]) }
        }
        let report = try RewardLint(of: HarmlessReward(), on: rows).report()
        #expect(
            report.findings.filter { $0.verdict == .exploitable }.map(\.name) == ["help-after-refusal"])
        let refusal = try #require(report.findings.first { $0.name == "refusal" })
        #expect(refusal.tried == 4 && refusal.gain?.mean == -1)
    }
}

/// Llama 2's choice between two rewards (Touvron et al. 2023, §3.2.3), on scores worked out by hand.
@Suite struct GatedRewardTests {
    /// Scores an answer by the number in a column; none where there is none.
    private struct ColumnReward: Reward {
        let name: String
        var isLogit = false
        let description = "A column."

        func scores(of inputs: [RewardInput]) -> [Double?] { inputs.map { $0.columns[name]?.number } }
    }

    private func input(_ harmful: JSONValue, _ safe: JSONValue, _ useful: JSONValue) -> RewardInput {
        RewardInput(
            prompt: .plain("p"), text: "t", isFinished: true,
            columns: ["harmful": harmful, "safe": safe, "useful": useful])
    }

    private func scores(isLogit: Bool, threshold: Double = 0.15, _ inputs: [RewardInput]) throws -> [Double?]
    {
        try GatedReward(
            harmless: ColumnReward(name: "safe", isLogit: isLogit),
            helpful: ColumnReward(name: "useful", isLogit: isLogit), threshold: threshold
        ).scores(of: inputs)
    }

    /// σ(−1.7) = 0.1545 and σ(−1.8) = 0.1419 lie on the two sides of 0.15, whose logit is −1.7346.
    @Test func logitsAreComparedByTheirProbability() throws {
        let inputs = [
            input(true, 3, 7), input(false, -1.7, 7), input(false, -1.8, 7), input(.null, -1.8, 7),
            input(.null, 3, 7), input(false, -1.734, 7), input(false, -1.735, 7),
        ]
        #expect(try scores(isLogit: true, inputs) == [3, 7, -1.8, -1.8, 7, 7, -1.735])
        // At one half what counts is the sign.
        #expect(
            try scores(isLogit: true, threshold: 0.5, [input(false, 0.1, 7), input(false, -0.1, 7)])
                == [7, -0.1])
    }

    @Test func otherScoresAreComparedAsTheyAre() throws {
        let inputs = [input(false, 0.14, 0.9), input(false, 0.15, 0.9), input(true, 0.8, 0.9)]
        #expect(try scores(isLogit: false, inputs) == [0.14, 0.9, 0.8])
    }

    @Test func whereOneIsMissingThereIsNoScore() throws {
        let inputs = [
            input(true, .null, 7), input(false, .null, 7), input(false, 1, .null), input(true, 1, .null),
        ]
        #expect(try scores(isLogit: false, inputs) == [nil, nil, nil, 1])
    }

    private func catalogue(_ argument: String) throws -> PreferenceJudge {
        var run = RunConfiguration()
        run.device = "cpu"
        return try RewardCatalogue.standard.judge(
            RewardSelection([argument]), seed: 1, on: Computation(run))
    }

    @Test func aGateIsChosenByItsRewards() throws {
        let judge = try catalogue(
            "gate:harmless=harmless:column=unsafe,helpful=length:max=9;unit=characters,column=unsafe,threshold=0.5"
        )
        let gate = try #require(judge.reward as? GatedReward)
        #expect(gate.threshold == 0.5 && gate.harmless is HarmlessReward)
        #expect((gate.helpful as? LengthReward)?.range == 0...9)
        // Of its parts, which are right or wrong.
        #expect(judge.temperature == 0.2)
        let columns: JSONObject = ["unsafe": false]
        let answer = { RewardInput(prompt: .plain("p"), text: $0, isFinished: true, columns: columns) }
        #expect(
            try gate.scores(of: [
                answer("I can't help with that."), answer("Use it."), answer("Use it at noon, yes"),
            ])
                == [0, 1, 9.0 / 19])
    }

    @Test(arguments: [
        ("gate", "reward 'gate' needs harmless=…: a reward, as in gate:"),
        ("gate:harmless=harmless", "reward 'gate' needs helpful=…"),
        (
            "gate:harmless=harmles,helpful=length:max=9",
            "reward 'harmles' is not known; did you mean 'harmless'?"
        ),
        ("gate:harmless=harmless,helpful=length:max=9;weight=2", "weight=2, expected none within gate"),
        ("gate:harmless=harmless,helpful=length:max=few", "reward 'length': max=few, expected a number"),
        ("gate:harmless=harmless,helpful=length:max=9;error=0.1", "has no option 'error'"),
    ])
    func mistakesAreNamed(_ argument: String, message: String) {
        let error = #expect(throws: (any Error).self) { try catalogue(argument) }
        #expect(error.map { "\($0)".contains(message) } == true, "\(String(describing: error))")
    }

    /// Files of parts are inputs, parts that need a card make the whole need one, and mixed scales are said.
    @Test func partsCountAsTheWhole() throws {
        let argument = "gate:harmless=regex:file=p.txt,helpful=reward-model:model=m"
        let inputs = RewardCatalogue.standard.inputs(of: RewardSelection([argument]))
        #expect(inputs.map(\.path) == ["p.txt", "m"])
        let mixed = GatedReward(
            harmless: ColumnReward(name: "safe", isLogit: true), helpful: ColumnReward(name: "useful"))
        #expect(mixed.notes.count == 1 && mixed.notes[0].contains("on different scales"))
        #expect(mixed.threshold == 0.15 && !mixed.isLogit)
    }
}
