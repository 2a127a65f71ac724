import Foundation
import Models
import Rewards
import RunTestSupport
import Runs
import TestSupport
import Testing
import Training

@testable import Methods

/// Whole runs on a tiny model whose prompts are chosen by what was learned from them: refills, a curriculum, greedy baselines.
@Suite(.serialized) struct DrawnPromptsTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns(prompts: 6) }

    /// Right or wrong by the number of letters; like a process that is killed, it ends with an error when it is asked too often.
    private struct Parity: Reward, Sendable {
        struct Killed: Error {}

        final class Calls: @unchecked Sendable {
            var count = 0
        }

        let name = "parity"
        let description = "A program that counts."
        let calls = Calls()
        /// The call at which it ends.
        var end = Int.max

        func scores(of inputs: [RewardInput]) throws -> [Double?] {
            calls.count += 1
            if calls.count >= end { throw Killed() }
            return inputs.map { $0.text.utf8.count % 3 == 0 ? 1 : 0 }
        }
    }

    private var method: GRPO.Configuration {
        var method = GRPO.Configuration()
        method.rewards.rewards = ["parity"]
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 6
        method.groupSize = 2
        return method
    }

    /// Four steps of two groups, with a checkpoint after each.
    @discardableResult
    private func run(
        _ method: GRPO.Configuration, output: String, mode: RunFolder.Mode = .new, reward: Parity = Parity()
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: 4)
        training.checkpointEvery = 1
        var context = try jobs.context(output, mode: mode)
        context.rewards = RewardCatalogue(entries: [.init(name: "parity", temperature: 1) { _ in reward }])
        _ = try GRPO.run(training, adapters: jobs.lowRank, method: method, context: context)
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func measured(_ records: [MetricsRecord]) -> [[MetricsRecord.Metric]] {
        records.map { $0.metrics.filter { $0.name != "step_time" } }
    }

    private func weights(_ output: String) throws -> Data {
        try jobs.folder.data("\(output)/final/adapter_model.safetensors")
    }

    private func notes(_ output: String) throws -> [String] {
        try RunManifest(contentsOf: jobs.folder.url.appending(path: "\(output)/run.json")).notes
    }

    @Test func refillsKeepTheBatchAndAreCounted() throws {
        var method = method
        method.refills = 20
        let records = try run(method, output: "run")
        let rows = try jobs.folder.text("run/samples.jsonl").split(separator: "\n")
        #expect(rows.count == 16)
        for record in records {
            #expect(record["reward"] == 0.5 && record["frac_reward_zero_std"] == 0)
            let drawn = try #require(record["refills/drawn"])
            let discarded = ["all_right", "all_wrong", "other"].compactMap { record["refills/\($0)"] }
            #expect(drawn == 2 + discarded.reduce(0, +) && record["refills/missing"] == 0)
        }
        let drawn = records.compactMap { $0["refills/drawn"] }.reduce(0, +)
        #expect(drawn > 8, "something must have been discarded for this to say anything")
        #expect(try notes("run").contains { $0.hasPrefix("dynamic sampling drew \(Int(drawn)) groups") })

        // What was learned from is replayed as any run is.
        var replay = method
        (replay.refills, replay.rollouts.prompts) = (0, [])
        replay.rollouts.replay = jobs.folder.path("run/samples.jsonl")
        let again = try run(replay, output: "again")
        for name in ["loss", "grad_norm", "reward", "entropy"] {
            #expect(records.map { $0[name] } == again.map { $0[name] }, "\(name)")
        }
    }

    @Test func withoutFurtherRefillsAStepLearnsFromWhatThereIs() throws {
        var method = method
        method.refills = 1
        // The reward never tells one from the other.
        method.rollouts.maximumNewTokens = 1
        let records = try run(method, output: "run", reward: Parity())
        let missing = records.compactMap { $0["refills/missing"] }.reduce(0, +)
        #expect(missing > 0 && records.map(\.step) == [1, 2, 3, 4])
        for record in records where record["refills/missing"] == 2 { #expect(record["loss"] == nil) }
        let ending = "groups still missing from their steps: \(Int(missing))"
        #expect(try notes("run").contains { $0.hasSuffix(ending) })
    }

    /// Killed while a step's groups are drawn, at its first draw and inside a refill, a run does the step over.
    @Test func aRunKilledInsideARefillGoesOn() throws {
        var method = method
        method.refills = 20
        method.rollouts.curriculum.band = [0.2, 0.8]
        let reward = Parity()
        let whole = try run(method, output: "whole", reward: reward)
        // One call a draw: those of the first two steps, and then the third's first draw and its first refill.
        let before = Int(whole.prefix(2).reduce(0) { $0 + 1 + ($1["refills/count"] ?? 0) })
        let inThird = Int(whole[2]["refills/count"] ?? 0)
        #expect(inThird > 0, "the third step must have a refill for this to say anything")
        for (name, call) in [("draw", before + 1), ("refill", before + 2)] {
            #expect(throws: Parity.Killed.self) {
                try run(method, output: name, reward: Parity(end: call))
            }
            #expect(jobs.folder.holds("\(name)/checkpoint-2/pass-rates.json"))
            let resumed = try run(method, output: name, mode: .resume)
            #expect(measured(resumed) == measured(whole), "\(name)")
            #expect(try weights(name) == weights("whole") && notes(name) == notes("whole"), "\(name)")
            #expect(
                try jobs.folder.text("\(name)/samples.jsonl") == jobs.folder.text("whole/samples.jsonl"))
        }
    }

    @Test func aCurriculumCountsItsPrompts() throws {
        var method = method
        method.rollouts.curriculum.band = [0.4, 0.6]
        for record in try run(method, output: "run") {
            let counts = ["below", "within", "above", "unseen"].compactMap { record["curriculum/\($0)"] }
            #expect(counts.count == 4 && counts.reduce(0, +) == 6, "\(counts)")
        }
        var training = jobs.training(steps: 1)
        training.shuffle = false
        method.rewards.rewards = ["concise"]
        #expect(
            jobs.message {
                _ = try GRPO.run(training, method: method, context: jobs.context("refused"))
            }
                == "curriculum: expected none beside shuffle: false, as it draws prompts by chance, found [0.4, 0.6]"
        )
    }

    /// One response a prompt is enough where the most probable one is what it is compared with.
    @Test func theMostProbableResponseIsScoredOnceAPrompt() throws {
        var method = method
        (method.baseline, method.groupSize) = (.greedy, 1)
        let reward = Parity()
        let records = try run(method, output: "run", reward: reward)
        #expect(reward.calls.count >= 8)
        for record in records {
            let greedy = try #require(record["reward_greedy"])
            #expect((0...1).contains(greedy) && record["reward"] != nil)
        }
        #expect(try run(method, output: "again").map { $0["loss"] } == records.map { $0["loss"] })
    }

    /// The weight of entropy is part of what a resumed run goes on with.
    @Test func anAdaptiveWeightOfEntropyIsResumed() throws {
        var method = method
        method.rollouts.maximumNewTokens = 4
        method.objective.entropy.isAdaptive = true
        method.objective.entropy.target = 100
        let whole = try run(method, output: "whole")
        expectClose(whole.compactMap { $0["entropy_coef"] }, [0.005, 0.01, 0.015, 0.02], relative: 1e-12)
        #expect(throws: Parity.Killed.self) { try run(method, output: "cut", reward: Parity(end: 3)) }
        let resumed = try run(method, output: "cut", mode: .resume)
        #expect(measured(resumed) == measured(whole))
        #expect(try weights("cut") == weights("whole"))
    }

    /// A row without the truth is refused before anything is sampled, wherever it stands.
    @Test(arguments: ["grpo", "ppo"]) func aMissingColumnIsNoticedFirst(_ verb: String) throws {
        let rows = (1...5).map { #"{"prompt": "What is \#($0)?", "answer": \#($0)}"# }
        try jobs.folder.write(
            (rows + [#"{"prompt": "And what is 6?"}"#]).joined(separator: "\n"), to: "prompts.jsonl")
        var training = jobs.training(steps: 4)
        training.shuffle = false
        let message = jobs.message {
            if verb == "grpo" {
                var method = method
                method.rewards.rewards = ["concise", "number"]
                _ = try GRPO.run(
                    training, adapters: jobs.lowRank, method: method, context: jobs.context("run"))
            } else {
                var method = PPO.Configuration()
                method.rewards.rewards = ["number"]
                method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
                method.rolloutBatch = 2
                _ = try PPO.run(
                    training, adapters: jobs.lowRank, method: method, context: jobs.context("run"))
            }
        }
        #expect(
            message?.contains("prompts.jsonl:6: expected the column \"answer\", which 'number'") == true,
            "\(message ?? "")")
        #expect((try? jobs.folder.text("run/samples.jsonl")) ?? "" == "")
    }

    @Test func truthsThatNobodyCanReadAreCounted() throws {
        let rows =
            [#"{"prompt": "a", "answer": "x y z"}"#]
            + (1...5).map { #"{"prompt": "\#($0)", "answer": \#($0)}"# }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "prompts.jsonl")
        var method = method
        method.rewards.rewards = ["number", "overlong:max=6,cache=3"]
        let result = try GRPO.run(
            jobs.training(steps: 1), adapters: jobs.lowRank, method: method, context: jobs.context("run"))
        #expect(
            result.notes?.contains {
                $0.hasPrefix("1 of 6 prompts have no truth that reward 'number' can read, such as ")
            } == true, "\(result.notes ?? [])")
    }
}
