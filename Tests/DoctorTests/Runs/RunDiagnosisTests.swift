import Foundation
import JSON
import RunTestSupport
import TestSupport
import Testing
import Training

@testable import Doctor

/// Runs of ours and of others, by their logs.
@Suite struct RunDiagnosisTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A file below a folder.
    private func write(_ text: String, _ folder: String, _ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: self.folder.path(folder), withIntermediateDirectories: true)
        try self.folder.write(text, to: "\(folder)/\(name)")
    }

    private func fixture(_ name: String) -> String { Fixtures.root.appending(path: "run-logs/\(name)").path }

    private func raised(_ diagnosis: RunDiagnosis) -> [String] { diagnosis.failure?.names ?? [] }

    /// What TRL writes while all answers are cut off (trl#5697).
    @Test func aRunOfTRL() throws {
        let found = try RunDiagnosis(of: fixture("trl-grpo-truncated.json"))
        #expect(found.kind == "trl-grpo-truncated.json" && found.steps == 12)
        #expect(raised(found) == ["truncation", "groups without signal"])
        let truncation = try #require(found.checks.first { $0.name == "truncation" })
        #expect(truncation.metric == "completions/clipped_ratio" && truncation.alarm?.step == 50)
        #expect(truncation.alarm?.seen == "96 % of the answers are cut off")
        let groups = try #require(found.checks.first { $0.name == "groups without signal" })
        #expect(groups.alarm?.seen.contains("mostly too hard") == true)
        #expect(found.lines.contains { $0.hasPrefix("✗ truncation ") })
        #expect(found.lines.contains { $0.hasPrefix("– critic ") && $0.hasSuffix("not measured") })
        #expect(found.lines.contains { $0.hasPrefix("✓ entropy ") && $0.hasSuffix("entropy 0.62") })
        // One note of all that is not looked at.
        #expect(
            found.notes.count == 1
                && found.notes[0].contains("metrics are not looked at: clip_ratio/high_max"))
    }

    @Test func aHealthyRunOfTRL() throws {
        let found = try RunDiagnosis(of: fixture("trl-dpo.json"))
        #expect(found.failure == nil && found.steps == 12)
        #expect(found.checks.first { $0.name == "margins" }?.metric == "rewards/margins")
        #expect(found.lines.last?.hasPrefix("no alarm in 12 steps of trl-dpo.json") == true)
    }

    /// An output folder of TRL has its state in the last checkpoint.
    @Test func foldersOfTRL() throws {
        let text = try String(contentsOfFile: fixture("trl-dpo.json"), encoding: .utf8)
        try write("{}", "out/checkpoint-60", "config.json")
        try write(text, "out/checkpoint-120", "trainer_state.json")
        let found = try RunDiagnosis(of: folder.path("out"))
        #expect(found.kind == "trainer_state.json" && found.steps == 12)
        try write("{}", "empty", "config.json")
        #expect(
            message("empty")?.contains(
                "expected run.json, trainer_state.json, checkpoints with one, or a single .jsonl")
                == true)
        #expect(message("nowhere")?.contains("found nothing at this path") == true)
    }

    /// Of a run of Heed the budget, the precision and the golden reward are those that it was watched by.
    @Test func runsOfHeed() throws {
        let rows = try String(contentsOfFile: fixture("quickstart-ppo.jsonl"), encoding: .utf8)
        func manifest(_ settings: String) -> String {
            #"{"id": "a", "command": "ppo", "status": "finished", "last_step": 20, "started": "2026-11-30T12:00:00Z", "#
                + #""ended": null, "seed": 1, "device": "cpu", "precision": "bf16", "threads": 2, "versions": {}, "#
                + #""inputs": [], "parents": [], "config": {\#(settings)}}"#
        }
        try write(rows, "run", "metrics.jsonl")
        try folder.write(manifest(""), to: "run/run.json")
        let found = try RunDiagnosis(of: folder.path("run"))
        #expect(found.kind == "heed ppo" && found.failure == nil && found.steps == 20)
        try folder.write(manifest(#""kl_budget": 1"#), to: "run/run.json")
        #expect(try raised(RunDiagnosis(of: folder.path("run"))) == ["kl budget"])
        // The second of two rewards has weight 0, and falls.
        let gold = rows.split(separator: "\n").enumerated().map { index, row in
            row.dropLast() + #", "rewards/a/mean": 1, "rewards/b/mean": \#(-0.1 * Double(index))}"#
        }
        try folder.write(gold.joined(separator: "\n") + "\n", to: "run/metrics.jsonl")
        try folder.write(manifest(#""reward_weights": [1, 0]"#), to: "run/run.json")
        #expect(try raised(RunDiagnosis(of: folder.path("run"))) == ["reward against gold"])
    }

    /// verl nests its metrics, and calls them by other names; W&B numbers steps as `_step`.
    @Test func namesOfOthers() throws {
        func log(_ name: String, _ row: (Int) -> String) throws -> RunDiagnosis {
            let file = try folder.write((1...12).map(row).joined(separator: "\n"), to: name)
            return try RunDiagnosis(of: file.path)
        }
        let verl = try log("verl.jsonl") {
            #"{"step": \#($0), "data": {"actor/pg_clipfrac": 0.4, "critic/score/mean": 1, "response_length/clip_ratio": 0.9}}"#
        }
        #expect(raised(verl) == ["truncation", "clip fraction"])
        let openrlhf = try log("openrlhf.jsonl") {
            #"{"train/global_step": \#($0), "train/kl": 0.5, "train/response_length": 40, "train/reward": 1}"#
        }
        #expect(raised(openrlhf) == ["kl budget"])
        let old = try log("old.jsonl") {
            #"{"_step": \#($0), "ppo/val/var_explained": -0.2, "objective/kl": -3}"#
        }
        #expect(raised(old) == ["negative kl"])
        let unnumbered = try log("plain.jsonl") { _ in #"{"loss": NaN, "grad_norm": "inf"}"# }
        #expect(raised(unnumbered) == ["not finite"] && unnumbered.steps == 12)
        #expect(unnumbered.notes.contains("12 rows name no step and count as they come"))
    }

    private func message(_ name: String) -> String? {
        do { _ = try RunDiagnosis(of: folder.path(name)) } catch { return "\(error)" }
        return nil
    }

    @Test func garbageIsNamed() throws {
        func message(_ text: String, _ name: String = "log.jsonl") throws -> String {
            try folder.write(text, to: name)
            return (self.message(name) ?? "").replacingOccurrences(of: folder.url.path + "/", with: "")
        }
        #expect(try message("{\"loss\": 1}\n\n{\"loss\": \n").contains("log.jsonl:3: expected "))
        #expect(
            try message("{\"loss\": 1}\n[1]\n").contains(
                "log.jsonl:2: expected an object of metrics, found a list"))
        #expect(
            try message("{\"step\": 1.5, \"loss\": 1}\n{\"step\": \"b\", \"loss\": 1}\n").contains(
                "log.jsonl:2: expected a whole number for \"step\", found \"b\""))
        #expect(try message("loss = 1\n").contains("log.jsonl:1: expected "))
        #expect(try message("").contains("log.jsonl:1: expected "))
        #expect(
            try message("{\n \"epoch\": 1\n}", "state.json").contains(
                "expected a list of rows, \"log_history\""))
        #expect(
            try message("{\n \"log_history\": [{\"loss\": 1}, 2]\n}", "state.json").contains(
                "(row 2): expected an object of metrics, found a number"))
        #expect(try message("{\"prompt\": \"a\"}\n").contains("expected rows with numbers"))
        #expect(
            try message("{\"altitude\": 3}\n").contains(
                "expected a metric that is known, such as loss, reward or "))
    }
}
