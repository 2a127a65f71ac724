import ArgumentParser
import Datasets
import Foundation
import JSON
import Runs
import TestSupport
import Testing
import Training
import Verbs

@testable import heed

@Suite struct VerbCommandTests {
    private static let commands: [any VerbCommand.Type] = HeedCommand.configuration.subcommands
        .compactMap { $0 as? any VerbCommand.Type }

    @Test func everyVerbThatRunsAJobHasACommand() {
        #expect(Set(Self.commands.map { $0.verb.name }) == Set(Verb.onCommandLine.map(\.name)))
        for command in Self.commands { #expect(command.verb.name == command._commandName) }
    }

    private static let optimization =
        "--model m --chat-prompts --learning-rate 1e-5 --lr-schedule cosine --warmup-steps 1 --weight-decay 0.1 "
        + "--batch-size 4 --epochs 1 --max-steps 6 --no-shuffle --lora-rank 8 --lora-alpha 16"
    private static let training =
        "\(optimization) --train a b --eval c --max-length 64 --eval-every 0.5 --keep-best loss"
    private static let run = "--output o --seed 7 --device cpu --precision fp32 --threads 2"
    private static let sampling =
        "--n 2 --max-new-tokens 9 --temperature 0.5 --top-k 5 --top-p 0.9 --min-p 0.1 --repetition-penalty 1.1 --greedy"

    private static let flags = [
        "sft":
            "\(training) --loss dft --completion-only on --assistant-only --packing --packing-strategy wrapped",
        "reward":
            "\(training) --loss pairwise --center-coefficient 0.1 --aspects a b --groups group --group-shrinkage 2 "
            + "--ensemble 2 --annotator-noise --normalize r",
        "dpo":
            "\(training) --loss cdpo sft --loss-weights 1 0.5 --beta 0.2 --label-smoothing 0.1 --sft-weight 1 "
            + "--reference r --precompute-reference --f-divergence-type js_divergence --ld-alpha 0.5 "
            + "--use-weighting --no-sync-ref-model --prompts p --judge people --store s --judge-error 0.1 --pairs extremes "
            + "--rounds 2 --n 3 --max-new-tokens 9 --temperature 0.5",
        "kto":
            "\(training) --loss apo_zero_unpaired --beta 0.2 --desirable-weight 2 --undesirable-weight 0.5 "
            + "--reference r --precompute-reference",
        "orpo": "\(training) --beta 0.2",
        "cpo":
            "\(training) --loss simpo --beta 2 --label-smoothing 0.1 --sft-weight 0 --simpo-gamma 1 --alpha 0.1",
        "ppo":
            "\(optimization) --reward-model rm --replay p --reference r --rollout-batch 8 --ppo-epochs 2 --minibatches 2 "
            + "--kl-coefficient 0.1 --kl-estimator k3 --target-kl 6 --clip-range 0.1 --value-clip-range 0.1 "
            + "--value-coefficient 0.2 --gamma 0.99 --lambda 0.9 --temperature 1 --max-new-tokens 20 "
            + "--missing-eos-penalty 2 --whiten-rewards",
        "grpo":
            "\(optimization) --reward a b:c=1 --reward-model rm --reward-weights 1 2 0.5 --replay p --reference r "
            + "--group-size 4 --rollout-batch 8 --num-iterations 2 --loss dr_grpo --scale-rewards none "
            + "--importance sequence --beta 0.1 --epsilon 0.1 --epsilon-high 0.3 --entropy-coefficient 0.01 "
            + "--mask-truncated --temperature 0.9 --max-new-tokens 20",
        "sample":
            "\(sampling) --model m --name n --prompts p q --no-chat-prompts --stop x --ignore-eos --slots 4",
        "score": "--model m --data d --batch-size 2 --temperature 0.5 --max-length 9 --chat-prompts",
        "annotate": "--responses r --annotator concise --noise 0.1 --as ratings --pairs extremes --lexicon l",
        "evaluate":
            "\(sampling) --models a b=c --prompts p --chat-prompts --limit 3 --judge concise --people s --project q --overlap 2 --partial --judge-error 0.1 --lexicon l "
            + "--perplexity t --reward-model rm --comparisons c --training-runs x=r",
    ]

    @Test func everyFlagIsAKeyOfTheVerbsSettings() throws {
        for command in Self.commands {
            let words = "\(try #require(Self.flags[command.verb.name])) \(Self.run)".split(separator: " ")
                .map(String.init)
            let parsed = try #require(try command.parseAsRoot(words) as? any VerbCommand)
            let given = words.filter { $0.hasPrefix("--") }
            #expect(parsed.overrides.count == given.count, "\(command.verb.name)")
            let yaml = try command.verb.prepare(parsed.source.reader(flags: parsed)).yaml
            #expect(yaml.contains("output: o\n") && yaml.contains("seed: 7\n"))
        }
    }

    @Test func settingsPrintAsAFileThatSaysTheSame() throws {
        let folder = try ScratchFolder()
        let first = try Invocation("dpo", "--model", "m", "--train", "a", "--beta", "0.3", "--print-config")
        #expect(
            first.status == 0 && first.output.contains("beta: 0.3\n") && first.output.contains("model: m\n"))
        let file = try folder.write(first.output, to: "dpo.yaml").path
        #expect(try Invocation("dpo", "--config", file, "--print-config").output == first.output)
    }

