import Datasets
import Foundation
import JSON
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Training

@testable import Methods

/// Likes long answers, and has no opinion on those with a certain letter.
private struct LettersReward: Reward {
    let name = "letters"
    let description = "A program that counts letters."

    func scores(of answers: [RewardInput]) -> [Double?] {
        answers.map { $0.text.contains("?") ? nil : Double($0.text.count) }
    }
}

/// Which answers are learned.
@Suite struct KeptAnswersTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A round's answers to one prompt.
    private func round(_ number: Int, _ answers: [(String, Response.Finish?)]) throws -> ScoredAnswers {
        let row = ResponsesRow(
            prompt: .plain("Q"), responses: answers.map { Response(text: $0.0, finish: $0.1) })
        let file = folder.url.appending(path: "round-\(number).jsonl")
        let writer = try JSONLinesWriter(file)
        try writer.append(row)
        try writer.finish()
        return try ScoredAnswers(round: number, scoring: file, by: LettersReward())
    }

    private func texts(
        _ rounds: [ScoredAnswers], _ change: (inout Rejection.Configuration) -> Void = { _ in }
    ) -> [String] {
        var configuration = Rejection.Configuration()
        change(&configuration)
        return KeptAnswers(of: rounds, configuration).answers.map { "\($0.text) \($0.round)" }
    }

    @Test func theBestIsKept() throws {
        let first = try round(1, [("aa", .stop), ("aaaa", .stop), ("bbbb", .stop), ("a", nil)])
        // Of equals the first, in the order in which they were written.
        #expect(texts([first]) == ["aaaa 1"])
        #expect(texts([first]) { $0.keep = 3 } == ["aaaa 1", "bbbb 1", "aa 1"])
        #expect(texts([first]) { ($0.keep, $0.minimumScore) = (9, 2) } == ["aaaa 1", "bbbb 1", "aa 1"])
        #expect(texts([first]) { $0.minimumScore = 5 } == [])
    }

    @Test func whatWasCutOffEmptyOrUnscoredIsNot() throws {
        let first = try round(1, [("aaaaa", .length), ("aaaa?", .stop), ("", .stop), ("aa", .stop)])
        #expect(first.scores == [[5, nil, 0, 2]])
        #expect(texts([first]) { $0.keep = 9 } == ["aa 1"])
        #expect(texts([first]) { $0.keepsCutOff = true } == ["aaaaa 1"])
        let none = try round(2, [("aaaaa", .length)])
        #expect(KeptAnswers(of: [none], Rejection.Configuration()).promptsWithout == 1)
    }

    @Test func allRoundsAreChosenFromAndTheNewestFirst() throws {
        let rounds = [
            try round(1, [("aaaa", .stop), ("cc", .stop)]), try round(2, [("bbbb", .stop), ("cc", .stop)]),
        ]
        #expect(texts(rounds) == ["bbbb 2"])
        // One text is learned once.
        #expect(texts(rounds) { $0.keep = 4 } == ["bbbb 2", "aaaa 1", "cc 2"])
    }

    /// What a verifier calls wrong is not learned in silence.
    @Test func worthlessAnswersAreSaid() throws {
        func warning(_ scores: [[Double?]], _ change: (inout Rejection.Configuration) -> Void = { _ in })
            -> String?
        {
            var configuration = Rejection.Configuration()
            change(&configuration)
            let rows = scores.map { scores in
                ResponsesRow(
                    prompt: .plain("Q"),
                    responses: scores.indices.map { Response(text: "answer \($0)", finish: .stop) })
            }
            let round = ScoredAnswers(round: 2, rows: rows, scores: scores)
            return KeptAnswers(of: [round], configuration).warning(of: round)
        }
        #expect(
            warning([[0, 1], [0, 0], [0, nil], [0.25, 0]])
                == "round 2: 2 of the 4 answers that are learned score 0, the least there is: leave them out with --min-score "
                + "0.25")
        #expect(
            warning([[0, 0]])?.hasSuffix(
                "no answer of the round scores more; raise --n, or take easier prompts or another reward, and --min-score"
            ) == true)
        #expect(warning([[0, 1], [0, 0]]) { $0.minimumScore = 1 } == nil)
        #expect(warning([[0, 1], [1, 1]]) == nil)
        // 0 says nothing of a reward that goes below.
        #expect(warning([[0, -1], [-2, 0]]) == nil)
    }

    @Test func scoresSurviveTheirFile() throws {
        let first = try round(1, [("aa", .stop), ("a?", .length)])
        let file = folder.url.appending(path: "scored.jsonl")
        try first.write(to: file)
        let read = try ScoredAnswers(round: 1, contentsOf: file)
        #expect(read.scores == [[2, nil]] && read.rows[0].responses.map(\.finish) == [.stop, .length])
    }

    @Test func demonstrationsHaveWhatTheTemplateIsTold() throws {
        let prompt = Text.messages([.init(role: "user", content: "Q")])
        let row = ResponsesRow(
            prompt: prompt, responses: [Response(text: "A", finish: .stop)],
            extra: ["tools": .array([]), "answer": "42", "sampler": .object([:])])
        let rows = ScoredAnswers(round: 1, rows: [row], scores: [[1]])
        let file = folder.url.appending(path: "kept.jsonl")
        try KeptAnswers(of: [rows], Rejection.Configuration()).write(to: file, prompts: rows.rows)
        let kept = try #require(try JSONLines(file).load(CompletionRow.self).first?.row)
        #expect(kept.completion == .messages([.init(role: "assistant", content: "A")]))
        #expect(Set(kept.extra.keys) == ["tools", "kept_score", "kept_round"])
    }
}

