import Foundation
import JSON
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Training

@testable import Methods

/// Runs of PPO and GRPO on a tiny model, and what they say of themselves.
@Suite(.serialized) struct WatchedRunTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns(prompts: 10) }

    private var ppo: PPO.Configuration {
        var method = PPO.Configuration()
        method.rewards.rewards = ["concise:enough=1"]
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 8
        (method.rolloutBatch, method.ppoEpochs) = (4, 1)
        return method
    }

    private var grpo: GRPO.Configuration {
        var method = GRPO.Configuration()
        method.rewards.rewards = ["concise:enough=1"]
        method.rollouts.prompts = [jobs.folder.path("prompts.jsonl")]
        method.rollouts.maximumNewTokens = 8
        method.groupSize = 4
        return method
    }

    @discardableResult
    private func run<Method: TrainingMethod>(
        _ type: Method.Type, _ method: Method.Configuration, steps: Int, learningRate: Double = 1e-3,
        output: String, mode: RunFolder.Mode = .new, printing: PrintedLines = PrintedLines()
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: steps, learningRate: learningRate)
        training.checkpointEvery = 2
        _ = try Method.run(
            training, adapters: jobs.lowRank, method: method,
            context: jobs.context(output, mode: mode, progress: printing.display))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// What does not follow from a clock.
    private func metrics(_ records: [MetricsRecord]) -> [[MetricsRecord.Metric]] {
        records.map { $0.metrics.filter { $0.name != "step_time" } }
    }

    private func weights(_ output: String) throws -> Data {
        try jobs.folder.data("\(output)/final/adapter_model.safetensors")
    }

    // MARK: Before the first update

    /// The look at what is to come changes nothing of it, bit by bit.
    @Test func preflightLeavesTheRunAsItIs() throws {
        var (ppo, grpo) = (ppo, grpo)
        for preflight in [true, false] {
            ppo.rollouts.watching.preflight = preflight
            grpo.rollouts.watching.preflight = preflight
            try run(PPO.self, ppo, steps: 3, output: "ppo-\(preflight)")
            try run(GRPO.self, grpo, steps: 3, output: "grpo-\(preflight)")
        }
        for name in ["ppo", "grpo"] {
            let logs = try ["true", "false"].map {
                try MetricsLog.read(jobs.folder.url.appending(path: "\(name)-\($0)/metrics.jsonl"))
            }
            #expect(metrics(logs[0]) == metrics(logs[1]))
            #expect(try weights("\(name)-true") == weights("\(name)-false"))
            #expect(
                try jobs.folder.data("\(name)-true/samples.jsonl")
                    == jobs.folder.data("\(name)-false/samples.jsonl"))
            #expect(!jobs.folder.holds("\(name)-false/preflight.json"))
        }
        let report = try JSONDecoder().decode(
            PreflightReport.self, from: jobs.folder.data("grpo-true/preflight.json"))
        #expect(report.prompts == 10 && report.answers == 40 && report.tooEasy != nil)
        #expect(report.rewards.map(\.name) == ["concise"] && (report.estimate?.seconds ?? 0) > 0)
        // Nobody asked, and ten prompts are more than a tenth of twelve answers.
        try run(PPO.self, self.ppo, steps: 3, output: "short")
        #expect(!jobs.folder.holds("short/preflight.json"))
    }

    /// 80 answers leave room for 8 prompts, which is the least.
    @Test func preflightComesWhereItCostsLittle() throws {
        let printed = PrintedLines()
        try run(PPO.self, ppo, steps: 20, output: "long", printing: printed)
        let report = try JSONDecoder().decode(
            PreflightReport.self, from: jobs.folder.data("long/preflight.json"))
        #expect(report.prompts == 8)
        #expect(printed.all.count { $0.hasPrefix("before the first update: 8 prompts, 8 answers") } == 1)
        let notes = try RunManifest(contentsOf: jobs.folder.url.appending(path: "long/run.json")).notes
        #expect(notes.count { $0.hasPrefix("before the first update: ") } == report.warnings.count)
    }

    @Test func whatReplayCannotDoIsRefused() throws {
        var replay = grpo
        (replay.rewards.rewards, replay.rollouts.prompts) = ([], [])
        replay.rollouts.replay = Fixtures.golden("grpo/rollouts.jsonl").path
        replay.rollouts.watching.preflight = true
        #expect(throws: InvalidSetting.self) { try replay.rollouts.validate() }
        replay.rollouts.watching.preflight = nil
        replay.rollouts.watching.scoresSampledTokens = true
        #expect(throws: InvalidSetting.self) { try replay.rollouts.validate() }
        var far = grpo
        far.rollouts.watching.klBudget = 1
        let message = jobs.message { try run(GRPO.self, far, steps: 1, output: "far") }
        #expect(message?.hasPrefix("kl_budget: expected none without a reference") == true)
    }

    // MARK: On-policy

    @Test func aRunSaysWhetherItIsOnPolicy() throws {
        let printed = PrintedLines()
        let records = try run(GRPO.self, grpo, steps: 5, output: "run", printing: printed)
        let statements = printed.all.filter { $0.hasPrefix("on-policy: ") }
        #expect(statements.count == 1 && statements[0].contains("of the first 3 batches"))
        #expect(statements[0].contains("fp32"))
        let notes = try RunManifest(contentsOf: jobs.folder.url.appending(path: "run/run.json")).notes
        #expect(notes.contains(statements[0]))
        #expect(records.map { $0["on_policy/tokens"] != nil } == [true, true, true, false, false])
        // The third batch was sampled after two updates, from the weights that score it.
        for record in records.prefix(3) {
            #expect(try #require(record["on_policy/difference_max"]) < 1e-4)
            #expect(try #require(record["completions/distinct_2"]) > 0)
        }
    }

    /// Two steps a batch: before the first of them ratios are 1 to the bit, to the sampler's recorded log-probabilities and to
    /// the policy's own, which no ratio may leave by even the least without being counted; before the second they are not.
    @Test func scoredTokensBeginAtRatioOne() throws {
        var method = grpo
        method.rolloutBatch = 8
        method.objective.epsilon = 1e-9
        method.objective.correction.mode = .tokenTruncate
        func measured(_ output: String, _ name: String) throws -> [Double] {
            try run(GRPO.self, method, steps: 2, output: output).compactMap { $0[name] }
        }
        let ratio = "sampling/importance_sampling_ratio"
        #expect(try measured("sampled", "\(ratio)/max")[0] != 1)
        method.rollouts.watching.scoresSampledTokens = true
        for name in ["min", "mean", "max"] {
            #expect(try measured("scored-\(name)", "\(ratio)/\(name)") == [1])
        }
        let clipped = try measured("clipped", "clip_ratio/region_mean")
        #expect(clipped.count == 2 && clipped[0] == 0 && clipped[1] > 0)
    }

    @Test func ppoBeginsAtRatioOne() throws {
        var method = ppo
        method.rolloutBatch = 16
        method.rollouts.watching.scoresSampledTokens = true
        let record = try run(PPO.self, method, steps: 1, output: "run")[0]
        #expect(record["val/ratio"] == 1 && record["val/ratio_var"] == 0)
        #expect(record["policy/approxkl_avg"] == 0)
    }

    // MARK: The budget

    /// A policy that runs away ends at its budget, with the best model within; and so does one that is killed on its way.
    @Test func aBudgetEndsTheRun() throws {
        var method = ppo
        method.rollouts.watching.klBudget = 0.5
        method.klCoefficient = 0
        let printed = PrintedLines()
        let records = try run(
            PPO.self, method, steps: 40, learningRate: 3e-2, output: "run", printing: printed)
        #expect(records.count < 40)
        let distances = records.compactMap { $0["objective/kl"] }
        func mean(upTo count: Int) -> Double {
            let part = distances[..<count].suffix(5)
            return part.reduce(0, +) / Double(part.count)
        }
        #expect(mean(upTo: records.count) > 0.5 && mean(upTo: records.count - 1) <= 0.5)
        #expect(printed.all.contains { $0.hasPrefix("ended after step \(records.count): the KL is ") })
        let alarms = try StepLog.read(jobs.folder.url.appending(path: "run/alarms.jsonl"))
        #expect(alarms.contains { $0["name"] == "kl budget" && $0["step"] == .integer(records.count) })

        // The best of the mean scores over five steps, among those within the budget.
        let scores = records.compactMap { $0["objective/scores"] }
        let means = (1..<records.count).map { count in
            let part = scores[..<count].suffix(5)
            return part.reduce(0, +) / Double(part.count)
        }
        let best =
            1 + (means.indices.max { means[$0] < means[$1] || (means[$0] == means[$1] && $0 > $1) } ?? 0)
        #expect(printed.all.contains("the best objective/scores within the budget was after step \(best)"))
        let kept = try jobs.folder.data("run/checkpoint-\(best)/adapter_model.safetensors")
        let whole = try (weights("run"), jobs.folder.data("run/alarms.jsonl"))
        #expect(whole.0 == kept)

        // As a process leaves it that is killed before the last checkpoint.
        for item in ["final", "checkpoint-\(records.count)"] {
            try FileManager.default.removeItem(atPath: jobs.folder.path("run/\(item)"))
        }
        let manifest = try jobs.folder.text("run/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "run/run.json")
        let resumed = try run(
            PPO.self, method, steps: 40, learningRate: 3e-2, output: "run", mode: .resume)
        #expect(metrics(resumed) == metrics(records))
        #expect(try weights("run") == whole.0)
        #expect(try jobs.folder.data("run/alarms.jsonl") == whole.1)
    }
}
