import Checkpoints
import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import Statistics
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Reward models from judgments of every shape, on a tiny model.
@Suite(.serialized) struct RewardRunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    /// Judgments of answers that are good where they say "yes", of both aspects, by three annotators of two groups. The south
    /// likes the opposite.
    private func rows(_ count: Int = 24) throws -> String {
        let lines = (0..<count).flatMap { index -> [String] in
            let prompt = "\"prompt\": \"Question \(index % 8)? \""
            let isSouth = index % 3 == 2
            let person =
                "\"annotator\": \"\(["ann", "bob", "cid"][index % 3])\", \"group\": \"\(isSouth ? "south" : "north")\", "
                + "\"aspect\": \"\(index % 2 == 0 ? "helpful" : "safe")\""
            let (good, bad) = isSouth ? ("no", "yes") : ("yes", "no")
            return [
                "{\(prompt), \"chosen\": \"\(good) \(index)\", \"rejected\": \"\(bad) \(index)\", \(person)}",
                "{\(prompt), \"responses\": [\"\(bad)\", \"\(good)\", \"maybe\", \"perhaps\"], \"ranking\": [3, 1, 2, 2], \(person)}",
                "{\(prompt), \"responses\": [\"maybe\", \"perhaps\"], \"ranking\": [1, 1], \(person)}",
                "{\(prompt), \"response\": \"\(good)\", \"rating\": \(4 + index % 2), \"scale\": 5, \(person)}",
                "{\(prompt), \"response\": \"\(bad)\", \"rating\": \(1 + index % 2), \"scale\": 5, \(person)}",
                "{\(prompt), \"completion\": \"\(good)\", \"label\": true, \(person)}",
                "{\(prompt), \"completion\": \"\(bad)\", \"label\": false, \(person)}",
            ]
        }
        return try write(lines, "rows-\(count).jsonl")
    }

    private func write(_ lines: [String], _ name: String) throws -> String {
        let path = jobs.folder.path(name)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func train(
        _ method: RewardModeling.Configuration, steps: Int = 6, to output: String = "reward",
        mode: RunFolder.Mode = .new, adapters: AdapterTraining = AdapterTraining()
    ) throws -> TrainingResult {
        var training = jobs.training(steps: steps, learningRate: 3e-3)
        training.train = [try rows()]
        training.evaluation = [try rows(6)]
        training.batchSize = 16
        training.checkpointEvery = 3
        return try RewardModeling.run(
            training, adapters: adapters, method: method, context: jobs.context(output, mode: mode))
    }

    private func metrics(_ output: String) throws -> [MetricsRecord] {
        try MetricsLog.read(URL(fileURLWithPath: jobs.folder.path(output + "/metrics.jsonl")))
    }

    private func scorer(_ argument: String) throws -> RewardModelScorer {
        let context = try jobs.context("none")
        return try RewardModelSource(argument, on: context.computation).load(on: context.computation)
    }

    private func answers(_ texts: String...) -> [RewardInput] {
        texts.map { RewardInput(prompt: .plain("Question 1? "), text: $0, isFinished: true) }
    }

    @Test func aMixtureIsLearnedRowByRow() throws {
        let result = try train(.init(), steps: 40)
        let found = try metrics("reward")
        let losses = found.compactMap { $0["loss"] }
        // An epoch has eleven steps; the south contradicts the others, so much of the loss stays.
        let epochs = [losses.prefix(11), losses.suffix(11)].map { Moments(Array($0)).mean }
        #expect(epochs[1] < epochs[0] - 0.05, "\(epochs)")
        let last = try #require(found.last)
        for name in [
            "accuracy", "margin", "thumbs/accuracy", "ratings/distance", "eval_loss", "eval_accuracy",
        ] {
            #expect(last[name] != nil, "\(name)")
        }
        let description = try #require(try RewardDescription(in: URL(fileURLWithPath: result.model)))
        #expect(description.aspects == ["LABEL_0"] && description.groups == nil)
        #expect(description.likelihood.ratings.map(\.scale.levelCount) == [4])
        #expect(description.likelihood.logTies?.first?.count == 1)
        #expect(description.lengthBaseline != nil)
        // The north is twice as many.
        let scores = try scorer(result.model).scores(of: answers("yes", "no")).compactMap(\.self)
        #expect(scores[0] > scores[1])
    }

    @Test func aspectsHaveHeadsOfTheirOwn() throws {
        var method = RewardModeling.Configuration()
        method.aspects = ["helpful", "safe"]
        let result = try train(method)
        let folder = URL(fileURLWithPath: result.model)
        let configuration = try ModelConfiguration(contentsOf: folder.appendingPathComponent("config.json"))
        #expect(configuration.labels == ["helpful", "safe"])
        #expect(try metrics("reward").last?["accuracy/safe"] != nil)
        let both = try scorer(result.model).scores(of: answers("yes")).compactMap(\.self)
        let each = try ["helpful", "safe"].map {
            try #require(try scorer("\(result.model):weights=\($0)").scores(of: answers("yes"))[0])
        }
        expectClose(both[0], (each[0] + each[1]) / 2, relative: 1e-6)
        #expect(throws: InvalidSetting.self) { try scorer("\(result.model):weights=kind") }
        // A row about something else is dropped and counted.
        method.aspects = ["safe"]
        let half = try train(method, to: "half")
        #expect(half.dropped?.contains("about another aspect") == true)
    }

    @Test func groupsHaveHeadsHeldToTheSharedOne() throws {
        var method = RewardModeling.Configuration()
        method.groups = .group
        method.groupShrinkage = 0.1
        let result = try train(method, steps: 60)
        func difference(_ options: String) throws -> Double {
            let scores = try scorer(result.model + options).scores(of: answers("yes", "no")).compactMap(
                \.self)
            return scores[0] - scores[1]
        }
        let (north, south) = (try difference(":group=north"), try difference(":group=south"))
        #expect(north > 0 && south < 0, "north \(north), south \(south)")
        expectClose(try difference(":group=mean"), (north + south) / 2, relative: 1e-4)
        let worst = try scorer(result.model + ":group=worst").scores(of: answers("yes"))
        let each = try ["north", "south"].map {
            try #require(try scorer(result.model + ":group=\($0)").scores(of: answers("yes"))[0])
        }
        #expect(worst[0] == each.min())
    }

    /// The scores that PPO learned from are those of the group to whom an answer is worth least.
    @Test func aPolicyIsTrainedForTheWorstOffGroup() throws {
        var method = RewardModeling.Configuration()
        method.groups = .group
        let model = try train(method).model + ":group=worst"
        var ppo = PPO.Configuration()
        ppo.rewards.rewardModel = model
        ppo.rollouts.prompts = [
            try write((1...4).map { "{\"prompt\": \"Question \($0)? \"}" }, "prompts.jsonl")
        ]
        ppo.rollouts.maximumNewTokens = 6
        ppo.rolloutBatch = 4
        _ = try PPO.run(
            jobs.training(steps: 1), adapters: jobs.lowRank, method: ppo, context: jobs.context("ppo"))
        let rows = try JSONLines(jobs.folder.url.appending(path: "ppo/samples.jsonl")).load(ResponsesRow.self)
        let answers = rows.flatMap { $0.row.rewardInputs() }
        let scores = rows.flatMap { $0.row.responses.compactMap { $0.extra["score"]?.number } }
        #expect(scores.count == 4)
        expectClose(scores, try scorer(model).scores(of: answers).compactMap(\.self), relative: 1e-5)
        let shared = try scorer(String(model.dropLast(":group=worst".count))).scores(of: answers)
        #expect(scores != shared.compactMap(\.self))
    }

    @Test func annotatorsErrorsAreEstimated() throws {
        var method = RewardModeling.Configuration()
        method.estimatesErrors = true
        let result = try train(method)
        let annotators = try #require(
            try RewardDescription(in: URL(fileURLWithPath: result.model))?.annotators)
        #expect(annotators.map(\.name) == ["ann", "bob", "cid"])
        // cid contradicts the others wherever they judged the same thumb.
        #expect(annotators[2].errorRate > 0.3 && annotators[0].errorRate < 0.2, "\(annotators)")
    }

    @Test func aNormaliserIsStored() throws {
        var method = RewardModeling.Configuration()
        method.normalize = [
            try write(
                ["yes", "no", "maybe"].map {
                    "{\"prompt\": \"Question 1? \", \"responses\": [{\"text\": \"\($0)\"}]}"
                },
                "references.jsonl")
        ]
        let result = try train(method)
        let plain = try scorer(result.model).scores(of: answers("yes", "no", "maybe")).compactMap(\.self)
        let normal = try scorer(result.model + ":normalize=true").scores(of: answers("yes", "no", "maybe"))
            .compactMap(\.self)
        let moments = Moments(plain)
        expectClose(normal, plain.map { ($0 - moments.mean) / moments.deviation }, relative: 1e-4)
        expectClose(Moments(normal).deviation, 1, relative: 1e-6)
    }

    @Test(arguments: [false, true]) func membersOfAnEnsembleDiffer(_ lowRank: Bool) throws {
        var method = RewardModeling.Configuration()
        method.ensemble = 3
        let result = try train(method, adapters: lowRank ? jobs.lowRank : AdapterTraining())
        let all = try scorer(result.model)
        #expect(all.members.count == 3 && result.steps == 18)
        let each = try #require(try all.memberScores(of: answers("yes"))[0])
        #expect(Set(each).count == 3)
        let moments = Moments(each)
        let cautious = try scorer(result.model + ":k=1").scores(of: answers("yes"))
        expectClose(try #require(cautious[0]), moments.mean - moments.deviation, relative: 1e-5)
        // A member is a reward model like any other.
        let member = try scorer(result.model + "/member-2").scores(of: answers("yes"))
        expectClose(try #require(member[0]), each[1], relative: 1e-6)
    }

    @Test func anEnsembleGoesOnWhereItWas() throws {
        var method = RewardModeling.Configuration()
        method.ensemble = 2
        let result = try train(method, to: "whole")
        let expected = try scorer(result.model).scores(of: answers("yes"))
        // As a process killed in the second member leaves it.
        _ = try train(method, to: "cut")
        let folder = jobs.folder.url.appendingPathComponent("cut")
        for path in ["final", "member-2/final", "member-2/checkpoint-6"] {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(path))
        }
        for path in ["run.json", "member-2/run.json"] {
            let file = folder.appendingPathComponent(path)
            let text = try String(contentsOf: file, encoding: .utf8)
            try Data(text.replacingOccurrences(of: "\"finished\"", with: "\"interrupted\"").utf8).write(
                to: file)
        }
        let resumed = try train(method, to: "cut", mode: .resume)
        #expect(try scorer(resumed.model).scores(of: answers("yes")) == expected)
    }

    /// Likelihoods and heads of groups come back bit by bit.
    @Test func aResumedRunIsTheSame() throws {
        var method = RewardModeling.Configuration()
        method.groups = .annotator
        method.aspects = ["helpful", "safe"]
        let whole = try train(method, to: "whole")
        _ = try train(method, to: "cut")
        let folder = jobs.folder.url.appendingPathComponent("cut")
        for path in ["final", "checkpoint-6"] {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(path))
        }
        let file = folder.appendingPathComponent("run.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "\"finished\"", with: "\"interrupted\"").utf8).write(to: file)
        let resumed = try train(method, to: "cut", mode: .resume)
        for name in ["model.safetensors", "group_heads.safetensors", "reward.json"] {
            let files = [whole, resumed].map { URL(fileURLWithPath: $0.model).appendingPathComponent(name) }
            #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]), "\(name)")
        }
        let (found, expected) = (try metrics("cut"), try metrics("whole"))
        #expect(found.map { $0["loss"] } == expected.map { $0["loss"] })
    }

    /// What rows of a shape become is refused where a loss is named.
    @Test func aNamedLossRefusesOtherShapes() throws {
        var method = RewardModeling.Configuration()
        method.loss = .binary
        let message = try #require(jobs.message { _ = try train(method) })
        #expect(message.contains("rows-24.jsonl:1") && message.contains("--loss auto"), "\(message)")
    }

    /// Two micro-batches of half the rows give the loss of one whole batch.
    @Test func theBatchSplitChangesNoLoss() throws {
        func firstStep(_ batchSize: Int, _ accumulation: Int) throws -> MetricsRecord {
            var method = RewardModeling.Configuration()
            method.groups = .group
            var training = jobs.training(steps: 1)
            training.train = [try rows()]
            training.batchSize = batchSize
            training.gradientAccumulationSteps = accumulation
            training.shuffle = false
            let output = "split-\(batchSize)"
            _ = try RewardModeling.run(
                training, adapters: AdapterTraining(), method: method, context: jobs.context(output))
            return try #require(try metrics(output).first)
        }
        let (whole, split) = (try firstStep(28, 1), try firstStep(14, 2))
        for name in ["loss", "grad_norm"] {
            expectClose(try #require(split[name]), try #require(whole[name]), relative: 1e-4, name)
        }
    }
}
