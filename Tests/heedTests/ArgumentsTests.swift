import Foundation
import JSON
import TestSupport
import Testing

@testable import heed

/// What is typed wrongly, or in another tool's spelling.
@Suite struct ArgumentsTests {
    @Test func negativeNumbersAreValues() {
        let words = [
            "grpo", "--reward-weights", "1", "-0.5", "-2", "--kl-coefficient", "-1", "--output", "x",
        ]
        #expect(
            words.joiningNegativeNumbers == [
                "grpo", "--reward-weights", "1", "--reward-weights=-0.5", "--reward-weights=-2",
                "--kl-coefficient=-1", "--output", "x",
            ])
        #expect(["label", "-h"].joiningNegativeNumbers == ["label", "-h"])
    }

    @Test func weightsMayBeNegative() throws {
        let call = try Invocation(
            "grpo", "--reward", "warm", "concise", "--reward-weights", "1", "-0.5", "--print-config")
        #expect(call.status == 0 && call.output.contains("reward_weights: [1, -0.5]\n"), "\(call.errors)")
    }

    @Test(
        arguments: [
            ("--lr", "--learning-rate"), ("--model_name_or_path", "--model"), ("--dataset_name", "--train"),
            ("--per_device_train_batch_size", "--batch-size"), ("--learning-rat", "--learning-rate"),
        ]) func unknownFlagsAreNamedWithWhatWasMeant(_ flag: String, _ meant: String) throws
    {
        let call = try Invocation("sft", flag, "1")
        #expect(call.status == 64)
        #expect(
            call.errors.contains("Unknown option '\(flag)' of heed sft; did you mean '\(meant)'?"),
            "\(call.errors)")
    }

    /// The last would count, and nobody would hear of the first.
    @Test func anOptionIsGivenOnce() throws {
        func repeated(_ words: String...) -> String? {
            RepeatedOption(in: words, of: DistillCommand.self)?.description
        }
        #expect(repeated("--seed", "1", "--threads", "2", "--seed=1") == "--seed is given twice; keep one")
        #expect(
            repeated("--model", "a", "--student", "b") == "--student says again what --model says; keep one")
        // Lists grow, and what a flag says it says once.
        #expect(repeated("--train", "a", "--train", "b") == nil)
        #expect(repeated("--quiet", "--quiet") == nil)
        #expect(repeated("--seed", "1") == nil)
        let call = try Invocation("chat", "--model", "a", "--model", "b")
        #expect(call.status == 64 && call.errors.contains("--model is given twice"), "\(call.errors)")
    }

    @Test func whatIsMissingIsToldAtOnce() throws {
        let call = try Invocation("sft")
        #expect(call.status == 64)
        for key in ["model", "train", "output"] {
            #expect(call.errors.contains("\(key): expected a"), "\(key)")
        }
    }

    @Test func numbersOutOfRangeAreMistakesOfUsage() throws {
        let call = try Invocation(
            "ppo", "--learning-rate", "nan", "--target-kl", "0", "--kl-coefficient", "-1", "--threads",
            "100000",
            "--batch-size", "9223372036854775807", "--lora-rank", "16385")
        #expect(call.status == 64)
        #expect(call.errors.split(separator: "\n").count == 6, "\(call.errors)")
    }

    @Test func flagsThatAVerbRefusesAreNotInItsHelp() throws {
        let help = try Invocation("help", "ppo").output
        for flag in ["--train", "--eval", "--keep-best", "--max-length", "--streaming"] {
            #expect(!help.contains("\(flag) "), "\(flag)")
        }
        #expect(try !Invocation("help", "score").output.contains("--resume"))
        #expect(try Invocation("help", "dpo").output.contains("(default: 1e-06; 1e-05"))
    }

    @Test func slowPrecisionIsSaidAndRecorded() throws {
        let folder = try ScratchFolder()
        let call = try Invocation(
            [
                "sft", "--model", Fixtures.golden("tiny-llama").path, "--train",
                Fixtures.golden("sft/prompt_completion.jsonl").path, "--max-steps", "1", "--batch-size", "2",
                "--precision", "bf16", "--device", "cpu", "--output", folder.path("run"),
            ], environment: ["HEED_CPU": "avx2"])
        #expect(
            call.status == 0 && call.errors.contains("bf16 takes about ten times as long"), "\(call.errors)")
        #expect(call.output.contains("next: heed chat --model \(folder.path("run"))/final"))
        let run = try JSONValue(parsing: Data(contentsOf: folder.url.appending(path: "run/run.json")))
        #expect(run["precision"]?.string == "bf16" && run["device"]?.string == "cpu")
    }

    /// An interrupted run's last line is a command; here it is made of a checkpoint that is left.
    @Test func aRunIsResumedByItsFolderAlone() throws {
        let folder = try ScratchFolder()
        let arguments = [
            "sft", "--model", Fixtures.golden("tiny-llama").path, "--train",
            Fixtures.golden("sft/prompt_completion.jsonl").path, "--max-steps", "400", "--batch-size", "2",
            "--checkpoint-every", "1", "--max-length", "48", "--device", "cpu", "--output",
            folder.path("run"),
        ]
        try Invocation.signal(SIGINT, arguments) { folder.holds("run/checkpoint-2") }
        let settings = try Invocation("sft", "--resume", "--output", folder.path("run"), "--print-config")
        #expect(settings.output.contains("max_length: 48\n") && settings.output.contains("max_steps: 400\n"))
        let other = try Invocation("sft", "--resume", "--output", folder.path("run"), "--max-steps", "5")
        #expect(other.status == 65 && other.errors.contains("max_steps was 400 and is 5"), "\(other.errors)")
        let call = try Invocation(["sft", "--resume", "--output", folder.path("run"), "--json"])
        #expect(call.status == 0, "\(call.errors)")
        let result = try JSONValue(parsing: Data(call.output.utf8))
        #expect(result["steps"] == .integer(400) && result["loss"]?.number != nil)
        #expect(result["tokens"]?.number != nil && result["seconds"]?.number != nil)
    }
}