/// The policy answers, the best answers are learned, and again.
@Suite(.serialized) struct RejectionRunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns(prompts: 4) }

    private func method(_ change: (inout Rejection.Configuration) -> Void = { _ in })
        -> Rejection.Configuration
    {
        var method = Rejection.Configuration()
        method.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rewards.rewards = ["letters"]
        method.rounds = 2
        method.sampler.answersPerPrompt = 4
        method.sampler.maximumNewTokens = 8
        method.keepsCutOff = true
        change(&method)
        return method
    }

    @discardableResult
    private func run(
        _ method: Rejection.Configuration, output: String, adapters: AdapterTraining? = nil
    ) throws -> TrainingResult {
        var training = jobs.training(steps: 2)
        training.checkpointEvery = 1
        var context = try jobs.context(output)
        context.rewards.add(.init(name: "letters", temperature: 1) { _ in LettersReward() })
        return try Rejection.run(
            training, adapters: adapters ?? jobs.lowRank, method: method, context: context)
    }

    private func rounds(_ output: String) throws -> [MetricsRecord] {
        try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func adapter(_ place: String) throws -> Data {
        try jobs.folder.data("\(place)/final/adapter_model.safetensors")
    }

    @Test func everyRoundLearnsTheBestOfItsPolicy() throws {
        let result = try run(method(), output: "out")
        #expect(result.steps == 4)
        #expect(result.notes?.first?.hasPrefix("score of an answer, before each round: ") == true)
        #expect(try adapter("out") == adapter("out/round-2/training"))
        #expect(try adapter("out/round-1/training") != adapter("out"))

        let records = try rounds("out")
        #expect(records.map(\.step) == [1, 2] && records.map { $0["kept"] } == [4, 4])
        for (record, folder) in zip(records, ["round-1", "round-2"]) {
            let answers = try ScoredAnswers(
                round: 1, contentsOf: jobs.folder.url.appending(path: "out/\(folder)/scored.jsonl"))
            let scores = answers.scores.map { $0.compactMap(\.self) }
            let best = scores.compactMap { $0.max() }
            #expect(record["reward/best"] == best.reduce(0, +) / Double(best.count))
            #expect(record["loss"] != nil && record["temperature"] == 1)
            #expect(jobs.folder.holds("out/\(folder)/best-of-n.svg"))
        }
        // Figure 7: the best of all answers is the mean of the maxima.
        let curves = try BestOfCurve.all(in: jobs.folder.url.appending(path: "out"))
        #expect(curves.map(\.round) == [1, 2] && curves[0].points.map(\.n) == [1, 2, 3, 4])
        #expect(curves.map { $0.points.last?.best.mean } == records.map { $0["reward/best"] })
        #expect(curves.allSatisfy { $0.points[0].best == $0.points[0].median })
        let manifest = try RunManifest(contentsOf: jobs.folder.url.appending(path: "out/run.json"))
        #expect(manifest.notes == result.notes)
    }

    /// What a reward lacks is told before anything is sampled, and what the first answers say before anything is learned.
    @Test func theRunIsLookedAtBeforeItLearns() throws {
        var missing = method()
        missing.rewards.rewards = ["exact"]
        let message = jobs.message { try run(missing, output: "missing") }
        #expect(
            message?.contains("prompts.jsonl:1: ") == true && !jobs.folder.holds("missing"),
            "\(message ?? "")")

        let result = try run(method { $0.rounds = 1 }, output: "out")
        let report = try #require(PreflightReport.kept(in: jobs.folder.url.appending(path: "out")))
        #expect(report.prompts == 4 && report.answers == 16 && report.rewards.map(\.name) == ["letters"])
        let answers = try JSONLines(jobs.folder.url.appending(path: "out/round-1/responses.jsonl"))
            .load(ResponsesRow.self).flatMap(\.row.responses)
        #expect(report.truncated == Double(answers.count { $0.finish == .length }) / 16)
        #expect(
            result.notes?.filter { $0.hasPrefix("before the first update: ") }.count == report.warnings.count)
        #expect(report.warnings.first?.contains("tokens") == true)
    }

    @Test func roundsGoOnFromWhatIsAskedFor() throws {
        try run(method(), output: "all")
        try run(method { $0.keepsPast = false }, output: "last")
        try run(method { $0.startsOver = true }, output: "over")
        func kept(_ output: String) throws -> [Int?] {
            try JSONLines(jobs.folder.url.appending(path: "\(output)/round-2/kept.jsonl"))
                .load(CompletionRow.self).map { $0.row.extra["kept_round"]?.integer }
        }
        #expect(try kept("last") == [2, 2, 2, 2])
        #expect(try rounds("all")[1]["kept/past"] == Double(kept("all").count { $0 == 1 }))
        // The first round is the same in all, and of two the answers to learn from in the second.
        #expect(try adapter("all/round-1/training") == adapter("last/round-1/training"))
        #expect(try kept("over") == kept("all"))
        // They are news to a model that starts over.
        let losses = try ["over", "all"].map { output in
            try MetricsLog.read(
                jobs.folder.url.appending(path: "\(output)/round-2/training/metrics.jsonl")
            ).first?["loss"]
        }
        #expect(try #require(losses[0]) > #require(losses[1]))
    }

    @Test func theBestTemperatureIsFoundEachRound() throws {
        try run(method { ($0.temperatures, $0.temperaturePrompts) = ([0.01, 2], 3) }, output: "out")
        for (number, record) in try rounds("out").enumerated() {
            let folder = "out/round-\(number + 1)"
            let found = try JSONValue(parsing: jobs.folder.data("\(folder)/temperature.json"))
            #expect(record["temperature"] == found["temperature"]?.number)
            let trials = try #require(found["trials"]?.array).map { $0["best"]?.number ?? 0 }
            let best = trials[0] >= trials[1] ? 0.01 : 2
            #expect(trials.count == 2 && record["temperature"] == best)
            let tried = try JSONLines(jobs.folder.url.appending(path: "\(folder)/temperature-2.0.jsonl"))
            #expect(try tried.load(ResponsesRow.self).count == 3)
            let answered = try JSONLines(jobs.folder.url.appending(path: "\(folder)/responses.jsonl"))
                .load(ResponsesRow.self).map { $0.row.extra["sampler"]?["temperature"]?.number }
            #expect(answered == [best, best, best, best])
        }
    }

    /// Whatever a killed process has left, the same command goes on to the same end, bit by bit.
    @Test(arguments: [
        [
            "round-2/temperature.json", "round-2/responses.jsonl", "round-2/scored.jsonl", "round-2/training",
            "final",
        ],
        ["round-2/scored.jsonl", "round-2/kept.jsonl", "round-2/training", "final"],
        ["round-2/training/final", "round-2/training/checkpoint-2", "final"],
    ]) func theSameCommandGoesOn(_ missing: [String]) throws {
        let method = method { $0.temperatures = [0.7, 1] }
        try run(method, output: "out")
        let files = [
            "final/adapter_model.safetensors", "round-2/kept.jsonl", "round-2/scored.jsonl",
            "round-2/best-of-n.json", "round-2/temperature.json",
        ]
        let before = try files.map { try jobs.folder.data("out/\($0)") }
        for item in missing { try FileManager.default.removeItem(atPath: jobs.folder.path("out/\(item)")) }
        for manifest in ["out/run.json", "out/round-2/training/run.json"] where jobs.folder.holds(manifest) {
            guard manifest == "out/run.json" || missing.contains("round-2/training/final") else { continue }
            let running = try jobs.folder.text(manifest)
                .replacingOccurrences(of: #""finished""#, with: #""running""#)
            try jobs.folder.write(running, to: manifest)
        }
        try run(method, output: "out")
        #expect(try files.map { try jobs.folder.data("out/\($0)") } == before)
    }

    @Test func whatCannotBeLearnedIsNamed() throws {
        #expect(
            jobs.message { try run(method { $0.minimumScore = 1000 }, output: "high") }?
                .contains("an answer of round 1 with a score and scores at least 1000.0, found 16 answers")
                == true)
        #expect(
            jobs.message { try run(method { $0.keepsCutOff = false }, output: "cut") }?
                .contains("that ended by itself") == true)
        for (key, change) in [
            ("n", { (method: inout Rejection.Configuration) in method.sampler.answersPerPrompt = 1 }),
            ("temperature", { $0.sampler.isGreedy = true }),
            ("temperature", { ($0.temperatures, $0.sampler.temperature) = ([1], 0.5) }),
        ] {
            let error = #expect(throws: InvalidSetting.self) { try method(change).validate() }
            #expect(error?.key == key)
        }
    }
}
