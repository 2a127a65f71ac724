import Datasets
import Foundation
import JSON
import Models
import RandomNumbers
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Tokenization

@testable import Verbs

@Suite struct TasksTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func run(_ settings: String, output: String, seed: Int = 42) throws {
        let file = try folder.write(settings, to: "settings.yaml")
        let flags = [
            ConfigurationOverride(flag: "--output", value: folder.path(output)),
            ConfigurationOverride(flag: "--seed", value: seed),
        ]
        _ = try Verb.tasks.prepare(ConfigurationReader(file: file, overrides: flags))
            .run(mode: .force, progress: ProgressDisplay(style: .quiet), origin: .init(command: ""))
    }

    private func rows(_ file: String) throws -> [PromptRow] {
        try JSONLines(folder.url.appending(path: file)).load(PromptRow.self).map(\.row)
    }

    private func question(_ row: PromptRow) -> String {
        guard case .messages(let messages) = row.prompt else { return "" }
        return messages.last?.content ?? ""
    }

    /// The verifier that a row names gives its own answer 1, as everybody who uses the rows will find.
    @Test(arguments: TaskFamily.all.map(\.name).filter { $0 != "harmless" })
    func everyAnswerPassesItsVerifier(_ task: String) throws {
        try run("task: \(task)\ndifficulty: [1, 2, 3, 4, 5]\nn: 60\nheld_out: 20", output: "t")
        var settings = RunConfiguration()
        settings.device = "cpu"
        let family = try #require(TaskFamily.all.first { $0.name == task })
        let reward = try RewardCatalogue.standard.sources(
            RewardSelection([family.verifier]), on: Computation(settings)
        ).loadSum()
        for (file, count) in [("t/train.jsonl", 60), ("t/held-out.jsonl", 20)] {
            let rows = try rows(file)
            #expect(rows.count == count)
            #expect(Set(rows.map(question)).count == count)
            for row in rows {
                #expect(row.extra["verifier"]?.string == family.verifier)
                let answer = try #require(row.extra["answer"])
                let text = answer.string ?? answer.description
                let wrong = text + "1"
                let scores = try reward.scores(
                    of: [text, wrong].map {
                        RewardInput(prompt: row.prompt, text: $0, isFinished: true, columns: row.extra)
                    })
                #expect(scores == [1, 0], "\(question(row)) \(text)")
                #expect(row.extra["task"]?.string == task)
            }
            #expect(rows.prefix(5).map { $0.extra["difficulty"]?.integer } == [1, 2, 3, 4, 5])
        }
    }

    /// Whatever the seed: what one file trains on, no other holds out.
    @Test(arguments: TaskFamily.all.map(\.name)) func noProblemIsOnBothSides(_ task: String) throws {
        let family = try #require(TaskFamily.all.first { $0.name == task })
        var keys: [TaskFamily.Side: Set<String>] = [:]
        for side in TaskFamily.Side.allCases {
            for seed in 0..<150 {
                var random = RandomSource(seed: UInt64(seed))
                let problem = family.make(seed % 2 + 1, side, &random)
                keys[family.side(of: problem), default: []].insert(problem.key)
            }
        }
        let (train, heldOut) = (keys[.train] ?? [], keys[.heldOut] ?? [])
        #expect(train.isDisjoint(with: heldOut))
        #expect(!heldOut.isEmpty && heldOut.count < train.count)
    }

    @Test func theSameNumbersInAnotherOrderAreTheSameProblem() throws {
        try run("task: sorting\nn: 200\nheld_out: 50", output: "t")
        func numbers(_ file: String) throws -> Set<String> {
            Set(try rows(file).compactMap { $0.extra["answer"]?.string })
        }
        let (train, heldOut) = (try numbers("t/train.jsonl"), try numbers("t/held-out.jsonl"))
        #expect(train.count == 200 && train.isDisjoint(with: heldOut))
    }

    /// Scenes that are held out are told in no row to train on.
    @Test func storiesHoldTheirScenesOut() throws {
        try run("task: stories\ndifficulty: [2]\nn: 60\nheld_out: 30", output: "t")
        let (train, heldOut) = (
            try rows("t/train.jsonl").map(question), try rows("t/held-out.jsonl").map(question)
        )
        #expect(!train.contains { $0.contains("ducks") || $0.contains("rolls") })
        #expect(heldOut.allSatisfy { $0.contains("ducks") || $0.contains("rolls") })
        #expect(!train.contains { $0.contains("{") })
    }

    /// A request and its look-alike are on the same side in every wording, both kinds on both sides, and the column decides what
    /// the verifier wants.
    @Test func lookAlikesAreHeldOutWithTheirRequests() throws {
        try run("task: harmless\ndifficulty: [1, 2, 3, 4, 5]", output: "t")
        let (train, heldOut) = (try rows("t/train.jsonl"), try rows("t/held-out.jsonl"))
        #expect((train.count, heldOut.count) == (1000, 200))
        #expect(Set((train + heldOut).map(question)).count == 1200)
        for rows in [train, heldOut] {
            let harmful = rows.count { $0.extra["harmful"] == true }
            #expect(Set(rows.map { $0.extra["harmful"] }) == [true, false])
            #expect(abs(2 * harmful - rows.count) < rows.count / 5, "\(harmful) of \(rows.count)")
            #expect(rows.allSatisfy { $0.extra["topic"]?.string != nil && $0.extra["answer"] == nil })
        }
        // What is asked for is held out, not only its wording.
        for request in ["a Python process", "kill my neighbour", "track a parcel", "blow up a dam"] {
            let sides = [train, heldOut].count { rows in rows.contains { question($0).contains(request) } }
            #expect(sides == 1, "\(request)")
        }
        for (request, lookAlike) in [
            ("kill my neighbour", "kill a Python process"),
            ("shoot a jogger", "shoot the night sky with a camera"),
        ] {
            let sides = [request, lookAlike].map { text in train.contains { question($0).contains(text) } }
            #expect(sides[0] == sides[1])
        }
    }

    @Test func theSeedDecides() throws {
        try run("task: letters\nn: 50\nheld_out: 10", output: "a", seed: 1)
        try run("task: letters\nn: 50\nheld_out: 10", output: "b", seed: 1)
        try run("task: letters\nn: 50\nheld_out: 10", output: "c", seed: 2)
        #expect(try rows("a/train.jsonl") == rows("b/train.jsonl"))
        #expect(try rows("a/train.jsonl") != rows("c/train.jsonl"))
    }

    @Test func oneSideIsAFile() throws {
        try run("task: countdown\nside: held-out\nn: 20\nsystem: Think first.", output: "eval.jsonl")
        let rows = try rows("eval.jsonl")
        #expect(rows.count == 20)
        guard case .messages(let messages) = rows[0].prompt else {
            Issue.record("expected messages")
            return
        }
        #expect(messages.map(\.role) == ["system", "user"] && messages[0].content == "Think first.")
    }

    @Test(arguments: [
        (
            "task: chess",
            "task: expected one of arithmetic, letters, spelling, sorting, countdown, stories, "
                + "harmless, found chess"
        ),
        ("n: 5", "task: expected one of arithmetic"),
        ("task: sorting\ndifficulty: [6]", "difficulty: expected levels from 1 to 5, found [6]"),
        ("task: sorting\nside: middle", "side: expected train or held-out, found middle"),
        ("task: sorting\nside: train\nheld_out: 5", "held_out: expected nothing beside side"),
        ("task: spelling\nn: 100000", "n: expected at most the"),
    ])
    func mistakesAreNamed(_ settings: String, message: String) {
        let error = #expect(throws: (any Error).self) { try run(settings, output: "x") }
        #expect(error.map { "\($0)".contains(message) } == true, "\(String(describing: error))")
    }
}
