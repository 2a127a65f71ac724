import Charts
import Datasets
import Doctor
import Foundation
import JSON
import LanguageModels
import Runs
import Settings
import Statistics
import TestSupport
import Torch

@testable import Methods
@testable import Models
@testable import Training

extension FuzzFormat {
    /// What runs leave, and go on from.
    static let runs = [
        teacherScores,
        FuzzFormat(
            "teacher-scores-header", .json, sources: ["Methods/Distillation/Stored/ScoreStore.swift"],
            samples: [
                """
                {"format": 1, "teacher": "ab12", "teacher_name": "t", "tokenizer": "cd34", "vocab_size": 300,
                 "temperature": 1.5, "top_k": 2}
                """
            ]
        ) { input in _ = try ScoreHeader(contentsOf: input.file("header.json")).layout },
        FuzzFormat(
            "run.json", .json, sources: ["Runs/Manifest/RunManifest.swift"],
            samples: [
                """
                {"id": "b0a7", "command": "dpo", "status": "running", "last_step": 0, "started": "2023-11-14T22:13:20Z",
                 "ended": null, "seed": 42, "device": "cpu", "threads": 2, "versions": {"heed": "0.1.0"},
                 "inputs": [{"role": "model", "path": "sft/final", "sha256": "bbbb", "run": "parent"}],
                 "parents": ["parent"], "config": {"learning_rate": 1e-06, "loss": {"beta": 0.1}}}
                """
            ]
        ) { input in _ = try RunManifest(contentsOf: input.file("run.json")) },
        FuzzFormat(
            "metrics.jsonl", .json, sources: ["Runs/Metrics/StepLog.swift"],
            samples: [
                """
                {"step": 1, "epoch": 0.5, "tokens": 100, "seconds": 0.25, "loss": 1.5, "grad_norm": 0.1}
                {"step": 2, "epoch": 1, "tokens": 200, "seconds": 0.5, "loss": "NaN", "grad_norm": "Infinity"}

                """
            ]
        ) { input in
            let file = try input.file("metrics.jsonl")
            for record in try MetricsLog.read(file) { _ = record["loss"] }
            _ = try StepLog(file, keepingThrough: 1).lastStep
        },
        FuzzFormat(
            "logs of others", .json, sources: ["Doctor/Runs/MetricsFile.swift"],
            samples: [
                """
                {"log_history": [{"step": 1, "epoch": 0.5, "loss": 1.5, "reward": 0.5, "entropy": 1.2, "kl": null},
                 {"step": 2, "loss": NaN, "completions/mean_length": 20, "kl": 0.1}], "max_steps": 20}
                """,
                """
                {"global_step": 1, "data": {"actor/pg_clipfrac": 0.5, "critic/score/mean": -1, "response_length/mean": 30}}
                {"global_step": 2, "data": {"actor/entropy": 0.5, "grad_norm": "inf", "critic/vf_explained_var": -1}}

                """,
                #"[{"_step": 1, "rewards/margins": 0, "loss": 0.6931}, {"_step": 2, "objective/kl": 1e300}]"#,
            ]
        ) { input in _ = try RunDiagnosis(of: input.file("log").path).lines },
        FuzzFormat(
            "best-of-n.json", .json, sources: ["Training/Rounds/BestOfCurve.swift"],
            samples: [
                """
                {"round": 1, "temperature": 0.7, "prompts": 2, "points": [
                 {"n": 1, "best": {"mean": 0.5, "low": 0.1, "high": 1}, "median": {"mean": 0.5, "low": null, "high": null}},
                 {"n": 4, "best": {"mean": 1.5, "low": 1, "high": 2}, "median": {"mean": 0.5, "low": 0, "high": 1}}]}
                """
            ]
        ) { input in
            let round = input.folder.appending(path: "round-1")
            try FileManager.default.createDirectory(at: round, withIntermediateDirectories: true)
            try Data(input.bytes).write(to: round.appending(path: "best-of-n.json"))
            for chart in BestOfCurve.charts(of: try BestOfCurve.all(in: input.folder)) {
                _ = chart.svg(width: 340)
            }
        },
        FuzzFormat(
            "curves", .json, sources: [],
            samples: [
                """
                {"step": 1, "epoch": 0.5, "tokens": 100, "seconds": 0.25, "loss": 1.5}
                {"step": 2, "epoch": 1, "tokens": 200, "seconds": 0.5, "loss": 0.5}
                {"step": 7, "epoch": 2, "tokens": 300, "seconds": 0.75, "loss": "NaN"}
                {"step": 9, "epoch": 3, "tokens": 400, "seconds": 1, "loss": 0.001}

                """
            ]
        ) { input in
            let records = try MetricsLog.read(input.file("metrics.jsonl"))
            draw(records.map { Double($0.step) }, records.compactMap { $0["loss"] ?? .nan })
        },
        FuzzFormat(
            "samples.jsonl", .json, sources: [],
            samples: [
                #"{"step": 1, "prompt": "a", "responses": [{"text": "b", "tokens": [5, 2], "logprobs": [-0.5, -1], "#
                    + #""finish": "stop", "score": 1.5}, {"text": "c", "tokens": [7], "logprobs": [-2], "score": 0}]}"#,
                #"{"prompt": "a", "prompt_ids": [1, 5], "completions": [{"completion_ids": [5], "#
                    + #""sampling_logprobs": [-0.5], "reward": 1}]}"#,
            ].map { Array($0.utf8) }
        ) { _ in
            var run = RunConfiguration()
            run.device = "cpu"
            let source = try ModelSource(Fixtures.golden("tiny-llama").path, on: Computation(run))
            return { input in
                let data = try JSONLines(input.file("samples.jsonl"))
                _ = try RecordedRollouts(data, for: source, temperature: 1, batchSize: 2, needsScores: true)
            }
        },
        FuzzFormat(
            "explained.jsonl", .json, sources: ["Training/Rollouts/ExplainedResponse.swift"],
            samples: [
                """
                {"step": 1, "prompt": "a", "score": 1.5, "tokens": ["b", "<|im_end|>"], "rewards": [-0.1, 1.5], "kl": [2, -1],
                 "values": [0, 0.5], "advantages": [-1, 1]}

                """.replacing("\n ", with: " ")
            ]
        ) { input in
            _ = try input.file("explained.jsonl")
            for response in try ExplainedResponse.read(run: input.folder) { _ = response.tokens.count }
        },
        checkpoint("trainer.json", sources: ["Training/Running/TrainingCheckpoint.swift"]),
        checkpoint("optimizer.json", sources: ["Training/Running/Learner.swift"]),
    ]

