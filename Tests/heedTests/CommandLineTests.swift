import ArgumentParser
import Feedback
import Foundation
import Runs
import TestSupport
import Testing

@testable import heed

@Suite struct CommandLineTests {
    @Test func versionAndHelp() throws {
        #expect(try Invocation("--version").output == Heed.version + "\n")
        let help = try Invocation("help")
        #expect(help.status == 0)
        for verb in HeedCommand.configuration.subcommands {
            #expect(help.output.contains("  \(verb._commandName) "))
        }
    }

    /// Verbs and the verbs inside them, by their words.
    private static func verbs(
        of command: any ParsableCommand.Type = HeedCommand.self, after words: [String] = []
    ) -> [(words: [String], help: String)] {
        command.configuration.subcommands.flatMap { verb -> [(words: [String], help: String)] in
            let words = words + [verb._commandName]
            return [(words, HeedCommand.helpMessage(for: verb))] + verbs(of: verb, after: words)
        }
    }

    @Test func everyVerbHasAnExampleThatNamesIt() {
        for (words, help) in Self.verbs() {
            #expect(help.contains("EXAMPLE:"), "\(words)")
            #expect(help.contains("heed \(words.joined(separator: " "))"), "\(words)")
        }
    }

    /// Help is broken at 80 columns, and a command that is broken there cannot be copied.
    @Test func examplesFitIntoATerminal() {
        for (words, help) in Self.verbs() {
            for example in help.components(separatedBy: "EXAMPLE:\n").dropFirst() {
                let lines = example.split(separator: "\n", omittingEmptySubsequences: false)
                    .prefix { !$0.isEmpty }
                #expect(lines.allSatisfy { $0.hasPrefix("  ") }, "\(words): \(lines)")
            }
        }
    }

    @Test func everyTaskOfTheAppIsInTheHelp() throws {
        let help = try #require(Self.verbs().first { $0.words == ["label", "start"] }).help
        let option = try #require(help.components(separatedBy: "--task <task>").last?.prefix(200))
        for task in LabellingTask.allCases { #expect(option.contains(task.rawValue), "\(option)") }
    }

    @Test func mistypedVerbsAreAnswered() throws {
        let call = try Invocation("toknizer")
        #expect(call.status == 64)
        #expect(call.errors == "error: 'toknizer' is not a verb; did you mean 'tokenizer'?\n")
        #expect(call.output.isEmpty)
    }

    @Test func unknownFlagsAreUsageErrors() throws {
        let call = try Invocation("models", "list", "--jsn")
        #expect(call.status == 64)
        #expect(call.errors.contains("--jsn"))
    }
}

@Suite struct TokenizerCommandTests {
    private let model = Fixtures.golden("tiny-llama").path

    @Test func encodesAndDecodesLikeTheGoldenTokenizer() throws {
        struct Golden: Decodable { let strings: [Case] }
        struct Case: Decodable { let text: String, ids: [Int], decoded: String? }
        let cases = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: Fixtures.golden("tokenizer/tiny_strings.json"))
        ).strings
        let (texts, ids) = (cases.map(\.text), cases.map(\.ids))
        let decoded = cases.map { $0.decoded ?? $0.text }

        func json(_ values: some Sequence<some Encodable>) throws -> [String] {
            try values.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        }
        let encoding = try Invocation(
            "tokenizer", "encode", "--model", model, input: json(texts).joined(separator: "\n"))
        #expect(encoding.status == 0)
        #expect(try encoding.lines.map { try JSONDecoder().decode([Int].self, from: Data($0.utf8)) } == ids)

