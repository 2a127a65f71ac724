import Charts
import Datasets
import Foundation
import Methods
import Rewards
import RunTestSupport
import Settings
import Statistics
import TestSupport
import Testing
import Training

@testable import Evaluation
@testable import Runs

/// Likes long answers; a proxy for what ``LetterReward`` wants.
private struct LongReward: Reward {
    let name = "long"
    let description = "A program that measures length."

    func scores(of answers: [RewardInput]) -> [Double?] {
        answers.map { Double($0.text.unicodeScalars.count) }
    }
}

/// Counts one letter.
private struct LetterReward: Reward {
    let name = "letter"
    let description = "A program that counts the letter e."

    func scores(of answers: [RewardInput]) -> [Double?] {
        answers.map { Double($0.text.count { $0 == "e" }) }
    }
}

@Suite struct ArmArgumentTests {
    @Test(
        arguments: [
            ("m", "m", "m", nil), ("a=m", "a", "m", nil), ("m@16", "m@16", "m", 16),
            ("best=m@4", "best", "m", 4),
            ("runs/dpo/final@8", "dpo@8", "runs/dpo/final", 8), ("m@x", "m@x", "m@x", nil),
            ("m@2/", "m@2", "m@2/", nil), ("@3", "@3", "@3", nil),
        ] as [(String, String, String, Int?)])
    func saysHowManyAnswersAreChosenFrom(_ text: String, name: String, path: String, best: Int?) throws {
        let arm = try ArmArgument(text, key: "models")
        #expect((arm.name, arm.path, arm.best) == (name, path, best))
    }

    @Test(arguments: ["m@1", "m@0", "m@99999999999999999999"]) func numbersWithoutChoiceAreRefused(
        _ text: String
    ) {
        let error = #expect(throws: InvalidSetting.self) { try ArmArgument(text, key: "models") }
        #expect(error?.expected.hasPrefix("MODEL@N with N from 2") == true)
    }

    @Test func aFolderOfThatNameIsNoChoice() throws {
        let folder = try ScratchFolder()
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "m@4"), withIntermediateDirectories: true)
        #expect(throws: InvalidSetting.self) { try ArmArgument(folder.path("m@4"), key: "models") }
        #expect(try ArmArgument(folder.path("m@4") + "/", key: "models").best == nil)
    }
}

