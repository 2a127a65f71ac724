import Datasets
import Foundation
import JSON
import Runs
import TestSupport
import Testing
import Training

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
        #expect(sampled.status == 0 && result.prompts == 1 && result.responses == 3)
        // A note on the layout, and no progress.
        #expect(!sampled.errors.contains("sampling:"), "\(sampled.errors)")

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

    @Test func aFinishedReportIsKeptMadeAgainOrReplaced() throws {
        let words = [
            "evaluate", "--models", "a=\(model)", "b=\(model)", "--prompts", folder.path("prompts.jsonl"),
            "--max-new-tokens", "4", "--judge", "concise:enough=1", "--output", folder.path("report"),
            "--quiet",
        ]
        let first = try Invocation(words)
        #expect(first.status == 0, "\(first.errors)")
        let answers = folder.path("report/arms/a.answers.json")
        let before = try Data(contentsOf: URL(fileURLWithPath: answers))
        let again = try Invocation(words)
        #expect(again.errors.contains("--resume to measure what is not measured yet"), "\(again.errors)")
        // What is measured is not measured again: the seconds that it took stay in its file.
        let resumed = try Invocation(words + ["--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: answers)) == before)
        let replaced = try Invocation(words + ["--force"])
        #expect(replaced.status == 0, "\(replaced.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: answers)) != before)
        #expect(try Invocation(words + ["--resume", "--force"]).status == 64)
    }

    @Test func learnsFromComparedAnswers() throws {
        func flags(groupSize: Int) -> [String] {
            [
                "grpo", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--reward",
                "concise:enough=1", "--group-size", "\(groupSize)", "--batch-size", "4",
                "--max-new-tokens", "6", "--lora-rank", "2", "--max-steps", "2",
                "--output", folder.path("grpo"), "--quiet",
            ]
        }
        let trained = try Invocation(flags(groupSize: 4))
        #expect(trained.status == 0, "\(trained.errors)")
        let final = folder.path("grpo/final")
        #expect(trained.lines.first == "2 steps; the model is in \(final)")
        #expect(trained.lines.dropFirst().first?.hasPrefix("on-policy: ") == true)
        #expect(trained.lines.last == "next: heed chat --model \(final)")
        #expect(folder.holds("grpo/final/adapter_model.safetensors") && folder.holds("grpo/samples.jsonl"))
        #expect(try Invocation(flags(groupSize: 4)).status == 73)
        let odd = try Invocation(flags(groupSize: 3) + ["--force"])
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

    /// Weights in 8 bits answer; what is trained, or trained on, refuses them with the reason.
    @Test func weightsInBytesAreForTalkingAlone() throws {
        let flags = ["--model", model, "--precision", "int8", "--device", "cpu"]
        let chat = try Invocation(
            ["chat", "--greedy", "--max-new-tokens", "4", "--json"] + flags, input: "Hello\n")
        #expect(chat.status == 0 && chat.lines.count == 1, "\(chat.errors)")
        for verb in ["sample", "score", "doctor", "sft", "ppo", "grpo"] {
            let call = try Invocation([verb, "--print-config"] + flags)
            #expect(
                call.status == 64 && call.errors.contains("int8 is for chat, label, annotate")
                    && call.errors.contains("--precision"), "\(verb): \(call.errors)")
        }
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
