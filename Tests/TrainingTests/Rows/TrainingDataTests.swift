import Datasets
import Foundation
import Methods
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing

@testable import Training

/// Mixtures and streams in whole runs.
@Suite(.serialized) struct TrainingDataTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        for name in ["a", "b"] {
            let lines = (1...12).map { #"{"prompt": "\#(name)\#($0) is", "completion": " \#($0 * 7)."}"# }
            try jobs.folder.write(lines.joined(separator: "\n"), to: "\(name).jsonl")
        }
    }

    private func training(_ files: [String], steps: Int) -> TrainingConfiguration {
        var training = jobs.training(steps: steps)
        training.train = files.map { jobs.folder.path($0) }
        training.checkpointEvery = 1
        training.keepCheckpoints = nil
        return training
    }

    private func run(
        _ training: TrainingConfiguration, output: String, mode: RunFolder.Mode = .new
    ) throws -> [MetricsRecord] {
        _ = try SFT.run(
            training, adapters: jobs.lowRank, method: SFT.Configuration(),
            context: jobs.context(output, mode: mode))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// Goes on from `checkpoint-3`, as after a kill, to the same numbers and weights.
    private func expectExactResume(_ training: TrainingConfiguration, output: String) throws {
        let whole = try run(training, output: output)
        let weights = try jobs.folder.data("\(output)/final/adapter_model.safetensors")
        let lost = (4...(training.maximumSteps ?? 4)).map { "checkpoint-\($0)" }
        for item in ["final"] + lost {
            try FileManager.default.removeItem(atPath: jobs.folder.path("\(output)/\(item)"))
        }
        let manifest = try jobs.folder.text("\(output)/run.json")
            .replacingOccurrences(of: #""finished""#, with: #""running""#)
        try jobs.folder.write(manifest, to: "\(output)/run.json")
        let resumed = try run(training, output: output, mode: .resume)
        #expect(resumed.map(\.metrics) == whole.map(\.metrics))
        #expect(resumed.map(\.step) == Array(1...whole.count))
        #expect(try jobs.folder.data("\(output)/final/adapter_model.safetensors") == weights)
    }

    // MARK: Settings

    @Test func sharesStandBehindPaths() throws {
        var training = TrainingConfiguration(learningRate: 1)
        training.train = ["a.jsonl=0.7", "x=1/b.jsonl=3e-1", "odd=name.jsonl=2"]
        #expect(
            try training.trainingFiles == [
                DatasetEntry(path: "a.jsonl", fraction: 0.7),
                DatasetEntry(path: "x=1/b.jsonl", fraction: 0.3),
                DatasetEntry(path: "odd=name.jsonl", fraction: 2),
            ])
        #expect(training.trainingPaths == ["a.jsonl", "x=1/b.jsonl", "odd=name.jsonl"])
        training.train = ["odd=name.jsonl"]
        #expect(try training.trainingFiles == [DatasetEntry(path: "odd=name.jsonl")])
    }

    @Test func sharesThatMakeNoMixtureAreRefused() {
        func message(_ change: (inout TrainingConfiguration) -> Void) -> String? {
            var training = TrainingConfiguration(learningRate: 1)
            change(&training)
            return jobs.message { try training.validate() }
        }
        #expect(
            message { $0.train = ["a=1", "b"] }
                == "train: expected a share for every file or for none, found 1 for 2 files")
        #expect(message { $0.train = ["a=0"] } == "train: expected shares above 0, found 0.0")
        #expect(
            message {
                $0.train = ["a"]
                $0.datasets = [DatasetEntry(path: "b")]
            } == "datasets: expected either train or datasets, found both")
    }

    // MARK: Mixtures

    @Test func aMixtureTakesItsShares() throws {
        // 12 of the first and 4 of the second: 4 steps of 4 rows.
        var training = training(["a.jsonl=0.75", "b.jsonl=0.25"], steps: 1)
        training.maximumSteps = nil
        training.epochs = 1
        #expect(try run(training, output: "run").map(\.epoch) == [0.25, 0.5, 0.75, 1])
    }

    @Test func mixturesGoOnExactly() throws {
        try expectExactResume(training(["a.jsonl=0.75", "b.jsonl=0.25"], steps: 6), output: "run")
    }

    @Test func packedMixturesTakeTheirSharesToo() throws {
        var training = training(["a.jsonl=0.75", "b.jsonl=0.25"], steps: 1)
        training.epochs = 1
        training.maximumSteps = nil
        training.maximumLength = 512
        training.batchSize = 1
        var method = SFT.Configuration()
        method.packing.isOn = true
        _ = try SFT.run(
            training, adapters: jobs.lowRank, method: method, context: jobs.context("packed"))
        let packed = try MetricsLog.read(jobs.folder.url.appending(path: "packed/metrics.jsonl"))
        training.batchSize = 16
        let apart = try run(training, output: "apart")
        // The same 16 rows in one step, whichever way they lie.
        #expect(packed.count == 1 && apart.count == 1)
        expectClose(try #require(packed[0]["loss"]), try #require(apart[0]["loss"]), relative: 1e-5)
        #expect(packed[0].tokens == apart[0].tokens)
    }

    // MARK: Streams

    /// In file order a stream teaches what the same rows in memory teach.
    @Test func aStreamIsItsRows() throws {
        var training = training(["a.jsonl", "b.jsonl"], steps: 9)
        training.shuffle = false
        training.gradientAccumulationSteps = 2
        training.batchSize = 3
        let loaded = try run(training, output: "loaded")
        training.isStreaming = true
        #expect(try run(training, output: "streamed").map(\.metrics) == loaded.map(\.metrics))
    }

    @Test func streamsGoOnExactly() throws {
        for (output, files) in [("one", ["a.jsonl"]), ("mixed", ["a.jsonl=2", "b.jsonl=1"])] {
            var training = training(files, steps: 8)
            training.isStreaming = true
            training.shuffleBuffer = 5
            try expectExactResume(training, output: output)
        }
    }

    @Test func aStreamNeedsANumberOfSteps() throws {
        var training = training(["a.jsonl"], steps: 1)
        training.isStreaming = true
        training.maximumSteps = nil
        let message = jobs.message { _ = try run(training, output: "refused") }
        #expect(message?.hasSuffix("(--max-steps N), found nothing") == true)
        #expect(!jobs.folder.holds("refused"))
    }

    @Test func aStreamWithoutAnythingToLearnEnds() throws {
        var training = training(["a.jsonl"], steps: 1)
        training.isStreaming = true
        training.maximumLength = 2
        let message = jobs.message { _ = try run(training, output: "empty") }
        #expect(message?.contains("expected at least one row to learn from, found none") == true)
    }

    // MARK: Evaluation

    /// The loss on the evaluation rows is that of all their tokens, however they are batched.
    @Test func evaluationDoesNotDependOnTheBatchSize() throws {
        let lines = (1...7).map {
            #"{"prompt": "a", "completion": "\#(String(repeating: " b", count: $0 * $0))"}"#
        }
        try jobs.folder.write(lines.joined(separator: "\n"), to: "eval.jsonl")
        var found: [[Double]] = []
        for batchSize in [1, 3, 7] {
            var training = training(["a.jsonl"], steps: 1)
            training.evaluation = [jobs.folder.path("eval.jsonl")]
            training.batchSize = batchSize
            training.learningRate = 0
            let record = try run(training, output: "batch-\(batchSize)")[0]
            found.append(try ["eval_loss", "eval_mean_token_accuracy"].map { try #require(record[$0]) })
        }
        expectClose(found[1], found[0], relative: 1e-6)
        expectClose(found[2], found[0], relative: 1e-6)
    }

    // MARK: Length

    /// Without a limit of its own a row may be as long as the model has positions for, and never longer.
    @Test func theModelsContextIsTheLimit() throws {
        let text = String(repeating: "word ", count: 2000)
        try jobs.folder.write(#"{"text": "\#(text)"}"#, to: "long.jsonl")
        let context = try jobs.context("none")
        let positions = try ModelSource(jobs.model, on: context.computation).configuration()
            .maximumPositions
        for (index, limit) in [nil, 1_000_000, 100].enumerated() {
            var training = training(["long.jsonl"], steps: 1)
            training.maximumLength = limit
            let records = try run(training, output: "length-\(index)")
            #expect(records[0].tokens == min(limit ?? .max, positions))
        }
    }

    /// By whatever name: a copy, a folder that holds it, a link.
    @Test func filesThatAreGivenTwiceAreNamed() throws {
        let lines = try jobs.folder.text("a.jsonl")
        try jobs.folder.write(lines, to: "copies/copy.jsonl")
        func notes(_ train: [String], _ evaluation: [String] = []) throws -> [String] {
            var training = training(train, steps: 1)
            training.evaluation = evaluation.map { jobs.folder.path($0) }
            return try training.repeatedFiles()
        }
        #expect(try notes(["a.jsonl", "b.jsonl"]) == [])
        #expect(try notes(["a.jsonl"], ["b.jsonl"]) == [])
        #expect(
            try notes(["a.jsonl", "a.jsonl"]).first?
                .hasSuffix("/a.jsonl is given twice: they are learned twice in an epoch") == true)
        #expect(
            try notes(["a.jsonl=0.5", "copies=0.5"]).first?.contains("copy.jsonl has the rows of ") == true)
        #expect(
            try notes(["a.jsonl", "b.jsonl"], ["copies"]).first?
                .contains("to learn and to evaluate on: evaluations say what was learned by heart") == true)
        #expect(
            try notes(["b.jsonl"], ["a.jsonl", "copies"]).first?.hasSuffix("count twice in evaluations")
                == true)
    }

    @Test func aRunSaysThatItEvaluatesWhatItLearns() throws {
        var training = training(["a.jsonl"], steps: 1)
        training.evaluation = training.train
        let printed = PrintedLines()
        _ = try SFT.run(
            training, adapters: jobs.lowRank, method: SFT.Configuration(),
            context: jobs.context("run", progress: printed.display))
        #expect(printed.all.count { $0.contains("evaluations say what was learned by heart") } == 1)
    }
}
