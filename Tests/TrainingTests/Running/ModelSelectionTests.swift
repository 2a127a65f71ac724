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
import Torch

@testable import Training

/// The best model, an early end, and how many checkpoints stay.
@Suite(.serialized) struct ModelSelectionTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    // MARK: What evaluations decide

    private func record(_ values: [Double], _ selection: ModelSelection) throws -> (
        improvements: [Bool], record: EvaluationRecord
    ) {
        var record = EvaluationRecord()
        let improvements = try values.enumerated().map { step, value in
            try record.record(Metrics([selection.metricName: value]), step: step + 1, selection)
        }
        return (improvements, record)
    }

    @Test func lossesAreBetterWhenLowerAndOthersWhenHigher() throws {
        var selection = ModelSelection()
        selection.patience = 2
        let (loss, record) = try record([3, 2, 2, .nan, 1.5], selection)
        #expect(loss == [true, true, false, false, true])
        #expect(record.bestStep == 5 && record.bestValue == 1.5 && !record.hasEnded(selection))
        selection.metric = "rewards/accuracies"
        let (accuracy, ended) = try self.record([0.5, 0.75, 0.75, 0.6], selection)
        #expect(accuracy == [true, true, false, false])
        #expect(ended.bestStep == 2 && ended.hasEnded(selection))
        for metric in ["teacher_kl", "eval_teacher_kl/a.jsonl", "span_gap", "bits_per_byte"] {
            selection.metric = metric
            #expect(try self.record([3, 2], selection).improvements == [true, true], "\(metric)")
        }
        selection.metric = "rewards/accuracies"
        selection.greaterIsBetter = false
        #expect(try self.record([0.5, 0.75], selection).improvements == [true, false])
        selection.threshold = 0.2
        #expect(try self.record([0.5, 0.4, 0.2], selection).improvements == [true, false, true])
        #expect(try self.record([.nan, .infinity, 1], selection).improvements == [false, false, true])
    }

    @Test func anUnknownMetricIsNamedWithThoseThereAre() {
        var selection = ModelSelection()
        selection.metric = "acuracy"
        var record = EvaluationRecord()
        let error = #expect(throws: InvalidSetting.self) {
            try record.record(Metrics(["eval_loss": 1, "eval_accuracy": 2]), step: 1, selection)
        }
        #expect(error?.description == "keep_best: expected one of loss, accuracy, found acuracy")
    }

    /// A misspelt name is told before the first step, with those that there are; every name that there is will do.
    @Test func theMetricIsLookedForBeforeTheFirstStep() throws {
        var training = try overfitting(steps: 1)
        training.selection.metric = "acuracy"
        let message = jobs.message { _ = try run(training, output: "misspelt") }
        #expect(
            message == "keep_best: expected one of loss, entropy, mean_token_accuracy, found acuracy",
            "\(message ?? "")")
        #expect(!jobs.folder.holds("misspelt/metrics.jsonl"))
        for metric in ["mean_token_accuracy", "eval_mean_token_accuracy"] {
            training.selection.metric = metric
            #expect(try run(training, output: metric).count == 1)
        }
    }

    @Test func withoutRowsToEvaluateOnNothingCanBeDecided() {
        for change in [{ $0.metric = "loss" }, { $0.patience = 1 }] as [(inout ModelSelection) -> Void] {
            var training = jobs.training("sft/prompt_completion.jsonl", steps: 2)
            change(&training.selection)
            let message = jobs.message { _ = try run(training, output: "refused") }
            #expect(message?.hasSuffix("expected rows to evaluate on (--eval FILE), found none") == true)
            #expect(!jobs.folder.holds("refused"))
        }
    }

    // MARK: Runs

    @discardableResult
    private func run(
        _ training: TrainingConfiguration, output: String, mode: RunFolder.Mode = .new
    ) throws -> [MetricsRecord] {
        _ = try SFT.run(
            training, adapters: AdapterTraining(), method: SFT.Configuration(),
            context: jobs.context(output, mode: mode))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// Learns a few rows by heart at a rate that spoils what it does on others.
    private func overfitting(steps: Int) throws -> TrainingConfiguration {
        let lines = try String(contentsOf: Fixtures.golden("sft/prompt_completion.jsonl"), encoding: .utf8)
            .split(separator: "\n")
        try jobs.folder.write(lines.prefix(8).joined(separator: "\n"), to: "train.jsonl")
        try jobs.folder.write(lines.dropFirst(8).prefix(8).joined(separator: "\n"), to: "eval.jsonl")
        var training = jobs.training(steps: steps, learningRate: 3e-2)
        training.train = [jobs.folder.path("train.jsonl")]
        training.evaluation = [jobs.folder.path("eval.jsonl")]
        training.schedule = .constant
        training.evaluateEvery = 1
        training.checkpointEvery = 3
        return training
    }

    private func best(_ records: [MetricsRecord]) -> Int? {
        records.compactMap { record in record["eval_loss"].map { (record.step, $0) } }
            .min { $0.1 < $1.1 }?.0
    }

    private func weights(_ path: String) throws -> Data {
        try jobs.folder.data("\(path)/model.safetensors")
    }

    @Test func theBestModelIsFinalAndAKilledRunFindsTheSame() throws {
        var training = try overfitting(steps: 12)
        training.selection.metric = "loss"
        training.keepCheckpoints = 1
        let whole = try run(training, output: "run")
        let step = try #require(best(whole))
        #expect(step > 1 && step < 12, "the best step is \(step): there is nothing to tell apart")
        #expect(try weights("run/final") == weights("run/checkpoint-\(step)"))
        #expect(try weights("run/final") != weights("run/checkpoint-12"))
        let kept = try RunFolder.checkpoints(in: jobs.folder.url.appending(path: "run")).map(\.step)
        #expect(kept == [step, 12])

        // As a process leaves it that is killed in its last step: the checkpoint before has not been written by `run`.
        let final = try weights("run/final")
        training.keepCheckpoints = nil
        let again = try run(training, output: "killed")
        #expect(again.map(\.metrics) == whole.map(\.metrics))
        for item in ["final", "checkpoint-12"] {
            try FileManager.default.removeItem(atPath: jobs.folder.path("killed/\(item)"))
        }
        try markAsRunning("killed")
        let resumed = try run(training, output: "killed", mode: .resume)
        #expect(resumed.map(\.metrics) == whole.map(\.metrics))
        #expect(try weights("killed/final") == final)
    }

    @Test func patienceEndsTheRunAndAResumedOneAtTheSameStep() throws {
        var training = try overfitting(steps: 40)
        training.selection.patience = 2
        training.keepCheckpoints = nil
        let records = try run(training, output: "run")
        let step = try #require(best(records))
        #expect(records.count == step + 2 && records.count < 40)
        // Without a metric to keep, final/ is the last model.
        #expect(try weights("run/final") == weights("run/checkpoint-\(records.count)"))

        // Killed after its last step, before final/ was written: it does not go on.
        try FileManager.default.removeItem(atPath: jobs.folder.path("run/final"))
        try markAsRunning("run")
        #expect(try run(training, output: "run", mode: .resume).map(\.metrics) == records.map(\.metrics))
        #expect(try weights("run/final") == weights("run/checkpoint-\(records.count)"))
    }

    @Test func asManyCheckpointsStayAsWanted() throws {
        var training = try overfitting(steps: 6)
        training.checkpointEvery = 1
        for (count, steps) in [(3, [4, 5, 6]), (nil, Array(1...6))] as [(Int?, [Int])] {
            training.keepCheckpoints = count
            let output = "keep-\(count ?? 0)"
            try run(training, output: output)
            let kept = try RunFolder.checkpoints(in: jobs.folder.url.appending(path: output))
            #expect(kept.map(\.step) == steps)
        }
    }

    private func markAsRunning(_ output: String) throws {
        let manifest = try jobs.folder.text("\(output)/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "\(output)/run.json")
    }
}