    @Test func packingIsOfferedWhereDocumentsAreLearned() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("packing: true\n", to: "trl.yaml").path
        let packed = try Invocation(
            "sft", "--config", file, "--packing-strategy", "wrapped", "--print-config")
        #expect(packed.output.contains("packing: true\npacking_strategy: wrapped\n"))
        for verb in ["dpo", "kto", "orpo", "cpo", "reward", "ppo", "grpo"] {
            let flag = try Invocation(verb, "--packing")
            #expect(flag.status == 64 && flag.errors.contains("Unknown option '--packing'"), "\(verb)")
            let key = try Invocation(verb, "--config", file)
            #expect(
                key.status == 65
                    && key.errors.contains("trl.yaml:1: 'packing' is not a setting of this verb"),
                "\(verb)")
        }
    }

    @Test func devicesThatAreNotThereAreUsageErrors() throws {
        let flags = ["--model", Fixtures.golden("tiny-llama").path, "--prompts", "p", "--output", "o"]
        let unknown = try Invocation(["sample"] + flags + ["--device", "tpu"])
        #expect(
            unknown.status == 64
                && unknown.errors == "error: device 'tpu': expected cpu, cuda, cuda:N or auto; "
                    + "give one of them as --device\n"
        )
        let missing = try Invocation(["sample"] + flags + ["--device", "cuda:99"])
        #expect(missing.status == 64 && missing.errors.contains("use --device cpu or auto"))
    }

    @Test func mistakesAreNamed() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("modle: m\n", to: "sft.yaml").path
        let misspelt = try Invocation("sft", "--config", file)
        #expect(
            misspelt.status == 65
                && misspelt.errors.contains("sft.yaml:1: 'modle' is not a setting of this verb"))
        let unfit = try Invocation("dpo", "--beta", "0")
        #expect(
            unfit.status == 64 && unfit.errors.contains("--beta: beta: expected a number above 0, found 0.0"))
        let missing = try Invocation("sample", "--prompts", "p", "--output", folder.path("o"))
        #expect(
            missing.status == 64 && missing.errors.contains("model: expected a model (--model DIR or NAME)"))
        let absent = try Invocation(
            "sample", "--model", "nowhere", "--prompts", "p", "--output", folder.path("o"))
        #expect(absent.status == 66)
    }
}

@Suite struct JobCommandTests {
    private let folder: ScratchFolder
    private let model = Fixtures.golden("tiny-llama").path

