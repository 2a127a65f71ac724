import ArgumentParser
import Foundation
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
    private static let watching = "--no-preflight --kl-budget 5 --score-sampled-tokens"
    private static let run = "--output o --seed 7 --device cpu --precision fp32 --threads 2"
    private static let sampling =
        "--n 2 --max-new-tokens 9 --temperature 0.5 --top-k 5 --top-p 0.9 --min-p 0.1 --repetition-penalty 1.1 --greedy"

    private static let flags = [
        "pretrain":
            "\(training.replacing("--chat-prompts ", with: "")) --preset nano --architecture f --tokenizer t --budget 20m --document-token d --end-documents --whole-row-attention "
            + "--shards s --optimizer muon --muon-learning-rate 0.02 --muon-weight-decay 0.1 --dropout 0.1 --z-loss 0.1 "
            + "--early-stopping-patience 2 --sample-prompts a b --sample-tokens 9",
        "sft":
            "\(training) --loss dft --completion-only on --assistant-only --packing --packing-strategy wrapped",
        "reward":
            "\(training) --loss pairwise --center-coefficient 0.1 --aspects a b --groups group --group-shrinkage 2 "
            + "--ensemble 2 --annotator-noise --normalize r",
        "dpo":
            "\(training) --loss cdpo sft --loss-weights 1 0.5 --beta 0.2 --label-smoothing 0.1 --sft-weight 1 "
            + "--reference r --precompute-reference --f-divergence-type js_divergence --ld-alpha 0.5 "
            + "--use-weighting --no-sync-ref-model --prompts p --judge warm --judge-error 0.1 --pairs extremes "
            + "--rounds 2 --n 3 --max-new-tokens 9 --temperature 0.5",
        "kto":
            "\(training) --loss apo_zero_unpaired --beta 0.2 --desirable-weight 2 --undesirable-weight 0.5 "
            + "--reference r --precompute-reference",
        "orpo": "\(training) --beta 0.2",
        "cpo":
            "\(training) --loss simpo --beta 2 --label-smoothing 0.1 --sft-weight 0 --simpo-gamma 1 --alpha 0.1",
        "ppo":
            "\(optimization) \(watching) --reward-model rm --prompts p --reference r --rollout-batch 8 --ppo-epochs 2 --minibatches 2 "
            + "--kl-coefficient 0.1 --kl-estimator k3 --target-kl 6 --clip-range 0.1 --value-clip-range 0.1 "
            + "--value-coefficient 0.2 --gamma 0.99 --lambda 0.9 --temperature 1 --max-new-tokens 20 "
            + "--missing-eos-penalty 2 --whiten-rewards --kl-in loss --kl-horizon 500 --dual-clip 3 "
            + "--entropy-coefficient 0.01 --score-normalization standard --score-clip 5 --explain 2 --critic head "
            + "--critic-learning-rate 1e-5 --critic-warmup 1 --ptx-data s --ptx-coefficient 0.1 --ptx-batch-size 2 "
            + "--sync-ref-model --ref-model-mixup-alpha 0.1 --ref-model-sync-steps 1",
        "grpo":
            "\(optimization) \(watching) --reward a b:c=1 --reward-model rm --reward-weights 1 2 0.5 --prompts p --reference r "
            + "--group-size 4 --rollout-batch 8 --num-iterations 2 --loss dr_grpo --baseline group --scale-rewards none "
            + "--normalize-advantages --adaptive-entropy --entropy-target 0.5 "
            + "--importance sequence --beta 0.1 --epsilon 0.1 --epsilon-high 0.3 --entropy-coefficient 0.01 "
            + "--mask-truncated --temperature 0.9 --max-new-tokens 20",
        "rejection":
            "\(optimization) --reward a b:c=1 --reward-model rm --reward-weights 1 2 0.5 --prompts p --rounds 4 --keep 2 "
            + "--min-score 0.5 --keep-cut-off --no-keep-past --from-start --temperatures 0.7 1 --temperature-prompts 8 --n 16 "
            + "--max-new-tokens 20 --temperature 1 --top-k 5 --top-p 0.9 --max-length 64",
        "distill":
            "\(training) --teacher t b=u --divergence jsd:0.3 --loss-temperature 2 --sft-weight 0.5 --on-policy 0.5 "
            + "--temperature 0.9 --max-new-tokens 9 --sampled-kl --clip-range 0.2 --alm-temperature 50",
        "sample":
            "\(sampling) --model m --name n --prompts p q --limit 3 --no-chat-prompts --stop x --ignore-eos --slots 4",
        "constitution":
            "--max-new-tokens 9 --temperature 0.5 --top-k 5 --greedy --model m --prompts p q --constitution c --revisions 2 --keep-cut-off --limit 3 --no-chat-prompts --slots 4",
        "score": "--model m --data d --batch-size 2 --temperature 0.5 --max-length 9 --chat-prompts",
        "tasks": "--difficulty 1 2 --n 5 --held-out 2 --system s",
        "annotate":
            "--responses r --annotator concise --noise 0.1 --pairs extremes --lexicon l --require-card",
        "evaluate":
            "\(sampling) --models a b=c d@4 --proxy concise --prompts p --chat-prompts --limit 3 --people s --project q --overlap 2 --partial --lexicon l "
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

    /// Flags that go without those of ``flags``.
    @Test(arguments: [
        (
            "score", "--data d --reward a b:c=1 --reward-model rm --reward-weights 1 2 0.5",
            "reward_model: rm\n"
        ),
        ("tasks", "letters --side held-out", "task: letters\n"),
        ("pretrain", "--lr-decay-steps 0.2 --lr-decay-type 1-sqrt", "lr_decay_type: 1-sqrt\n"),
        ("annotate", "--responses r --as ratings", "as: ratings\n"),
        ("dpo", "--prompts p --judge people --store s", "store: s\n"),
        ("grpo", "--prompts p --curriculum 0.1 0.9 --refills 2", "refills: 2\n"),
        ("ppo", "--prompts p --curriculum 0.1 0.9", "curriculum_factor: 5"),
        ("ppo", "--replay p", "replay: p\n"),
        ("distill", "--student s --replay p", "model: s\n"),
        ("distill", "--alignment gold", "alignment: gold\n"),
        ("distill", "--seq-kd", "seq_kd: true\n"),
        ("distill", "--teacher-scores d --teacher-top-k 9", "teacher_top_k: 9\n"),
        ("grpo", "--replay p", "replay: p\n"),
        (
            "evaluate", "--models a b --prompts p --judge concise --judge-error 0.1 --require-card",
            "judge: [concise]\n"
        ),
        (
            "evaluate", "--models a --frontier runs/x b@8 --proxy concise --prompts p",
            "frontier: [runs/x, b@8]\n"
        ),
    ])
    func flagsThatExcludeOthersAreKeysToo(_ verb: String, words: String, line: String) throws {
        let arguments = [verb] + words.split(separator: " ").map(String.init) + ["--print-config"]
        let printed = try Invocation(arguments)
        #expect(printed.status == 0 && printed.output.contains(line), "\(printed.errors)")
    }

    @Test func kindsOfTasksAreListed() throws {
        let list = try Invocation("tasks")
        #expect(list.status == 0)
        #expect(
            list.output.contains("countdown   Make 24 of 3, 5 and 9, each used once.  --reward countdown\n"))
        let unknown = try Invocation("tasks", "chess", "--output", "x")
        #expect(unknown.status == 64 && unknown.errors.contains("task: expected one of arithmetic"))
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
                && unknown.errors == "error: device 'tpu': expected cpu, cuda, cuda:N, mps or auto; "
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
            unfit.status == 64 && unfit.errors.contains("--beta: expected a number above 0, found 0.0"))
        let missing = try Invocation("sample", "--prompts", "p", "--output", folder.path("o"))
        #expect(
            missing.status == 64 && missing.errors.contains("model: expected a model (--model DIR or NAME)"))
        let absent = try Invocation(
            "sample", "--model", "nowhere", "--prompts", "p", "--output", folder.path("o"))
        #expect(absent.status == 66)
    }
}