@Suite(.serialized) struct FrontierTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        let prompts = (1...5).map { #"{"prompt": "Question \#($0): why?"}"# }
        try jobs.folder.write(prompts.joined(separator: "\n"), to: "prompts.jsonl")
    }

    private func context(_ output: String, mode: RunFolder.Mode = .new) throws -> RunContext {
        var context = try jobs.context(output, mode: mode)
        context.rewards.add(.init(name: "long", temperature: 1) { _ in LongReward() })
        context.rewards.add(.init(name: "letter", temperature: 1) { _ in LetterReward() })
        return context
    }

    private func configuration(_ models: [String]) -> EvaluateConfiguration {
        var configuration = EvaluateConfiguration()
        configuration.models = models
        configuration.prompts = [jobs.folder.path("prompts.jsonl")]
        (configuration.judge, configuration.proxy) = (["letter"], ["long"])
        configuration.sampler.maximumNewTokens = 8
        return configuration
    }

    private func evaluate(
        _ configuration: EvaluateConfiguration, _ output: String = "report", mode: RunFolder.Mode = .new
    ) throws -> Report {
        try configuration.validate()
        return try EvaluateJob.run(
            configuration, origin: .init(command: "heed evaluate"), context: context(output, mode: mode))
    }

    private func kept<Value: Codable>(_ name: String) throws -> Value {
        let data = try jobs.folder.data("report/arms/\(name).json")
        return try JSONDecoder().decode(EvaluationFolder.Measurement<Value>.self, from: data).value
    }

    @Test func theBestOfAnswersIsAnArm() throws {
        let report = try evaluate(configuration([jobs.model, "best=\(jobs.model)@4"]))
        let answers: [ArmAnswer] = try kept("best.answers")
        let scores: [Double?] = try kept("best.proxy")
        #expect(answers.count == 20 && scores.count == 20)
        let best = report.arms[1]
        #expect(best.samples.count == 5 && best.bestOf?.n == 4 && best.bestOf?.chosenBy == "long")
        for (prompt, sample) in best.samples.enumerated() {
            let lengths = answers.filter { $0.prompt == prompt }.map { $0.text.unicodeScalars.count }
            #expect(sample.text.unicodeScalars.count == lengths.max())
        }
        let choice = try #require(best.bestOf)
        #expect(choice.klBound == log(4) - 0.75)
        // The judge scores what was chosen, and the distance is the choice's.
        #expect(best.kl == choice.klOfChoice)
        #expect(try #require(best.kl).mean <= choice.klBound + 1e-12 && #require(best.kl).mean > 0)
        let page = try jobs.folder.text("report/report.html")
        #expect(page.contains("best: the best of 4 answers by long. Choosing moved "))
        #expect(try Report(json: jobs.folder.data("report/report.json")).arms == report.arms)
        // Another proxy chooses others of the same answers.
        var other = configuration([jobs.model, "best=\(jobs.model)@4"])
        other.proxy = ["letter"]
        let again = try evaluate(other, mode: .resume)
        #expect(
            again.arms[1].samples.map(\.score)
                == (0..<5).map { prompt in
                    answers.filter { $0.prompt == prompt }.map { Double($0.text.count { $0 == "e" }) }.max()
                })
    }

    @Test func theFrontierShowsCheckpointsAndTheBestOfAnswers() throws {
        var training = jobs.training("sft/prompt_completion.jsonl", steps: 4, learningRate: 5e-3)
        (training.checkpointEvery, training.keepCheckpoints) = (1, nil)
        try SFT.run(training, adapters: jobs.lowRank, context: jobs.context("sft"))
        var configuration = configuration([jobs.model])
        configuration.frontier = [jobs.folder.path("sft"), "best=\(jobs.model)@16"]
        configuration.sampler.answersPerPrompt = 2
        let report = try evaluate(configuration)
        let frontier = try #require(report.frontier)
        #expect((frontier.proxy, frontier.gold) == ("long", "letter"))
        #expect(report.arms.map(\.name) == ["start"])
        let (learned, best) = (frontier.roads[0], frontier.roads[1])
        #expect(learned.stations.map(\.name) == ["step 1", "step 2", "step 3", "step 4"])
        #expect(best.stations.map(\.name) == ["best of 2", "best of 4", "best of 8", "best of 16"])
        #expect((learned.form, best.form) == (.learning, .bestOfN))

        // Choosing by the proxy raises the proxy, never further than the bound.
        let gains = best.stations.compactMap(\.gain.proxy?.mean)
        #expect(gains == gains.sorted() && gains[0] > 0)
        for (station, n) in zip(best.stations, [2, 4, 8, 16]) {
            #expect(station.kl.mean > 0 && station.kl.mean <= BestOfN.divergenceBound(n) + 1e-12)
        }
        // What a station is, by hand: the mean maximum over pairs of a prompt's answers, less the mean of all of the start's.
        let many: [ArmAnswer] = try kept("best, 16 answers.answers")
        let few: [ArmAnswer] = try kept("start.answers")
        let byHand = (0..<5).map { prompt in
            func lengths(_ answers: [ArmAnswer]) -> [Double] {
                answers.filter { $0.prompt == prompt }.map { Double($0.text.unicodeScalars.count) }
            }
            let own = lengths(many)
            let pairs = own.indices.flatMap { first in
                own.indices.filter { $0 > first }.map { max(own[first], own[$0]) }
            }
            return mean(of: pairs)! - mean(of: own + lengths(few))!
        }
        expectClose(gains[0], mean(of: byHand)!, relative: 1e-9)
        // The distance of a checkpoint is that of an arm.
        var arms = configuration
        (arms.models, arms.frontier, arms.proxy) = (
            [jobs.model, jobs.folder.path("sft/checkpoint-4")], [], []
        )
        let arm = try evaluate(arms, "arms").arms[1]
        #expect(learned.stations[3].kl.mean == arm.kl?.mean)
        expectClose(
            try #require(learned.stations[3].gain.gold).mean + #require(frontier.start.gold).mean,
            try #require(arm.score).mean, relative: 1e-9)

        #expect(learned.gold != nil && best.proxy != nil)
        let page = try jobs.folder.text("report/report.html")
        #expect(page.contains("How far the proxy can be trusted") && page.contains("d (α − β log d)"))
        #expect(try Report(json: jobs.folder.data("report/report.json")).frontier == frontier)
        #expect(report.summary.contains { $0.hasPrefix("best: letter ") })
        // Resumed, nothing is measured again.
        #expect(try evaluate(configuration, mode: .resume).frontier == frontier)
    }

    @Test func roundsAreStations() throws {
        var method = Rejection.Configuration()
        method.prompts = [jobs.folder.path("prompts.jsonl")]
        (method.rewards.rewards, method.rounds, method.keepsCutOff) = (["long"], 2, true)
        (method.sampler.answersPerPrompt, method.sampler.maximumNewTokens) = (2, 4)
        try Rejection.run(
            jobs.training(steps: 1), adapters: jobs.lowRank, method: method, context: context("rejection"))
        var configuration = configuration([jobs.model])
        configuration.frontier = ["v=\(jobs.folder.path("rejection"))"]
        let road = try #require(try evaluate(configuration).frontier?.roads.first)
        #expect(road.name == "v" && road.stations.map(\.name) == ["round 1", "round 2"])
        // Two stations are no curve.
        #expect(road.gold == nil && road.proxy == nil)
        let history = try TrainingHistory(
            .init(jobs.folder.path("rejection")), guides: ["test": Rejection.guide])
        let titles = try #require(history.curves).charts.map(\.title)
        #expect(titles.contains("Round 2: best and median of n answers"))
    }

    @Test func whatCannotBeMeasuredIsNamed() throws {
        func error(_ change: (inout EvaluateConfiguration) -> Void) -> InvalidSetting? {
            var configuration = configuration([jobs.model])
            change(&configuration)
            return #expect(throws: InvalidSetting.self) { try evaluate(configuration, "none") }
        }
        #expect(error { ($0.models, $0.proxy) = ([jobs.model, "b=\(jobs.model)@4"], []) }?.key == "proxy")
        #expect(error { _ in }?.key == "proxy")
        #expect(error { $0.models = ["\(jobs.model)@4"] }?.key == "models")
        #expect(error { $0.frontier = [jobs.model] }?.expected.hasPrefix("a run folder, or MODEL@N") == true)
        #expect(error { ($0.models, $0.frontier) = ([], ["\(jobs.model)@4"]) }?.key == "frontier")
        #expect(
            error { $0.frontier = ["a=\(jobs.model)@4", "a=\(jobs.model)@8"] }?.expected.contains("NAME=RUN")
                == true)
    }
}

