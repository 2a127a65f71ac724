import Datasets
import Foundation
import Models
import RunTestSupport
import Settings
import TestSupport
import Testing

@testable import Verbs

/// TRL's files run unchanged: those of its defaults (TRL 1.16 on transformers 5.24), and recipes as people have them.
@Suite struct TRLFileTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    @Test(arguments: ["sft", "dpo", "reward", "kto", "grpo", "orpo", "cpo", "distill"])
    func everyKeyMayHoldTRLsDefault(_ name: String) throws {
        let verb = try #require(Verb.all.first { $0.name == name })
        let prepared = try verb.prepare(
            ConfigurationReader(file: Fixtures.root.appendingPathComponent("trl/defaults/\(name).yaml")))
        #expect(prepared.notes.contains { $0.contains("of other tools ask for what happens here anyway") })
        #expect(
            prepared.yaml.contains("checkpoint_every: 500\n") && prepared.yaml.contains("eval_every: 0\n"))
    }

    @Test func otherValuesAreRefusedWithWhatTheyWouldDo() {
        func message(_ yaml: String, _ verb: Verb) -> String? {
            jobs.message { _ = try prepare(verb, yaml) }
        }
        #expect(message("neftune_noise_alpha: 5", .sft)?.contains("embeddings get no noise") == true)
        #expect(message("chat_template_path: x", .sft)?.contains("the model's own template is used") == true)
        #expect(message("top_p: 0.9", .grpo)?.contains("the policy's own distribution") == true)
        #expect(message("sync_ref_model: true", .kto)?.contains("the reference stays as it is") == true)
    }

    private func prepare(_ verb: Verb, _ yaml: String) throws -> PreparedVerb {
        let file = jobs.folder.url.appending(path: "settings.yaml")
        try Data(yaml.utf8).write(to: file)
        return try verb.prepare(ConfigurationReader(file: file))
    }

    private func recipe(_ name: String, rows: String) throws -> String {
        try String(
            contentsOf: Fixtures.root.appendingPathComponent("trl/\(name)-recipe.yaml"), encoding: .utf8
        )
        .replacingOccurrences(of: "MODEL", with: jobs.model)
        .replacingOccurrences(of: "ROWS", with: Fixtures.golden(rows).path)
        .replacingOccurrences(of: "OUTPUT", with: jobs.folder.path(name))
    }

    private func run(_ prepared: PreparedVerb) throws {
        _ = try prepared.run(
            mode: .new, progress: jobs.context("none").progress, origin: .init(command: ""))
    }

    @Test func aRecipeOfFineTuningRuns() throws {
        let prepared = try prepare(.sft, recipe("sft", rows: "sft/prompt_completion.jsonl"))
        for line in [
            "warmup_steps: 0.25", "checkpoint_every: 0.5", "log_every: 0.5", "eval_every: 0",
            "min_lr_rate: 0.1",
        ] {
            #expect(prepared.yaml.contains(line + "\n"), "\(line)")
        }
        try run(prepared)
        #expect(jobs.folder.holds("sft/checkpoint-4") && jobs.folder.holds("sft/final"))
        // overwrite_output_dir: what is there is replaced.
        try run(prepared)
    }

    @Test func aRecipeOfAlignmentRuns() throws {
        let prepared = try prepare(.dpo, recipe("dpo", rows: "dpo/preference_plain.jsonl"))
        #expect(
            prepared.notes.contains {
                $0.hasSuffix("max_prompt_length: not applied: max_length limits prompt and answer together")
            })
        #expect(prepared.yaml.contains("checkpoint_every: epoch\n"))
        try run(prepared)
        #expect(jobs.folder.holds("dpo/checkpoint-2"))
    }

    /// Problems and solutions in columns of their own, a system prompt, rewards by their names there.
    @Test func aRecipeOfReasoningRuns() throws {
        let rows = Fixtures.root.appendingPathComponent("trl/problems.jsonl").path
        let yaml = try recipe("grpo", rows: "sft/prompt_completion.jsonl")
            .replacingOccurrences(of: Fixtures.golden("sft/prompt_completion.jsonl").path, with: rows)
        let prepared = try prepare(.grpo, yaml)
        #expect(prepared.notes.contains { $0.contains("max_prompt_length: not applied") })
        #expect(prepared.yaml.contains("prompt_column: problem\n"))
        try run(prepared)
        let metrics = try jobs.folder.text("grpo/metrics.jsonl")
        for name in ["rewards/accuracy/mean", "rewards/format/mean"] {
            #expect(metrics.contains("\"\(name)\":"), "\(metrics)")
        }
        let samples = try JSONLines(jobs.folder.url.appending(path: "grpo/samples.jsonl")).load(
            ResponsesRow.self)
        guard case .messages(let messages) = samples[0].row.prompt else {
            Issue.record("expected a conversation")
            return
        }
        #expect(messages.map(\.role) == ["system", "user"])
        #expect(messages[0].content.hasPrefix("You are careful."))
        #expect(samples[0].row.extra["solution"]?.string?.contains("$") == true)
    }

    /// A row's own system turn may say the same, and nothing else.
    @Test func aSystemPromptContradictsNoRow() throws {
        let yaml = try recipe("grpo", rows: "sft/prompt_completion.jsonl")
        func message(_ line: String) throws -> String? {
            let rows = try jobs.folder.write(line, to: "rows.jsonl").path
            let file = yaml.replacingOccurrences(
                of: Fixtures.golden("sft/prompt_completion.jsonl").path, with: rows)
            return jobs.message { try run(prepare(.grpo, file)) }
        }
        let system = "You are careful. Think first, between <think> and </think>; then answer."
        #expect(
            try message(#"{"problem": "1 + 1?", "solution": "$2$", "system": "\#(system)"}"#) == nil)
        let refused = try message(#"{"problem": "1 + 1?", "solution": "$2$", "system": "Be quick."}"#)
        #expect(refused?.contains("expected one system turn") == true, "\(refused ?? "")")
        let absent = try message(#"{"prompt": "1 + 1?", "solution": "$2$"}"#)
        #expect(absent?.contains("the column \"problem\"") == true, "\(absent ?? "")")
    }
}