    init() throws {
        folder = try ScratchFolder()
        try folder.write(#"{"prompt": [{"role": "user", "content": "Hello"}]}"# + "\n", to: "prompts.jsonl")
    }

    @Test func samplesToTheLimitWhereStopTokensAreIgnored() throws {
        // At this temperature all tokens are equally likely, the stop token too.
        func sampled(_ more: String...) throws -> SampleResult {
            let invocation = try Invocation(
                [
                    "sample", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--n", "64",
                    "--max-new-tokens", "64", "--temperature", "100", "--precision", "fp32", "--output",
                    folder.path("long.jsonl"), "--quiet", "--force", "--json",
                ] + more)
            return try JSONDecoder().decode(SampleResult.self, from: Data(invocation.output.utf8))
        }
        let stopping = try sampled()
        #expect(stopping.finished > 0 && stopping.tokens < 64 * 64)
        let ignoring = try sampled("--ignore-eos")
        #expect(ignoring.finished == 0 && ignoring.tokens == 64 * 64)
        #expect(ignoring.promptTokens > 0 && ignoring.generatingSeconds <= ignoring.seconds)
    }

    @Test func samplesScoresAndAnnotates() throws {
        let sampling = [
            "sample", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--n", "3",
            "--max-new-tokens", "6",
            "--precision", "fp32", "--output", folder.path("responses.jsonl"), "--quiet",
        ]
        let sampled = try Invocation(sampling + ["--json"])
        struct Result: Decodable { let prompts: Int, responses: Int }
        let result = try JSONDecoder().decode(Result.self, from: Data(sampled.output.utf8))
        #expect(sampled.status == 0 && sampled.errors.isEmpty && result.prompts == 1 && result.responses == 3)

        // Every judgment of these answers will know who wrote them, and how.
        let row = try #require(
            try JSONLines(URL(fileURLWithPath: folder.path("responses.jsonl"))).load(ResponsesRow.self).first?
                .row)
        #expect(row.policy == (try ContentHash.sha256(of: URL(fileURLWithPath: model))))
        #expect(row.extra["policy_name"] == "tiny-llama" && row.extra["sampler"]?["max_new_tokens"] == 6)

        // Results are not overwritten unasked.
        let again = try Invocation(sampling)
        #expect(again.status == 73 && again.errors.contains("--force"))
        let forced = try Invocation(sampling + ["--force"])
        #expect(forced.status == 0)
        #expect(
            forced.output.hasPrefix("3 answers to 1 prompts, ")
                && forced.output.hasSuffix("responses.jsonl\n"))

