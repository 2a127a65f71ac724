import Foundation
import TestSupport
import Testing

@Suite struct TokenizerTrainCommandTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(String(repeating: "low lower lowest new newer newest\n", count: 20), to: "text.txt")
    }

    private func train(_ words: String...) throws -> Invocation {
        try Invocation(
            [
                "tokenizer", "train", "--train", folder.path("text.txt"), "--output", folder.path("t"),
                "--quiet",
            ] + words)
    }

    @Test func whatIsLearnedTokenizesAndLaysOutChats() throws {
        let trained = try train(
            "--vocab-size", "270", "--special-tokens", "<|endoftext|>", "<|im_start|>", "<|im_end|>",
            "--chat-template", "chatml")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.output.contains("270 tokens, 11 of them by merging"))
        #expect(trained.output.contains("bytes per token of the text that it learned from"))
        let encoded = try Invocation(
            ["tokenizer", "encode", "--model", folder.path("t")], input: "<|endoftext|>low\n")
        #expect(encoded.output.hasPrefix("[0,"))
        // Answers end as the template says.
        #expect(try folder.text("t/tokenizer_config.json").contains(#""eos_token": "<|im_end|>""#))
        let chat = try Invocation(
            ["tokenizer", "template", "--model", folder.path("t")],
            input: "[{\"role\":\"user\",\"content\":\"low\"},{\"role\":\"assistant\",\"content\":\"new\"}]\n")
        #expect(
            chat.output.contains(
                "<|im_start|>user\\nlow<|im_end|>\\n<|im_start|>assistant\\nnew<|im_end|>\\n"),
            "\(chat.output) \(chat.errors)")
    }

    @Test func vocabulariesThatCannotBeReachedAreSaid() throws {
        #expect(try train("--vocab-size", "5000").output.contains("fewer than the 5000 that were asked for"))
        #expect(
            try train("--vocab-size", "9", "--force").output.contains("more than the 9 that were asked for"))
    }

    @Test func nothingOfSomebodysIsReplaced() throws {
        try folder.write("mine", to: "t/novel.txt")
        for force in [[], ["--force"]] {
            let refused = try Invocation(
                [
                    "tokenizer", "train", "--train", folder.path("text.txt"), "--vocab-size", "300",
                    "--output", folder.path("t"),
                ]
                    + force)
            #expect(
                refused.status != 0 && refused.errors.contains("found novel.txt; choose another --output"))
        }
        #expect(FileManager.default.fileExists(atPath: folder.path("t/novel.txt")))
        let tasks = try Invocation(
            "tasks", "letters", "--n", "2", "--held-out", "2", "--output", folder.path("t"))
        #expect(tasks.status != 0 && tasks.errors.contains("found novel.txt"))
    }

    @Test func resultsAreReplacedOnlyWhereAsked() throws {
        let tasks = ["tasks", "letters", "--n", "2", "--held-out", "2", "--output", folder.path("r")]
        #expect(try Invocation(tasks).status == 0)
        let again = try Invocation(tasks)
        #expect(again.status == 73 && again.errors.contains("this folder exists"), "\(again.errors)")
        #expect(try Invocation(tasks + ["--force"]).status == 0)
    }

    @Test(arguments: [
        (["--vocab-size", "300", "--pre-tokenizer", "("], "pre_tokenizer: expected gpt2, qwen2"),
        (
            ["--vocab-size", "300", "--pre-tokenizer", "qwen2", "--add-prefix-space"],
            "add_prefix_space: expected false"
        ),
        (
            ["--vocab-size", "300", "--pre-tokenizer", "qwen-2"],
            "pre_tokenizer: expected qwen2, or as a regular"
        ),
        (
            ["--vocab-size", "300", "--special-tokens", "<a>", "<b>", "<a>"],
            "expected each token once, found '<a>' twice"
        ),
        (["--vocab-size", "300", "--chat-template", "chatml"], "chat_template: expected chatml only beside"),
        (["--vocab-size", "300", "--eos-token", "<x>"], "eos_token: expected one of special_tokens"),
        ([], "vocab_size: expected a number of tokens"),
    ]) func settingsThatMakeNoSenseAreRefused(_ words: [String], _ message: String) throws {
        let refused = try Invocation(
            ["tokenizer", "train", "--train", folder.path("text.txt"), "--output", folder.path("t")] + words)
        // A flag's message names the flag.
        let errors = refused.errors.replacing("-", with: "_")
        #expect(refused.status == 64 && errors.contains(message), "\(refused.errors)")
    }
}