/// What the pictures and sentences say of numbers that are known.
@Suite struct FrontierReportTests {
    private func frontier(peakAt turn: Estimate?, isExtrapolated: Bool = false) throws -> Report.Frontier {
        var random = SystemRandomNumberGenerator()
        let stations = [0.5, 1, 1.5].map { distance in
            RewardCurveEstimate.Station(
                divergences: [distance * distance, distance * distance], gains: [1, 2])
        }
        let estimate = RewardCurveEstimate(
            .learning, stations, bootstrap: Bootstrap(resamples: 1), using: &random)
        var fit = Report.Fit(try #require(estimate))
        (fit.turn, fit.isExtrapolated) = (turn, isExtrapolated)
        let gain = Report.Rewards(proxy: Estimate(mean: 1, low: 0.5, high: 2), gold: Estimate(mean: 0.5))
        return Report.Frontier(
            proxy: "proxy", gold: "gold", start: gain, spread: .init(proxy: 2, gold: 0),
            roads: [
                .init(
                    name: "ppo", form: .learning,
                    stations: [.init(name: "step 1", kl: Estimate(mean: 4, low: -1, high: 9), gain: gain)],
                    proxy: nil, gold: fit)
            ])
    }

    @Test func sentencesSayWhatIsKnownOfTheTurn() throws {
        #expect(
            try frontier(peakAt: Estimate(mean: 2, low: 1.5, high: 3)).summary
                == ["ppo: gold turns at √KL 2 (1.5 to 3), 4 nats."])
        #expect(
            try frontier(peakAt: Estimate(mean: 2, low: 1.5)).summary
                == ["ppo: gold turns at √KL 2, 4 nats; how far above, these data do not say."])
        #expect(
            try frontier(peakAt: Estimate(mean: 4, low: 3, high: 5), isExtrapolated: true).summary
                == ["ppo: gold would turn at √KL 4 (3 to 5), 16 nats, beyond every station."])
        var straight = try frontier(peakAt: nil)
        #expect(straight.summary == ["ppo: gold turns nowhere near what was measured."])
        var other = straight.roads[0]
        other.name = "ppo, leashed"
        straight.roads.append(other)
        #expect(
            straight.summary
                == ["on each of ppo; ppo, leashed: gold turns nowhere near what was measured."])
    }

    /// Three runs of one command by three seeds, one of another learning rate, and no run at all.
    @Test func seedsOfOneRunAreNamedTogether() throws {
        let folder = try ScratchFolder()
        func history(_ name: String, seed: Int, rate: Double) throws -> TrainingHistory {
            var manifest = RunManifest(
                command: "ppo",
                configuration: [
                    "learning_rate": .number(rate), "seed": .integer(seed), "output": .string(name),
                ],
                versions: [:], seed: seed, device: "cpu", threads: 1,
                inputs: [.init(role: "model", path: "m", sha256: "aa", run: nil)], started: Date())
            manifest.status = .finished
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name), withIntermediateDirectories: true)
            try manifest.write(to: folder.url.appending(path: "\(name)/run.json"))
            try folder.write("", to: "\(name)/metrics.jsonl")
            return try TrainingHistory(NamedPath(folder.path(name)), guides: [:])
        }
        let histories = [
            try history("one", seed: 1, rate: 1e-3), try history("other", seed: 2, rate: 1e-4),
            try history("two", seed: 2, rate: 1e-3),
        ]
        let roads = try (["one", "other", "two"].map { folder.path($0) }).map {
            try ArmArgument($0, key: "frontier")
        }
        let found = Repetitions(roads, histories)
        #expect(found.groups == [["one", "two"]])
        var frontier = try frontier(peakAt: Estimate(mean: 2))
        frontier.roads[0].name = "one"
        #expect(
            found.note(on: frontier)?.hasPrefix(
                "one, two are one run by 2 seeds, and gold turns: one at √KL 2, two nowhere. Their intervals draw prompts"
            )
                == true)
        #expect(Repetitions(Array(roads.prefix(2)), histories).note(on: frontier) == nil)
    }

    @Test func picturesCountInDeviationsOfTheStart() throws {
        let charts = try frontier(peakAt: Estimate(mean: 2, low: 1.5, high: 3)).roadCharts
        let proxy = charts[0].groups[0]
        #expect(proxy.points[0].x == Estimate(mean: 2, low: 0, high: 3))
        #expect(proxy.points[0].y == Estimate(mean: 0.5, low: 0.25, high: 1))
        #expect(charts[0].groups[1].turn == Estimate(mean: 2, low: 1.5, high: 3))
    }

    @Test func stationsOfTheBestDouble() {
        #expect(FrontierBuilder.counts(upTo: 2) == [2] && FrontierBuilder.counts(upTo: 12) == [2, 4, 8, 12])
        #expect(FrontierBuilder.counts(upTo: 16) == [2, 4, 8, 16])
    }
}