        let annotated = try Invocation([
            "annotate", "--responses", folder.path("responses.jsonl"), "--annotator", "concise:enough=1",
            "--as", "ratings",
            "--output", folder.path("ratings.jsonl"),
        ])
        #expect(
            annotated.status == 0
                && annotated.output.contains("3 judgments of the simulated annotator 'concise'"))
        #expect(annotated.errors.contains("No person judges these answers."))

        try folder.write(#"{"text": "Hello there"}"# + "\n", to: "text.jsonl")
        let scored = try Invocation([
            "score", "--model", model, "--data", folder.path("text.jsonl"), "--output",
            folder.path("scores.jsonl"),
        ])
        #expect(scored.status == 0 && scored.output.hasPrefix("1 texts, perplexity "))
    }

    @Test func promptsBeyondTheContextAreNamed() throws {
        let long = String(repeating: "far ", count: 800)
        let file = try folder.write(
            "{\"prompt\": \"Hi\"}\n{\"prompt\": \"\(long)\"}\n", to: "long.jsonl"
        ).path
        let responses = try folder.write(
            "{\"prompt\": \"Hi\", \"responses\": [{\"text\": \"\(long)\"}, {\"text\": \"Yes\"}]}\n",
            to: "said.jsonl"
        ).path
        let reward = Fixtures.golden("tiny-reward").path
        let calls = [
            ["sample", "--model", model, "--prompts", file, "--max-new-tokens", "20"],
            ["ppo", "--model", model, "--prompts", file, "--max-new-tokens", "20", "--reward-model", reward],
            ["grpo", "--model", model, "--prompts", file, "--max-new-tokens", "20", "--reward", "concise"],
            [
                "evaluate", "--models", model, "--prompts", file, "--max-new-tokens", "20", "--judge",
                "concise",
            ],
        ]
        for (index, words) in calls.enumerated() {
            let call = try Invocation(words + ["--output", folder.path("long-\(index)"), "--quiet"])
            #expect(call.status == 65, "\(words[0])")
            #expect(
                call.errors.contains("\(file):2: expected a prompt of at most 492 tokens"), "\(call.errors)")
            #expect(
                call.errors.contains("shorten or remove the row, or lower --max-new-tokens"), "\(words[0])")
            #expect(!folder.holds("long-\(index)"), "\(words[0])")
        }
        let annotated = try Invocation(
            "annotate", "--responses", responses, "--annotator", "reward-model:model=\(reward)", "--output",
            folder.path("judged.jsonl"), "--quiet")
        #expect(annotated.status == 65)
        #expect(annotated.errors.contains("\(responses):1: expected prompt and answer of at most 512 tokens"))
        #expect(!folder.holds("judged.jsonl"))
    }

    @Test func learnsFromComparedAnswers() throws {
        let flags = [
            "grpo", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--reward",
            "concise:enough=1", "--group-size", "4", "--batch-size", "4", "--max-new-tokens", "6",
            "--lora-rank", "2", "--max-steps", "2", "--output", folder.path("grpo"), "--quiet",
        ]
        let trained = try Invocation(flags)
        #expect(trained.status == 0, "\(trained.errors)")
        let final = folder.path("grpo/final")
        #expect(trained.output == "2 steps; the model is in \(final)\nnext: heed chat --model \(final)\n")
        #expect(folder.holds("grpo/final/adapter_model.safetensors") && folder.holds("grpo/samples.jsonl"))
        #expect(try Invocation(flags).status == 73)
        let odd = try Invocation(flags + ["--force", "--group-size", "3"])
        #expect(odd.status == 64 && odd.errors.contains("a multiple of 3 (group_size)"), "\(odd.errors)")
    }

    @Test func mergesAnAdapter() throws {
        try folder.write(#"{"prompt": "Why? ", "completion": "Because."}"# + "\n", to: "rows.jsonl")
        let trained = try Invocation(
            "sft", "--model", model, "--train", folder.path("rows.jsonl"), "--lora-rank", "2", "--max-steps",
            "2",
            "--output", folder.path("sft"), "--quiet")
        #expect(trained.status == 0, "\(trained.errors)")
        let adapter = folder.path("sft/final")
        let merged = try Invocation("models", "merge", adapter, folder.path("merged"), "--quiet")
        #expect(merged.status == 0 && merged.output == folder.path("merged") + "\n")
        #expect(try Invocation("models", "show", folder.path("merged")).output.contains("F32"))
        let again = try Invocation("models", "merge", adapter, folder.path("merged"))
        #expect(again.status == 73)
        let whole = try Invocation("models", "merge", model, folder.path("other"))
        #expect(whole.status == 64 && whole.errors.contains("there is nothing to merge"))
        let stacked = try Invocation(
            "sft", "--model", adapter, "--train", folder.path("rows.jsonl"), "--lora-rank", "2", "--output",
            folder.path("second"))
        #expect(stacked.status == 64 && stacked.errors.contains("heed models merge \(adapter) DIR"))
    }

    @Test func chatsLineByLine() throws {
        let flags = [
            "chat", "--model", model, "--greedy", "--max-new-tokens", "8", "--precision", "fp32", "--json",
        ]
        let both = try Invocation(flags, input: "Hello\nAnd you?\n/reset\nHello\n/exit\nNever read\n")
        #expect(both.status == 0 && both.lines.count == 3)
        // The second answer follows from the first; after a reset the first comes again.
        #expect(both.lines.first == both.lines.last && both.lines[0] != both.lines[1])
        let system = try Invocation(flags, input: "/system You are a pirate.\nHello\n")
        #expect(system.lines.count == 1 && system.lines.first != both.lines.first)
        let plain = try Invocation(Array(flags.dropLast()), input: "/what\nHello\n")
        #expect(plain.status == 0 && plain.errors.contains("/what is none of /help, /retry, /undo, /reset,"))
        struct Turn: Decodable {
            struct Answer: Decodable { let text: String }
            let answer: Answer
        }
        let turn = try JSONDecoder().decode(Turn.self, from: Data((both.lines.first ?? "").utf8))
        #expect(plain.output == turn.answer.text + "\n")
    }

    @Test func questionsAreTakenBackAskedAgainAndSaved() throws {
        let flags = [
            "chat", "--model", model, "--max-new-tokens", "8", "--precision", "fp32", "--json", "--seed", "3",
        ]
        let saved = folder.path("chat.jsonl")
        let call = try Invocation(
            flags, input: "/undo\nHello\n/retry\nAnd you?\n/undo\n/save \(saved)\n/save \(saved)\n")
        #expect(call.status == 0 && call.lines.count == 3, "\(call.errors)")
        #expect(call.errors.contains("there is no question to take back"))
        #expect(call.errors.contains("taken back: And you?"))
        // The same question, and other numbers.
        #expect(
            call.lines[0].contains("Hello") && call.lines[1].contains("Hello")
                && call.lines[0] != call.lines[1])
        let row = try JSONValue(parsing: folder.data("chat.jsonl"))
        #expect(row["messages"]?.array?.compactMap { $0["role"]?.string } == ["user", "assistant"])
        #expect(call.errors.contains("chat.jsonl: this file exists; choose another name"))
    }

    @Test func longConversationsLoseTheirBeginning() throws {
        let flags = ["chat", "--model", model, "--greedy", "--max-new-tokens", "200", "--precision", "fp32"]
        let words = Array(repeating: "why", count: 60).joined(separator: " ")
        let call = try Invocation(flags, input: "\(words)\n\(words)\n\(words)\n")
        #expect(call.status == 0 && call.errors.contains("no longer fit and were left out"))
        let tooLong = try Invocation(
            flags, input: Array(repeating: words, count: 20).joined(separator: " ") + "\n")
        #expect(tooLong.status == 65 && tooLong.errors.contains("the model's context leaves room for"))
    }
}