        let decoding = try Invocation("tokenizer", "decode", "--model", model, input: encoding.output)
        #expect(decoding.status == 0)
        #expect(
            try decoding.lines.map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) } == decoded)
    }

    @Test func manyLinesKeepTheirOrder() throws {
        // More than one reading brings, with lines that arrive in two pieces.
        let texts = (0..<400).map { "line \($0)" + String(repeating: " and on", count: 500) }
        let input = texts.joined(separator: "\r\n\n")
        let encoding = try Invocation("tokenizer", "encode", "--model", model, input: input)
        let decoding = try Invocation("tokenizer", "decode", "--model", model, input: encoding.output)
        // An empty line is an empty text.
        let expected = texts.dropLast().flatMap { [$0, ""] } + texts.suffix(1)
        #expect(
            try decoding.lines.map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) } == expected)
    }

    @Test func plainTextIsTextToo() throws {
        let plain = try Invocation("tokenizer", "encode", "--model", model, input: "Hello there\n")
        let quoted = try Invocation("tokenizer", "encode", "--model", model, input: "\"Hello there\"\n")
        #expect(plain.output == quoted.output && plain.status == 0)
    }

    @Test func laysOutChats() throws {
        let messages = #"[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes"}]"#
        let text = try Invocation("tokenizer", "template", "--model", model, input: messages)
        #expect(
            text.output.contains(#"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n"#))

        let prompt = try Invocation(
            "tokenizer", "template", "--generation-prompt", "--model", model,
            input: #"{"messages":\#(messages)}"#)
        #expect(prompt.output.hasSuffix(#"<|im_start|>assistant\n""# + "\n"))

        let masked = try Invocation("tokenizer", "template", "--mask", "--model", model, input: messages)
        let row = try JSONDecoder().decode([String: [Int]].self, from: Data(masked.output.utf8))
        let (ids, mask) = (try #require(row["ids"]), try #require(row["assistant_mask"]))
        #expect(ids.count == mask.count)
        let written = zip(ids, mask).filter { $0.1 == 1 }.map(\.0)
        let decoded = try Invocation("tokenizer", "decode", "--model", model, input: "\(written)")
        #expect(decoded.output == "\"Yes<|im_end|>\"\n")
    }

    @Test func badLinesAreNamed() throws {
        let call = try Invocation("tokenizer", "decode", "--model", model, input: "[5]\n\n[5, \"x\"]\n")
        #expect(call.status == 65)
        #expect(call.lines.count == 1)
        #expect(
            call.errors == "error: standard input:3: expected a JSON array of token ids, such as [1, 4093], "
                + "found '[5, \"x\"]'; correct the line\n")
        let unknown = try Invocation("tokenizer", "decode", "--model", model, input: "[512]\n")
        #expect(unknown.status == 0 && unknown.errors.contains("were left out"))
        let chat = try Invocation("tokenizer", "template", "--model", model, input: "{}\n")
        #expect(chat.status == 65 && chat.errors.contains("standard input:1: expected messages"))
    }

    @Test func missingModelsAreNamed() throws {
        let call = try Invocation("tokenizer", "encode", "--model", "no-such-model")
        #expect(call.status == 66)
        #expect(call.errors.contains("model 'no-such-model': no such file or folder"))
    }
}

@Suite struct ModelsCommandTests {
    @Test func listsTheCatalogue() throws {
        struct Row: Decodable { let name: String, kind: String, path: String? }
        let call = try Invocation("models", "list", "--json")
        let rows = try JSONDecoder().decode([Row].self, from: Data(call.output.utf8))
        #expect(rows.first?.name == "smollm2-135m-instruct" && rows.first?.kind == "model")
        #expect(rows.allSatisfy { $0.path == nil })
        #expect(try Invocation("models").output.contains("Apache-2.0"))
    }

    @Test func showsAModel() throws {
        let model = Fixtures.golden("tiny-llama").path
        let text = try Invocation("models", "show", model)
        #expect(text.status == 0)
        #expect(text.output.contains("171,456"))
        let json = try Invocation("models", "show", model, "--json")
        #expect(json.output.contains(#""has_chat_template":true,"#))
        #expect(json.output.contains(#""parameters":171456,"#))
    }

    @Test func statusesSayWhatWentWrong() throws {
        #expect(try Invocation("models", "pull", "smollm3").status == 64)
        #expect(try Invocation("models", "show", "nowhere").status == 66)
        #expect(try Invocation("models", "show", Fixtures.golden("sft").path).status == 65)
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let wheel = folder.appending(path: "x.whl")
        try Data("x".utf8).write(to: wheel)
        let call = try Invocation(
            "models", "pull", "vader-lexicon", "--wheel", wheel.path, "--quiet",
            environment: ["HEED_HOME": folder.appending(path: "home").path])
        #expect(call.status == 65)
        #expect(call.errors.contains("it is not the file that was pinned"))
        #expect(call.output.isEmpty)
    }

    @Test func aKilledPullLeavesNothingBehindThatCounts() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // A Python whose pip tells that it has begun and then takes its time.
        let python = folder.appending(path: "python3")
        let begun = folder.appending(path: "begun").path
        try Data("#!/bin/sh\ntouch '\(begun)'\nexec sleep 30\n".utf8).write(to: python)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
        let path = folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let environment = ["HEED_HOME": folder.appending(path: "home").path, "PATH": path]

        let process = Process()
        process.executableURL = Invocation.program
        process.arguments = ["models", "pull", "vader-lexicon", "--quiet"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try process.run()
        let deadline = Deadline(seconds: 60)
        while !FileManager.default.fileExists(atPath: begun), process.isRunning, !deadline.isOver {
            usleep(10_000)
        }
        kill(process.processIdentifier, SIGKILL)
        try process.waitUntilExit(within: 300)

        let list = try Invocation("models", "list", "--json", environment: environment)
        #expect(list.status == 0 && !list.output.contains("\"path\""))
    }
}
