import Datasets
import Foundation
import Methods
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing

@testable import Training

/// The policy answers, a judge compares, the policy learns, and again.
@Suite(.serialized) struct PreferenceRoundsTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        let prompts = (1...3).map { #"{"prompt": "Question \#($0): why?"}"# }
        try jobs.folder.write(prompts.joined(separator: "\n"), to: "prompts.jsonl")
    }

    private func method(judge: String = "concise:enough=1", rounds: Int = 2) -> DPO.Configuration {
        var method = DPO.Configuration()
        method.rounds.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rounds.judge = [judge]
        method.rounds.rounds = rounds
        method.rounds.sampler.answersPerPrompt = 3
        method.rounds.sampler.maximumNewTokens = 8
        return method
    }

    private func run(
        _ method: DPO.Configuration, output: String, mode: RunFolder.Mode = .new,
        adapters: AdapterTraining? = nil
    ) throws -> TrainingResult {
        var training = jobs.training(steps: 2)
        training.checkpointEvery = 1
        return try DPO.run(
            training, adapters: adapters ?? jobs.lowRank, method: method,
            context: jobs.context(output, mode: mode))
    }

    @Test func everyRoundBeginsWithThePolicyOfTheLast() throws {
        let result = try run(method(), output: "out")
        #expect(result.steps == 4 && result.notes != nil)
        let last = try jobs.folder.data("out/round-2/training/final/adapter_model.safetensors")
        #expect(try jobs.folder.data("out/final/adapter_model.safetensors") == last)
        #expect(try jobs.folder.data("out/round-1/training/final/adapter_model.safetensors") != last)
        #expect(jobs.folder.holds("out/final/tokenizer.json"))
        let answers = try ["round-1", "round-2"].map { try jobs.folder.text("out/\($0)/responses.jsonl") }
        #expect(answers[0] != answers[1])

        let rounds = try MetricsLog.read(jobs.folder.url.appending(path: "out/metrics.jsonl"))
        #expect(rounds.map(\.step) == [1, 2] && rounds.allSatisfy { $0["comparisons"] ?? 0 > 0 })
        #expect(rounds.allSatisfy { $0["score"] != nil && $0["logps/rejected"] != nil })

        // The reference stays the start: the second round begins away from it.
        let second = try MetricsLog.read(
            jobs.folder.url.appending(path: "out/round-2/training/metrics.jsonl"))
        #expect(second.first?["rewards/margins"] != 0)
    }

    @Test func wholeModelsGoOnToo() throws {
        let result = try run(method(), output: "full", adapters: AdapterTraining())
        #expect(jobs.folder.holds("full/final/model.safetensors") && result.steps == 4)
    }

    /// Whatever a killed process has left, the same command goes on to the same end.
    @Test(arguments: [
        ["round-2", "final"], ["round-2/training", "final"],
        ["round-2/judgments.jsonl", "round-2/training", "final"],
        ["round-2/training/final", "round-2/training/checkpoint-2", "final"], ["final"],
    ]) func theSameCommandGoesOn(_ missing: [String]) throws {
        _ = try run(method(), output: "out")
        let metrics = try jobs.folder.text("out/metrics.jsonl")
        let weights = try jobs.folder.data("out/final/adapter_model.safetensors")
        for item in missing { try FileManager.default.removeItem(atPath: jobs.folder.path("out/\(item)")) }
        for manifest in ["out/run.json", "out/round-2/training/run.json"] where jobs.folder.holds(manifest) {
            guard manifest == "out/run.json" || missing.contains("round-2/training/final") else { continue }
            let running = try jobs.folder.text(manifest)
                .replacingOccurrences(of: #""finished""#, with: #""running""#)
            try jobs.folder.write(running, to: manifest)
        }
        _ = try run(method(), output: "out")
        #expect(try jobs.folder.data("out/final/adapter_model.safetensors") == weights)
        let again = try jobs.folder.text("out/metrics.jsonl")
        func numbers(_ text: String) throws -> [Substring] {
            text.split(separator: ",").filter { !$0.contains("seconds") }
        }
        #expect(try numbers(again) == numbers(metrics))
        // At its end it is a run like any other.
        let message = jobs.message { _ = try run(method(), output: "out") }
        #expect(message?.contains("holds a run already (finished") == true)
    }

    @Test func peopleAreWaitedFor() throws {
        let method = method(judge: PreferenceRounds.people, rounds: 1)
        let message = jobs.message { _ = try run(method, output: "out") }
        #expect(message?.hasPrefix("round 1: the answers are in ") == true)
        let answers = try JSONLines(jobs.folder.url.appending(path: "out/round-1/responses.jsonl"))
            .load(ResponsesRow.self).map(\.row)
        let judged = answers.map { row in
            ComparisonRow(
                prompt: row.prompt, chosen: row.prompt.answer(row.responses[0].text + "!"),
                rejected: row.prompt.answer(row.responses[1].text))
        }
        let writer = try JSONLinesWriter(jobs.folder.url.appending(path: "out/round-1/judgments.jsonl"))
        for row in judged { try writer.append(row) }
        try writer.finish()
        #expect(try run(method, output: "out").steps == 2)
        let rounds = try MetricsLog.read(jobs.folder.url.appending(path: "out/metrics.jsonl"))
        #expect(rounds.first?["comparisons"] == 3 && rounds.first?["score"] == nil)
    }

    @Test func peopleAreToldNothingOfHowRewardsJudge() {
        for (key, change) in [
            ("judge_error", { $0.judgeError = 0.1 }), ("reward_weights", { $0.weights = [1] }),
            ("pairs", { $0.pairs = .extremes }),
        ] as [(String, (inout PreferenceRounds) -> Void)] {
            var rounds = PreferenceRounds()
            rounds.prompts = ["p"]
            change(&rounds)
            #expect(throws: Never.self) { try rounds.validate() }
            rounds.judge = [PreferenceRounds.people]
            let error = #expect(throws: InvalidSetting.self) { try rounds.validate() }
            #expect(error?.key == key)
        }
    }

    @Test func aJudgeWithoutOpinionsIsNamed() throws {
        // Nothing is longer than enough, so everything scores alike.
        let message = jobs.message {
            _ = try run(method(judge: "concise:enough=1000,unfinished=0,repetition=0"), output: "out")
        }
        #expect(message?.contains("one who tells at least two answers of round 1 apart") == true)
    }

    @Test func givenRowsAreRefused() throws {
        var training = jobs.training("dpo/preference_plain.jsonl", steps: 1)
        training.batchSize = 2
        let message = jobs.message {
            _ = try DPO.run(
                training, adapters: jobs.lowRank, method: method(), context: jobs.context("out"))
        }
        #expect(message?.contains("train: expected nothing beside --prompts") == true)
    }
}