@Suite struct RunCommandTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        let yaml = try String(contentsOf: Fixtures.root.appending(path: "recipes/tiny.yaml"), encoding: .utf8)
        try folder.write(yaml.replacingOccurrences(of: "FIXTURES", with: Fixtures.root.path), to: "tiny.yaml")
    }

    private func arguments(output: String) -> [String] {
        ["run", folder.path("tiny.yaml"), "--output", folder.path(output), "--quiet"]
    }

    @Test func mistakesAreNamed() throws {
        let file = try folder.write("stages:\n  - verb: sft\n    train: ${x}\n", to: "bad.yaml").path
        let call = try Invocation("run", file)
        #expect(call.status == 65 && call.errors.contains("bad.yaml:3: '${x}' refers to no stage"))
        #expect(try Invocation("run", "nowhere.yaml").status == 66)
    }

    @Test func printsTheSettingsOfEveryStage() throws {
        let call = try Invocation(arguments(output: "out") + ["--print-config"])
        #expect(call.status == 0 && call.output.contains("# stage 7 of 9: dpo\n"))
        #expect(!folder.holds("out"))
    }

    @Test func interruptedItStopsCleanlyAndGoesOn() throws {
        let endless = try folder.text("tiny.yaml")
            .replacingOccurrences(of: "max_steps: 2", with: "max_steps: 100000\n    learning_rate: 0")
        try folder.write(endless, to: "tiny.yaml")
        let steps = { (try? folder.text("out/ppo/metrics.jsonl").split(separator: "\n").count) ?? 0 }
        #expect(try Invocation.signal(SIGINT, arguments(output: "out"), once: { steps() >= 2 }) == 130)
        let before = steps()
        #expect(folder.holds("out/ppo/checkpoint-\(before)"))
        #expect(try Invocation.signal(SIGINT, arguments(output: "out"), once: { steps() > before }) == 130)
        let manifest = try folder.text("out/ppo/run.json")
        #expect(manifest.contains("interrupted"))
    }

    @Test func killedAnywhereItGoesOn() throws {
        let whole = try Invocation(arguments(output: "whole"))
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(whole.output.contains("The report is \(folder.path("whole/report/report.html"))"))

        for landmark in [
            "out/judgments.jsonl", "out/dpo/checkpoint-1", "out/ppo/metrics.jsonl", "out/report/arms",
        ] {
            try Invocation.signal(SIGKILL, arguments(output: "out"), once: { folder.holds(landmark) })
        }
        let last = try Invocation(arguments(output: "out"))
        #expect(last.status == 0, "\(last.errors)")
        for file in [
            "responses.jsonl", "judgments.jsonl", "dpo/final/adapter_model.safetensors",
            "ppo/final/adapter_model.safetensors",
        ] {
            #expect(
                try folder.data("out/\(file)") == folder.data("whole/\(file)"), "\(file)")
        }
    }
}

