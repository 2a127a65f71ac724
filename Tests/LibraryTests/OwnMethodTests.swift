import Foundation
import Models
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Verbs

/// A method of somebody else's becomes a verb, trains, survives a kill and stands in reports. This target sees what a
/// library's user sees: `public` names only.
@Suite(.serialized) struct OwnMethodTests {
    private let runs: TinyRuns
    private static let slic = Verb.training(SLiC.self)

    init() throws { runs = try TinyRuns() }

    @discardableResult
    private func run(
        _ verb: Verb, _ settings: String, output: String, mode: RunFolder.Mode = .new
    ) throws -> VerbResult {
        let file = try runs.folder.write(
            "\(settings)\noutput: \(runs.folder.path(output))\ndevice: cpu\nprecision: fp32\n",
            to: "settings.yaml")
        return try verb.prepare(ConfigurationReader(file: file)).run(
            mode: mode, progress: ProgressDisplay(style: .quiet), origin: .init(command: "a test"),
            verbs: Verb.all + [Self.slic])
    }

    private var settings: String {
        """
        model: \(runs.model)
        train: [\(Fixtures.golden("dpo/preference_plain.jsonl").path)]
        eval: [\(Fixtures.golden("dpo/preference_plain.jsonl").path)]
        batch_size: 4
        epochs: 2
        learning_rate: 1.0e-3
        lora_rank: 4
        checkpoint_every: 3
        delta: 1000
        """
    }

    private func metrics(_ output: String) throws -> [MetricsRecord] {
        try MetricsLog.read(runs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    @Test func itTrains() throws {
        let result = try run(Self.slic, settings, output: "run")
        #expect(result.lines[0].hasPrefix("12 steps; the model is in "))
        let found = try metrics("run")
        // Nothing is learned yet: max(0, δ − margin) of every pair, and λ times the likelihood.
        let first = try #require(found.first)
        let margin = try #require(first["rewards/margins"])
        let loss = try #require(first["loss"])
        #expect(first["within_margin"] == 1)
        let likelihood = (loss - (1000 - margin)) / 0.1
        #expect(likelihood > 0 && likelihood < 20, "\(likelihood) nats per token")
        let evaluations = found.compactMap { $0["eval_rewards/margins"] }
        #expect(try #require(evaluations.last) > margin)
    }

    @Test func itGoesOnWhereItWasKilled() throws {
        try run(Self.slic, settings, output: "whole")
        try run(Self.slic, settings, output: "cut")
        // As a process leaves it that is killed after its seventh step.
        for item in ["final", "checkpoint-12", "checkpoint-9"] {
            try FileManager.default.removeItem(atPath: runs.folder.path("cut/\(item)"))
        }
        try runs.folder.write(
            try runs.folder.text("cut/run.json").replacing(#""finished""#, with: #""running""#),
            to: "cut/run.json")
        let lines = try runs.folder.text("cut/metrics.jsonl").split(separator: "\n").prefix(7)
        try runs.folder.write(lines.joined(separator: "\n") + "\n", to: "cut/metrics.jsonl")
        try run(Self.slic, settings, output: "cut", mode: .resume)
        #expect(try metrics("cut").map(\.metrics) == metrics("whole").map(\.metrics))
        let weights = "final/adapter_model.safetensors"
        #expect(try runs.folder.data("cut/\(weights)") == runs.folder.data("whole/\(weights)"))
    }

    @Test func thePromptsOfItsRoundsAreAmongItsInputs() throws {
        for verb in [Self.slic, .orpo, .cpo, .dpo] {
            let file = try runs.folder.write("model: m\nprompts: [p.jsonl]\n", to: "settings.yaml")
            let inputs = try verb.prepare(ConfigurationReader(file: file)).inputs
            #expect(inputs.contains(.setting(.data("p.jsonl"))), "\(verb.name)")
        }
    }

    @Test func itMakesItsOwnComparisons() throws {
        let prompts = (1...3).map { #"{"prompt": "Question \#($0): why?"}"# }
        let file = try runs.folder.write(prompts.joined(separator: "\n"), to: "prompts.jsonl")
        try run(
            Self.slic,
            """
            model: \(runs.model)
            prompts: [\(file.path)]
            judge: ["concise:enough=1"]
            rounds: 2
            n: 3
            max_new_tokens: 8
            max_steps: 1
            lora_rank: 4
            """, output: "rounds")
        #expect(try metrics("rounds").map(\.step) == [1, 2])
        #expect(runs.folder.holds("rounds/final/adapter_model.safetensors"))
    }

    @Test func reportsShowItsCurves() throws {
        try run(Self.slic, settings, output: "run")
        let prompts = try runs.folder.write(#"{"prompt": "Why?"}"# + "\n", to: "prompts.jsonl")
        try run(
            .evaluate,
            """
            models: [\(runs.model), \(runs.folder.path("run/final"))]
            prompts: [\(prompts.path)]
            training_runs: [\(runs.folder.path("run"))]
            judge: ["concise"]
            max_new_tokens: 8
            """, output: "report")
        let page = try runs.folder.text("report/report.html")
        for text in [SLiC.guide.explanation, "Pairs within the margin", "Comparisons ordered correctly"] {
            #expect(page.contains(text), "\(text)")
        }
    }

    @Test func itsSettingsAreChecked() throws {
        let wrong = runs.message { try run(Self.slic, "model: m\ndelta: 0", output: "run") }
        #expect(wrong?.contains("delta: expected a number above 0, found 0") == true, "\(wrong ?? "")")
        let unknown = runs.message { try run(Self.slic, "model: m\ndelat: 1", output: "run") }
        #expect(unknown?.contains("delta") == true, "\(unknown ?? "")")
    }
}
