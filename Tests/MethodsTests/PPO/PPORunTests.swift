import Foundation
import JSON
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Training

@testable import Methods

/// Whole runs of PPO on a tiny model, most of them on recorded responses.
@Suite(.serialized) struct PPORunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns(prompts: 10) }

    private var sampled: PPO.Configuration {
        var method = PPO.Configuration()
        method.rewards.rewards = ["concise:enough=1"]
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 8
        (method.rolloutBatch, method.ppoEpochs) = (4, 1)
        return method
    }

    private func replay(_ file: String, epochs: Int = 1) -> PPO.Configuration {
        var method = PPO.Configuration()
        method.rollouts.replay = jobs.folder.path(file)
        method.ppoEpochs = epochs
        return method
    }

    private func run(
        _ method: PPO.Configuration, steps: Int = 1, learningRate: Double = 1e-3, output: String,
        adapters: AdapterTraining? = nil,
        _ change: (inout TrainingConfiguration) -> Void = { _ in }
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: steps, learningRate: learningRate)
        change(&training)
        _ = try PPO.run(
            training, adapters: adapters ?? jobs.lowRank, method: method, context: jobs.context(output))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// Responses of two tokens, one row each: their scores, step by step.
    private func write(_ steps: [[String]], to file: String) throws {
        let rows = steps.enumerated().flatMap { step, scores in
            scores.enumerated().map { row, score in
                #"{"step": \#(step + 1), "prompt": "a", "responses": "#
                    + #"[{"tokens": [\#(5 + row), 2], "logprobs": [-6, -6], "score": \#(score)}]}"#
            }
        }
        try jobs.folder.write(rows.joined(separator: "\n") + "\n", to: file)
    }

    /// What a recording decides by itself is said where something else was asked for.
    @Test func whatReplayDecidesIsNoted() throws {
        try write([["1", "2"], ["3", "4"]], to: "rows.jsonl")
        func notes(_ output: String, _ change: (inout PPO.Configuration) -> Void) throws -> [String] {
            var method = replay("rows.jsonl")
            method.rolloutBatch = 2
            change(&method)
            let printed = PrintedLines()
            _ = try PPO.run(
                jobs.training(steps: 1), adapters: jobs.lowRank, method: method,
                context: jobs.context(output, progress: printed.display))
            return printed.all.filter { $0.contains("beside replay") || $0.contains("name their steps") }
        }
        #expect(try notes("as-recorded") { _ in } == [])
        #expect(
            try notes("longer") { $0.rollouts.maximumNewTokens = 99 } == [
                "max_new_tokens 99 changes nothing beside replay: recorded responses are as long as they are"
            ])
        let larger = try notes("larger") { $0.rolloutBatch = 8 }
        #expect(larger.count == 1 && larger[0].contains("of 2 responses: batches of 8 are for rows without"))
        // Without steps the rows are learned from in batches of that size.
        let text = try jobs.folder.text("rows.jsonl")
        try jobs.folder.write(text.replacing(try Regex(#""step": \d, "#), with: ""), to: "rows.jsonl")
        #expect(try notes("without-steps") { $0.rolloutBatch = 4 } == [])
    }

    /// Nothing can be said of it, and the weight of the penalty is not steered by it.
    @Test func aStepWithoutScoresMeasuresNothing() throws {
        try write([["null", "null"], ["1", "0"]], to: "rows.jsonl")
        var method = replay("rows.jsonl")
        method.targetKL = 6
        let records = try run(method, steps: 2, output: "run")
        #expect(records[0].metrics == [.init("completions/unscored", 2)])
        #expect(records[1]["objective/kl_coefficient"] == 0.05 && records[1]["completions/unscored"] == 0)
        #expect(records[1]["objective/kl"] != nil)
    }

    /// Ten responses in six minibatches, eight of them scored, three in six: the rate falls with every update that was
    /// asked for, and the last one has a twelfth, an eighteenth of it.
    @Test func theLearningRateReachesItsEnd() throws {
        let ten = Array(repeating: "1", count: 10)
        try write([ten, Array(ten.prefix(8)) + ["null", "null"]], to: "ten.jsonl")
        try write([ten, ["null"], ["1", "0", "1"]], to: "few.jsonl")
        for (file, steps) in [("ten.jsonl", 2), ("few.jsonl", 3)] {
            var method = replay(file)
            (method.rolloutBatch, method.minibatches) = (10, 6)
            let records = try run(method, steps: steps, learningRate: 1e-3, output: "run-\(steps)") {
                $0.schedule = .linear
            }
            let last = try #require(records.last?["learning_rate"])
            // The last of three responses in six minibatches is in the last of them.
            expectClose(last, 1e-3 / Double(6 * steps), relative: 1e-9, file)
        }
    }

    /// Twice as likely as they were when they were written: the ratio begins at 2 and not at 1.
    @Test func recordedProbabilitiesAreThoseOfTheRatio() throws {
        #expect(try run(sampled, learningRate: 1e-9, output: "first")[0]["val/ratio"] == 1)
        let rows = try jobs.folder.text("first/samples.jsonl").split(separator: "\n").map { line in
            guard case .object(var row) = try JSONValue(parsing: Data(line.utf8)),
                var response = row["responses"]?.array?.first?.object
            else { throw CocoaError(.fileReadCorruptFile) }
            let numbers = response["logprobs"]?.array?.compactMap(\.number) ?? []
            response["logprobs"] = .array(numbers.map { .number($0 - log(2)) })
            row["responses"] = [.object(response)]
            return JSONValue.object(row).text()
        }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "halved.jsonl")
        let record = try run(replay("halved.jsonl"), learningRate: 1e-9, output: "second")[0]
        expectClose(try #require(record["val/ratio"]), 2, relative: 1e-5)
        #expect(try #require(record["val/ratio_var"]) < 1e-10)
        // The policy is what it was: its distance from the reference is measured, and not taken from the record.
        #expect(record["objective/kl"] == 0)
    }

    @Test func responsesOfAnotherTemperatureAreRefused() throws {
        _ = try run(sampled, output: "first")
        var other = replay("first/samples.jsonl")
        other.rollouts.temperature = 1
        let message = jobs.message { _ = try run(other, output: "second") }
        #expect(
            message?.hasSuffix(
                "first/samples.jsonl:1: expected responses that were sampled at --temperature 1.0, found 0.7; "
                    + "give the temperature that they were sampled at, or leave the row out") == true)
    }

    @Test func whatComesBehindTheEndIsRefused() throws {
        func message(_ tokens: String, _ numbers: String) throws -> String? {
            let row =
                #"{"prompt": "a", "responses": [{"tokens": \#(tokens), "logprobs": \#(numbers), "score": 1}]}"#
            try jobs.folder.write(row, to: "rows.jsonl")
            return jobs.message { _ = try run(replay("rows.jsonl"), output: UUID().uuidString) }
        }
        #expect(try message("[5, 6, 2]", "[-1, -1, 0]") == nil)
        #expect(
            try message("[5, 2, 6]", "[-1, -1, -1]")?.contains("found 1 tokens behind the stop token 2")
                == true)
        // Probabilities in place of their logarithms.
        #expect(
            try message("[5, 2]", "[0.4, 0.1]")?.contains("logarithms of probabilities, at most 0,") == true)
    }

    /// A new critic says 0 of everything, and explains nothing of what differs.
    @Test func theCriticIsThatOfTheFormerRun() throws {
        let first = try run(sampled, steps: 3, learningRate: 1e-2, output: "first")
        #expect(first[0]["critic/vf_explained_var"] == 0)
        let second = try run(sampled, output: "second", adapters: AdapterTraining()) {
            $0.model = jobs.folder.path("first/final")
        }
        let fresh = try run(sampled, output: "third", adapters: AdapterTraining()) { training in
            training.model = jobs.folder.path("without")
            try? FileManager.default.copyItem(
                atPath: jobs.folder.path("first/final"), toPath: jobs.folder.path("without"))
            try? FileManager.default.removeItem(atPath: jobs.folder.path("without/value_head.safetensors"))
        }
        #expect(second[0]["critic/vf_explained_var"] != 0 && fresh[0]["critic/vf_explained_var"] == 0)
    }

    @Test func scoresAndPenaltiesAddUpAndTokensCountOnce() throws {
        try write([["1", "3"]], to: "rows.jsonl")
        let cut = try jobs.folder.text("rows.jsonl").replacingOccurrences(of: "[6, 2]", with: "[6, 7]")
        try jobs.folder.write(cut, to: "rows.jsonl")
        let record = try run(replay("rows.jsonl", epochs: 3), output: "run")[0]
        // 3 less the penalty of 1 for the response that does not end.
        #expect(record["objective/scores"] == 1.5)
        #expect(record["objective/rlhf_reward"] == 1.5 + (record["objective/non_score_reward"] ?? .nan))
        // The prompt is one token.
        #expect(record["num_tokens"] == 6)
    }

    /// Without shuffling nothing is drawn, so that the seed makes no difference.
    @Test func withoutShufflingResponsesKeepTheirOrder() throws {
        try write([["1", "0", "3", "2", "5"]], to: "rows.jsonl")
        func metrics(seed: Int, shuffle: Bool) throws -> [MetricsRecord.Metric] {
            var settings = jobs.settings(PPO.self, steps: 1, adapters: AdapterTraining())
            settings.method = replay("rows.jsonl", epochs: 2)
            settings.method.minibatches = 3
            settings.training.shuffle = shuffle
            var run = RunConfiguration()
            run.output = jobs.folder.path("run-\(seed)-\(shuffle)")
            (run.seed, run.device, run.precision) = (seed, "cpu", .float32)
            let context = try RunContext(verb: "ppo", run: run, settings: .object([:]))
            _ = try PPO.run(settings, context: context)
            return try MetricsLog.read(context.output().appending(path: "metrics.jsonl"))[0].metrics
        }
        #expect(try metrics(seed: 1, shuffle: false) == metrics(seed: 2, shuffle: false))
        #expect(try metrics(seed: 1, shuffle: true) != metrics(seed: 2, shuffle: true))
    }
}