    // MARK: Charts

    /// Draws numbers in every way that reports have.
    private static func draw(_ steps: [Double], _ values: [Double]) {
        let estimates = values.map { Estimate(mean: $0, low: values.first, high: values.last) }
        var charts: [any Chart] = [
            HistogramChart(
                title: "", summary: "", horizontal: Axis("score"),
                groups: [.init(name: "", style: 0, values: values)]),
            BarChart(
                title: "", summary: "", axis: Axis(""),
                bars: estimates.map { .init(name: "", style: 1, value: $0) },
                baseline: 0.5),
            FrontierChart(
                title: "", summary: "", horizontal: Axis("", spacing: .squareRoot), vertical: Axis(""),
                arms: estimates.map { .init(name: "", style: 0, x: $0, y: $0) }),
        ]
        for spacing in [Axis.Spacing.linear, .squareRoot, .logarithmic] {
            charts.append(
                LineChart(
                    title: "", summary: "", horizontal: Axis("step"), vertical: Axis("", spacing: spacing),
                    series: [.init(name: "loss", style: 0, x: steps, y: values)], guide: values.first))
        }
        for chart in charts { _ = chart.svg(width: 340) }
    }

    // MARK: Checkpoints

    /// One file of a checkpoint; the others are whole.
    private static func checkpoint(_ name: String, sources: [String]) -> FuzzFormat {
        let whole = (try? TemporaryFolder()).flatMap { folder in
            try? TrainingCheckpoint.write(SmallTrainer(), seconds: 1.5, to: folder.url)
            return try? JSONValue(parsing: Data(contentsOf: folder.item(name)))
        }
        // The encoder's order differs from process to process.
        let sample = Array((whole ?? .null).sortingNames().text(.compact).utf8)
        return FuzzFormat(name, .json, sources: sources, samples: [sample]) { folder in
            try TrainingCheckpoint.write(SmallTrainer(), seconds: 1.5, to: folder)
            return { input in
                _ = try input.file(name)
                _ = try TrainingCheckpoint.restore(SmallTrainer(), from: input.folder)
            }
        }
    }

    /// Three numbers that learn from eight rows.
    private final class SmallTrainer: Trainer {
        let learner = Learner(
            [NamedTensor(name: "w", tensor: Tensor([1, 2, 3] as [Float]))],
            TrainingConfiguration(learningRate: 1e-3), totalSteps: 8)
        private var order = BatchOrder(rowCount: 8, batchSize: 2, seed: 1)
        var extraState: [String: Double] = ["x": 1]
        let lastRows: [Int] = []
        var datasetCursor: BatchOrder.Cursor { order.cursor }
        var epochsDone: Double { order.epochsDone }

        func step() throws -> Metrics { Metrics() }
        func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
        func saveModel(to folder: URL) {}
        func restoreModel(from folder: URL) {}
    }

    /// Records of a store, whose lengths are read before their checksums.
    private static let teacherScores = FuzzFormat(
        "teacher-scores", .binary, sources: ["Methods/Distillation/Stored/ScoreRecord.swift"],
        samples: [scoreRecord.bytes(scoreLayout)]
    ) { folder in
        let header = ScoreHeader(
            teacher: "ab12", teacherName: "t", tokenizer: "cd34", vocabularySize: scoreLayout.vocabularySize,
            temperature: 1, topK: scoreLayout.count)
        return { input in
            let place = folder.appending(path: "store")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try input.data.write(to: place.appending(path: ScoreStore.scoresName))
            try JSONEncoder().encode(header).write(to: place.appending(path: ScoreStore.headerName))
            _ = try ScoreStore(place, new: nil)
            do {
                _ = try ScoreRecord(input.bytes, scoreLayout)
            } catch is ScoreRecord.Malformed {
                throw DamagedScores(folder: place, offset: 0)
            }
        }
    }

    private static let scoreLayout = ScoreLayout(count: 2, vocabularySize: 300)
    private static let scoreRecord = ScoreRecord(
        ids: [299, 0, 1, 128], logProbabilities: [-0.5, -1.5, -0.25, -3], tails: [0.17, 0.17])
}