@Suite struct LostOutputTests {
    /// Whatever prints a result says so when nobody gets it.
    @Test(arguments: [
        ["models", "list"], ["models", "show", Fixtures.golden("tiny-llama").path],
        ["sft", "--print-config"],
        ["--help"], ["--version"], ["help", "sft"], ["doctor", "--print-config"],
    ])
    func outputThatCannotBeWrittenIsAnError(_ words: [String]) throws {
        let call = try Invocation(
            program: URL(fileURLWithPath: "/bin/sh"),
            ["-c", #"exec "$0" "$@" >/dev/full"#, Invocation.program.path] + words)
        #expect(call.status == 74, "\(words)")
        #expect(
            call.errors.hasPrefix("error: standard output: the result could not be written"), "\(call.errors)"
        )
    }

    @Test(arguments: ["tokenizer encode", "tokenizer decode", "chat --max-new-tokens 2"])
    func soAreAnswersLineByLine(_ words: String) throws {
        let call = try Invocation(
            program: URL(fileURLWithPath: "/bin/sh"),
            ["-c", #"exec "$0" "$@" >/dev/full"#, Invocation.program.path]
                + words.split(separator: " ").map(String.init)
                + ["--model", Fixtures.golden("tiny-llama").path], input: "[5]\n")
        #expect(call.status == 74, "\(words): \(call.errors)")
    }
}

@Suite struct ForcedRunTests {
    /// What a forced run reads is not removed, and what it would replace stays where it fails.
    @Test func aForcedRunDoesNotRemoveWhatItReads() throws {
        let folder = try ScratchFolder()
        try folder.write(#"{"prompt": "Why? ", "completion": "Because."}"# + "\n", to: "rows.jsonl")
        func sft(_ more: String...) throws -> Invocation {
            try Invocation(
                [
                    "sft", "--train", folder.path("rows.jsonl"), "--max-steps", "1", "--output",
                    folder.path("run"),
                ]
                    + ["--device", "cpu", "--precision", "fp32", "--quiet"] + more)
        }
        let first = try sft("--model", Fixtures.golden("tiny-llama").path)
        #expect(first.status == 0, "\(first.errors)")
        let weights = try folder.data("run/final/model.safetensors")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("alias"), withDestinationPath: folder.path("run/final"))
        for model in ["run/final", "run/checkpoint-1", "alias"] where folder.holds(model) {
            let call = try sft("--model", folder.path(model), "--force")
            #expect(call.status == 73, "\(call.errors)")
            #expect(
                call.errors.contains("--force would replace it, and \(folder.path(model)) is read from it"))
        }
        // A run that fails once its folder is there.
        let failed = try sft(
            "--model", Fixtures.golden("tiny-llama").path, "--force", "--learning-rate", "1e30")
        #expect(try failed.status == 0 || folder.data("run/final/model.safetensors") == weights)
        let sampled = try Invocation(
            "sample", "--model", Fixtures.golden("tiny-llama").path, "--prompts", folder.path("rows.jsonl"),
            "--output", folder.path("rows.jsonl"), "--force")
        #expect(sampled.status == 73 && folder.holds("rows.jsonl"))
    }
}

@Suite struct FullDiskTests {
    /// Passes with a printed reason where nothing may be mounted.
    @Test func aFullDiskLosesNothing() throws {
        let script = Fixtures.root.appending(path: "../../scripts/full-disk.sh").standardizedFileURL
        let call = try Invocation(program: script, [Invocation.program.path])
        #expect(call.status == 0, "\(call.output) \(call.errors)")
        print(call.output, terminator: "")
    }
}
