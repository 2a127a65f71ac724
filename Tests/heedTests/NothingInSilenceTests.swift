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

    /// A setting that acts only beside another, of every kind of verb.
    @Test(arguments: [
        ("evaluate --comparisons x --reward-model m --limit 3", "limit: expected prompts beside it"),
        ("evaluate --models a b --prompts x --overlap 2", "overlap: expected people beside it"),
        ("evaluate --models a b --prompts x --project p", "project: expected people beside it"),
        ("evaluate --models a b --prompts x --partial", "partial: expected people beside it"),
        ("dpo --train x --eval-every 5", "eval_every: expected eval beside it"),
        ("sft --train x --shuffle-buffer 9", "shuffle_buffer: expected streaming beside it"),
        (
            "sft --train x --warmup-steps 2 --warmup-ratio 0.1",
            "warmup_ratio: expected no warmup_steps beside it"
        ),
        ("sft --train x --packing-strategy wrapped", "packing_strategy: expected packing beside it"),
        (
            "score --data x --model m --reward-weights 2",
            "reward_weights: expected reward or reward_model beside it"
        ),
        ("dpo --train x --n 3", "n: expected prompts beside it"),
        ("cpo --train x --simpo-gamma 1", "simpo_gamma: expected loss simpo or alphapo beside it"),
        (
            "grpo --prompts x --reward math --entropy-target 1",
            "entropy_target: expected adaptive_entropy beside it"
        ),
    ]) func settingsThatDoNothingAreRefused(_ line: String, _ message: String) throws {
        let refused = try Invocation(line.split(separator: " ").map(String.init) + ["--print-config"])
        // A flag's message names the flag.
        let errors = refused.errors.replacing("-", with: "_")
        #expect(refused.status == 64 && errors.contains(message), "\(refused.errors)")
    }

    /// What is harmless, and what files of other tools say, is told.
    @Test func settingsThatDoNothingAreNoted() throws {
        let greedy = try Invocation("sample", "--n", "3", "--temperature", "0", "--print-config")
        #expect(greedy.status == 0)
        #expect(
            greedy.errors.contains(
                "n: expected temperature beside it, as all answers to a prompt are the same"))
        let file = try folder.write("lora_r: 8\neval_steps: 5\n", to: "trl.yaml").path
        let noted = try Invocation("dpo", "--config", file, "--print-config")
        #expect(noted.status == 0 && noted.output.contains("use_peft: true"))
        #expect(
            noted.errors.contains("lora_r: expected use_peft beside it, as TRL trains an adapter only then"))
        #expect(noted.errors.contains("eval_steps: expected eval beside it"))
    }

    @Test func foreignFilesOutliveForce() throws {
        #expect(try train("dpo", comparisons).status == 0)
        try folder.write("mine", to: "run/notes.txt")
        let refused = try train("dpo", comparisons)
        #expect(
            refused.status == 73 && refused.errors.contains("holds notes.txt, which no run writes"),
            "\(refused.errors)")
        #expect(FileManager.default.fileExists(atPath: folder.path("run/final")))
        let sampled = try Invocation(
            "sample", "--model", model, "--prompts", "nowhere.jsonl", "--force", "--output",
            folder.path("run"))
        #expect(
            sampled.status == 73 && sampled.errors.contains("expected a file for the results, found a folder")
        )
    }

    @Test func promptsThatAreAnsweredAlreadyAreRefused() throws {
        let row = #"{"prompt": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}"#
        try folder.write(row + "\n", to: "prompts.jsonl")
        let sampled = try Invocation(
            "sample", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--output",
            folder.path("s.jsonl"))
        #expect(
            sampled.status == 65
                && sampled.errors.contains(":1: expected a prompt that ends with what is to be answered"),
            "\(sampled.errors)")
    }

    @Test func helpForWhatIsNoVerbIsAMistake() throws {
        let nope = try Invocation("help", "smaple")
        #expect(nope.status == 64 && nope.errors.contains("'smaple' is not a verb; did you mean 'sample'?"))
        #expect(try Invocation("help", "label", "imprt").errors.contains("did you mean 'import'?"))
        #expect(try Invocation("help", "label", "import").status == 0)
        #expect(try Invocation("help").status == 0)
    }

    @Test func conversationsThatBeginAnewSaySo() throws {
        let chat = try Invocation(
            "chat", "--model", model, "--greedy", input: "/system Be brief.\n/system\n/reset\n/exit\n")
        #expect(
            chat.errors.contains("a new conversation, with that first message")
                && chat.errors.contains("a new conversation, without a first message"), "\(chat.errors)")
    }

    @Test func linesOfTheTokenizerStayBesideTheirTexts() throws {
        let encoded = try Invocation("tokenizer", "encode", "--model", model, input: "a\n\n  \nb\n")
        #expect(encoded.lines.count == 4 && encoded.lines[1] == "[]", "\(encoded.output)")
        let decoded = try Invocation("tokenizer", "decode", "--model", model, input: "[1]\n\n[2]\n")
        #expect(decoded.lines.count == 2)
        #expect(decoded.errors.contains("1 blank line of standard input gave nothing"))
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
