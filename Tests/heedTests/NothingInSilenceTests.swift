import Foundation
import TestSupport
import Testing

/// What a user writes is obeyed, refused with the reason, or told in a note.
@Suite struct NothingInSilenceTests {
    private let folder: ScratchFolder
    private let model = Fixtures.golden("tiny-llama").path

    init() throws { folder = try ScratchFolder() }

    private func train(_ verb: String, _ data: String, _ more: String...) throws -> Invocation {
        try folder.write(data, to: "rows.jsonl")
        return try Invocation(
            [
                verb, "--model", model, "--train", folder.path("rows.jsonl"), "--max-steps", "1",
                "--batch-size", "2",
                "--device", "cpu", "--threads", "1", "--output", folder.path("run"), "--force",
            ] + more)
    }

    private let comparisons = """
        {"prompt": "Say", "chosen": " yes", "rejected": " no"}
        {"prompt": "Say", "chosen": " same", "rejected": " same"}
        {"prompt": "Say", "chosen": "", "rejected": " no"}

        """

    @Test(arguments: [
        ["--lora-alpha", "8"], ["--lora-targets", "q_proj"], ["--use-dora"], ["--lora-dropout", "0.1"],
    ])
    func settingsOfAnAdapterWithoutOneAreRefused(_ flags: [String]) throws {
        let refused = try Invocation(["dpo", "--model", model, "--train", "x", "--print-config"] + flags)
        #expect(
            refused.status == 64 && refused.errors.contains("expected lora_rank beside it"),
            "\(refused.errors)")
        let file = try folder.write("use_peft: false\nlora_alpha: 8\n", to: "trl.yaml").path
        #expect(
            try Invocation("dpo", "--model", model, "--train", "x", "--config", file, "--print-config").status
                == 0)
    }

    @Test(arguments: ["dpo", "reward"]) func answersThatTeachNothingAreNoted(_ verb: String) throws {
        let trained = try train(verb, comparisons)
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.errors.contains("1 of 3 rows"))
        #expect(trained.errors.contains("the answers are the same"))
        #expect(trained.errors.contains("an answer has no text"))
    }

    @Test func evaluationsAreTold() throws {
        try folder.write(comparisons, to: "eval.jsonl")
        let trained = try train("dpo", comparisons, "--eval", folder.path("eval.jsonl"), "--eval-every", "1")
        #expect(trained.errors.contains("evaluation after step 1: eval_loss 0.69"), "\(trained.errors)")
    }

    @Test func runsThatAreNotThereAreNotResumed() throws {
        let missing = try Invocation("dpo", "--resume", "--output", folder.path("nowhere"))
        #expect(
            missing.status == 66 && missing.errors.contains("expected a run to resume, found no run.json"))
        #expect(try train("dpo", comparisons).status == 0)
        let other = try Invocation("sft", "--resume", "--output", folder.path("run"))
        #expect(other.errors.contains("this is a run of heed dpo; resume it with heed dpo --resume"))
    }

    @Test func adaptersOfAnotherTaskAreNamed() throws {
        #expect(try train("reward", comparisons, "--lora-rank", "2").status == 0)
        try folder.write("{\"prompt\": \"Say\"}\n", to: "prompts.jsonl")
        let sampled = try Invocation(
            "sample", "--model", folder.path("run/final"), "--prompts", folder.path("prompts.jsonl"),
            "--output",
            folder.path("s.jsonl"))
        #expect(
            sampled.status != 0
                && sampled.errors.contains("an adapter of a reward model, where a language model"),
            "\(sampled.errors)")
    }

    @Test func oneAnswerIsNothingToCompare() throws {
        let row = "{\"prompt\": \"Say\", \"responses\": [{\"text\": \"yes\", \"finish\": \"stop\"}]}\n"
        let file = try folder.write(row, to: "responses.jsonl").path
        func annotate(_ more: String...) throws -> Invocation {
            try Invocation(
                [
                    "annotate", "--responses", file, "--annotator", "concise", "--output",
                    folder.path("j.jsonl"), "--force",
                ]
                    + more)
        }
        let refused = try annotate()
        #expect(refused.status == 65 && refused.errors.contains("expected two or more answers to a prompt"))
        #expect(try annotate("--as", "ratings").status == 0)
        #expect(try annotate("--as", "ratings", "--noise", "0.3").status == 64)
        #expect(try annotate("--as", "ratings", "--pairs", "extremes").status == 64)
    }
}
