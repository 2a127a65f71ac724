import Datasets
import Foundation
import LanguageModels
import Methods
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Tokenization

@testable import Training

/// Training on recorded responses in place of sampling.
@Suite struct ReplayTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        let prompts = (1...10).map { #"{"prompt": "Question \#($0): why?"}"# }
        try jobs.folder.write(prompts.joined(separator: "\n"), to: "prompts.jsonl")
    }

    private var method: PPO.Configuration {
        var method = PPO.Configuration()
        method.rewards.rewardModel = jobs.rewardModel
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rolloutBatch = 4
        method.ppoEpochs = 2
        method.minibatches = 2
        method.rollouts.maximumNewTokens = 12
        return method
    }

    private func replay(_ file: String) -> PPO.Configuration {
        var method = method
        method.rollouts.prompts = []
        method.rollouts.replay = jobs.folder.path(file)
        return method
    }

    /// What a run measured, without what it says of the policy's own sampling, of which a recording has none.
    private func run(_ method: PPO.Configuration, output: String) throws -> [MetricsRecord] {
        _ = try PPO.run(
            jobs.training(steps: 5), adapters: jobs.lowRank, method: method, context: jobs.context(output))
        let ofSampling: Set = ["completions/distinct_2", "completions/clipped_ratio"]
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl")).map {
            var record = $0
            record.metrics.removeAll { $0.name.hasPrefix("on_policy/") || ofSampling.contains($0.name) }
            return record
        }
    }

    /// Ten prompts in batches of four: the last batch of an epoch is a short one, and is again in the replay.
    @Test func aRunIsReplayedFromItsOwnSamples() throws {
        let first = try run(method, output: "first")
        let again = try run(replay("first/samples.jsonl"), output: "again")
        #expect(first.count == 5 && again.count == 5)
        for (sampled, replayed) in zip(first, again) {
            #expect(sampled.metrics == replayed.metrics && sampled.tokens == replayed.tokens)
        }
        #expect(
            try jobs.folder.text("first/samples.jsonl") == jobs.folder.text("again/samples.jsonl"))

        // The recorded scores stand in for the reward model.
        var scored = replay("first/samples.jsonl")
        scored.rewards.rewardModel = nil
        #expect(try run(scored, output: "scored").map(\.metrics) == first.map(\.metrics))

        // Other responses, another run.
        let lines = try jobs.folder.text("first/samples.jsonl").split(separator: "\n")
        try jobs.folder.write(lines.reversed().joined(separator: "\n"), to: "reversed.jsonl")
        #expect(try run(replay("reversed.jsonl"), output: "other").map(\.metrics) != first.map(\.metrics))
    }

    @Test func whatCannotBeScoredIsCounted() throws {
        _ = try run(method, output: "first")
        let lines = try jobs.folder.text("first/samples.jsonl").split(separator: "\n").map(String.init)
        let score = try Regex(#""score": ?[-0-9.e]+"#)
        let bare = lines.enumerated().map { index, line in
            index % 4 == 1 ? line.replacing(score, with: #""score":null"#) : line
        }
        #expect(bare.count { $0.contains("null") } == 5)
        try jobs.folder.write(bare.joined(separator: "\n"), to: "bare.jsonl")
        var replay = replay("bare.jsonl")
        replay.rewards.rewardModel = nil
        let result = try PPO.run(
            jobs.training(steps: 5), adapters: jobs.lowRank, method: replay, context: jobs.context("bare"))
        let counts = try MetricsLog.read(jobs.folder.url.appending(path: "bare/metrics.jsonl")).map {
            record in
            record.metrics.first { $0.name == "completions/unscored" }?.value
        }
        #expect(counts.compactMap(\.self).reduce(0, +) == 5 && counts.count == 5)
        #expect(result.dropped?.hasPrefix("5 responses taught nothing") == true)
    }

    @Test func whatSampleWritesCanBeReplayed() throws {
        var sampling = SampleConfiguration()
        sampling.model = jobs.model
        sampling.prompts = [jobs.folder.path("prompts.jsonl")]
        sampling.sampler.answersPerPrompt = 2
        sampling.sampler.maximumNewTokens = 12
        _ = try Sampling.run(sampling, context: jobs.context("responses.jsonl"))
        let rollouts = try recorded("responses.jsonl", batchSize: 8)
        #expect(rollouts.map(\.count) == [8, 8, 4])
        let rows = try JSONLines(jobs.folder.url.appending(path: "responses.jsonl")).load(ResponsesRow.self)
        let responses = rows.flatMap(\.row.responses)
        #expect(rollouts.joined().map(\.text) == responses.map(\.text))
        #expect(rollouts.joined().map(\.finish.rawValue) == responses.map(\.finish?.rawValue))
        #expect(rollouts.joined().map(\.row) == (0..<10).flatMap { [$0, $0] })
        #expect(rollouts[0][0].prompt.tokens == rows[0].row.promptTokens)
    }

    /// All batches of one pass over a file.
    private func recorded(
        _ file: String, temperature: Double = 1, batchSize: Int = 8, needsScores: Bool = false
    ) throws -> [[Rollout]] {
        let source = try ModelSource(jobs.model, role: "model", on: jobs.computation)
        let folder = URL(fileURLWithPath: jobs.folder.url.path + "/")
        let rollouts = try RecordedRollouts(
            JSONLines(URL(fileURLWithPath: file, relativeTo: folder)), for: source, temperature: temperature,
            batchSize: batchSize, needsScores: needsScores)
        let policy = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        return (0..<rollouts.stepsPerEpoch).map { _ in rollouts.nextBatch(from: policy, seed: 0) }
    }

    @Test func theGoldenRolloutsAreRead() throws {
        let file = Fixtures.golden("grpo/rollouts.jsonl")
        let batches = try recorded(file.path, needsScores: true)
        #expect(batches.map(\.count) == [8, 8, 8, 8])
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for (index, line) in lines.enumerated() {
            let golden = GoldenValue(
                try JSONSerialization.jsonObject(with: Data(line.utf8)), path: "\(index)")
            let rollouts = batches.joined().filter { $0.row == index }
            for (rollout, expected) in zip(rollouts, try golden["completions"].array) {
                #expect(try rollout.prompt.tokens == golden["prompt_ids"].ints)
                #expect(try rollout.response == expected["completion_ids"].ints)
                expectClose(try #require(rollout.score), try expected["reward"].double, relative: 1e-12)
                expectClose(
                    rollout.samplingLogProbabilities.map(Double.init),
                    try expected["sampling_logprobs"].doubles, relative: 1e-12)
                // Nobody recorded how they ended: by the stop token, which is 2, or by the budget.
                #expect(rollout.isFinished == (rollout.response.last == 2))
            }
        }
    }

    @Test func afterTheLastBatchComesTheFirst() throws {
        let source = try ModelSource(jobs.model, role: "model", on: jobs.computation)
        let rollouts = try RecordedRollouts(
            JSONLines(Fixtures.golden("grpo/rollouts.jsonl")), for: source, temperature: 1, batchSize: 20,
            needsScores: true)
        let policy = try LanguageModel.load(from: Fixtures.golden("tiny-llama"))
        let batches = (0..<3).map { _ in rollouts.nextBatch(from: policy, seed: 0).map(\.response) }
        #expect(batches[2] == batches[0] && batches[1] != batches[0])
        #expect(rollouts.epochsDone == 1.5 && rollouts.restore(.init(epoch: 0, position: 1)))
        #expect(rollouts.nextBatch(from: policy, seed: 0).map(\.response) == batches[1])
    }

    @Test func rowsThatDoNotFitAreNamed() throws {
        func message(_ row: String) throws -> String? {
            let good = #"{"prompt": "a", "responses": [{"tokens": [5], "logprobs": [-1], "score": 1}]}"#
            try jobs.folder.write("\(good)\n\(row)\n", to: "rows.jsonl")
            return jobs.message { _ = try recorded("rows.jsonl") }
        }
        #expect(
            try message(#"{"prompt": "a", "responses": [{"tokens": [5, 6], "logprobs": [-1]}]}"#)
                == "rows.jsonl:2: expected 2 numbers, one for each of the tokens, in \"logprobs\", found 1; "
                + "fix or remove the row")
        #expect(
            try message(
                #"{"prompt": "a", "completions": [{"completion_ids": [512], "sampling_logprobs": [-1]}]}"#)
                == "rows.jsonl:2: expected tokens from 0 to 511, the model's, in \"completion_ids\", found 512; "
                + "record the responses with this model's tokenizer")
        #expect(
            try message(#"{"prompt": "a", "responses": []}"#)?
                .contains("rows.jsonl:2: expected at least one response") == true)
        #expect(
            try message(#"{"prompt": "a", "completions": []}"#)?
                .contains(
                    #"rows.jsonl:2: expected at least one response in "completions", found an empty list"#)
                == true)
        #expect(
            try message(#"{"prompt": "a", "responses": [{"tokens": [], "logprobs": []}]}"#)?
                .contains(#"at least one token in "tokens", found none"#) == true)
        #expect(
            try message(
                #"{"prompt": "a", "responses": [{"tokens": [5], "logprobs": [-1], "finish": "eos"}]}"#)?
                .contains("stop, length or ended") == true)
        let long = Array(repeating: "5", count: 2_000).joined(separator: ",")
        #expect(
            try message(#"{"prompt": "a", "responses": [{"tokens": [\#(long)], "logprobs": [\#(long)]}]}"#)?
                .contains("the model's context") == true)
    }

    /// A response that could not be scored stays so; a file without any score needs a reward model.
    @Test func scoresMayBeMissingOneByOne() throws {
        let scored = #"{"prompt": "a", "responses": [{"tokens": [5], "logprobs": [-1], "score": 1}]}"#
        let unscored = #"{"prompt": "a", "responses": [{"tokens": [6], "logprobs": [-1], "score": null}]}"#
        try jobs.folder.write("\(scored)\n\(unscored)\n", to: "some.jsonl")
        #expect(try recorded("some.jsonl", needsScores: true)[0].map(\.score) == [1, nil])
        try jobs.folder.write("\(unscored)\n", to: "none.jsonl")
        #expect(
            jobs.message { _ = try recorded("none.jsonl", needsScores: true) }
                == "none.jsonl: expected responses with a score (\"score\" or \"reward\"), found none; "
                + "add the column, or give a --reward or a --reward-model")
    }

    /// A batch that could not be scored teaches nothing, and is a step all the same.
    @Test func aBatchWithoutScoresIsAStep() throws {
        let rows = [("null", 1), ("1", 2)].map { score, step in
            #"{"step": \#(step), "prompt": "a", "responses": [{"tokens": [5, 6], "logprobs": [-1, -1], "score": \#(score)}]}"#
        }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
        var method = replay("rows.jsonl")
        method.rewards.rewardModel = nil
        let records = try run(method, output: "run")
        #expect(records.map(\.step) == [1, 2, 3, 4, 5])
        #expect(records.map { $0["loss"] == nil } == [true, false, true, false, true])
    }

    @Test func settingsThatWouldChangeNothingAreRefused() throws {
        var both = replay("prompts.jsonl")
        both.rollouts.prompts = ["prompts.jsonl"]
        #expect(throws: InvalidSetting.self) { try both.rollouts.validate() }
        let training = jobs.training("sft/text.jsonl", steps: 1)
        let message = jobs.message {
            _ = try PPO.run(
                training, adapters: jobs.lowRank, method: method, context: jobs.context("refused"))
        }
        #expect(message?.hasPrefix("train: expected nothing: ppo learns from responses to --prompts") == true)
        #expect(!jobs.folder.holds("refused"))
    }
}
