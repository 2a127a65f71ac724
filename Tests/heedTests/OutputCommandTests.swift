import Foundation
import TestSupport
import Testing

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
