#if os(Linux)
import ArgumentParser
import Foundation
import JSON
import RandomNumbers
import TestSupport
import Testing
import Verbs

@testable import heed

/// Every command that leaves something, killed at one of its calls to the file system and called again: what is there in
/// the end is, bit by bit, what a process leaves that nobody disturbed.
///
/// `make kill N=100` kills each of them 100 times, at other calls every time.
@Suite(.enabled(if: KillSwitch.isAvailable, "a C compiler (cc) makes the switch that kills")) struct KillTests
{
    private static let environment = ProcessInfo.processInfo.environment
    private static let kills = environment["HEED_KILLS"].flatMap(Int.init) ?? 2
    private static let seed = environment["HEED_KILL_SEED"].flatMap(UInt64.init) ?? 1

    /// What is tested elsewhere, or leaves nothing.
    private static let others: Set<String> = [
        "models list", "models show", "tokenizer encode", "tokenizer decode", "tokenizer template", "doctor",
        // A report that is whole or absent, where one is asked for.
        "lint-reward", "judge-card",
        // In the catalogue's folder, whole or absent as `models merge` is: ModelsTests.
        "models pull", "models import",
        // One transaction of the store, which does not notice a kill: CrashTests and LabelKillTests.
        "label start", "label import", "label prioritize", "label invite", "label agreement", "chat",
    ]

    @Test func noCommandIsForgotten() {
        func names(of command: any ParsableCommand.Type, after words: [String] = []) -> [String] {
            command.configuration.subcommands.flatMap { verb in
                let words = words + [verb._commandName]
                return verb.configuration.subcommands.isEmpty
                    ? [words.joined(separator: " ")] : names(of: verb, after: words)
            }
        }
        let known = Set(KilledCommand.all.map(\.name)).union(Self.others)
        #expect(Set(names(of: HeedCommand.self)).subtracting(known).isEmpty)
        #expect(Set(Verb.onCommandLine.map(\.name)).isSubset(of: KilledCommand.all.map(\.name)))
        for verb in Verb.all where !Verb.onCommandLine.contains(where: { $0.name == verb.name }) {
            #expect(KilledCommand.recipe.contains("verb: \(verb.name)\n"), "\(verb.name)")
        }
    }

    @Test(arguments: KilledCommand.all) func killedAnywhereItGoesOn(_ command: KilledCommand) throws {
        let place = try KilledCommand.Place()
        let killer = try KillSwitch()
        let whole = try killer.run(command.line(place, "whole"))
        try #require(whole.status == 0, "\(whole.errors)")
        let (expected, calls) = (try place.results("whole"), try killer.calls())
        #expect(!expected.isEmpty && calls > 0)
        var random = RandomSource(
            seed: command.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } &+ Self.seed)
        for number in 1...Self.kills {
            let output = "killed-\(number)"
            // Some are killed again on their way.
            let moments = (0...random.integer(below: 2)).map { _ in 1 + random.integer(below: calls) }
            for (index, moment) in moments.enumerated() {
                let line = command.line(place, output)
                _ = try killer.run(index == 0 ? line : command.again(line, place, output), killedAt: moment)
            }
            let last = try killer.run(command.again(command.line(place, output), place, output))
            // It may have been at its end.
            #expect(last.status == 0 || last.status == 73, "\(command.name) at \(moments): \(last.errors)")
            let found = try place.results(output)
            #expect(
                found.keys.sorted() == expected.keys.sorted(), "\(command.name) at \(moments) of \(calls)")
            for (name, data) in expected where found[name] != nil {
                #expect(found[name] == data, "\(command.name) at \(moments) of \(calls): \(name)")
            }
            try FileManager.default.removeItem(atPath: place.folder.path(output))
        }
    }
}

/// A command that leaves something, on tiny models.
struct KilledCommand: Sendable, CustomTestStringConvertible {
    let name: String
    /// Everything but the output; what follows on `@` names a file of the place.
    private let words: String
    /// Whether it is called again with `--resume` once its folder is there.
    private var resumes = false
    private var outputFlag: String? = "--output"

    var testDescription: String { name }

    private static let training =
        "--model @tiny-llama --lora-rank 2 --batch-size 2 --max-steps 3 --checkpoint-every 1 --keep-checkpoints 1"
    private static let sampling = "--prompts @prompts.jsonl --max-new-tokens 4"

    private static func run(_ name: String, _ words: String) -> KilledCommand {
        KilledCommand(name: name, words: "\(training) \(words)", resumes: true)
    }

    static let all: [KilledCommand] = [
        KilledCommand(
            name: "pretrain",
            words:
                "--train @text.jsonl --eval @text.jsonl --tokenizer @tiny-llama --architecture @shape --shards @shards "
                + "--batch-size 2 --max-length 8 --max-steps 5 --checkpoint-every 1 --keep-checkpoints 1 --eval-every 2 "
                + "--sample-tokens 3", resumes: true),
        run("sft", "--train @rows.jsonl"),
        run("reward", "--train @comparisons.jsonl"),
        run("dpo", "--train @comparisons.jsonl"),
        run("kto", "--train @unpaired.jsonl"),
        run("orpo", "--train @comparisons.jsonl"),
        run("cpo", "--train @comparisons.jsonl"),
        run(
            "ppo",
            "\(sampling) --reward concise:enough=1 --rollout-batch 2 --ppo-epochs 1 --critic policy "
                + "--critic-warmup 1 --score-normalization standard --ptx-data @rows.jsonl --explain 1"),
        run(
            "rejection",
            "\(sampling) --reward concise:enough=1 --keep-cut-off --n 2 --rounds 2 --temperatures 0.7 1"),
        run(
            "grpo",
            "\(sampling) --reward concise:enough=1 --group-size 2 --refills 1 --curriculum 0.1 0.9"),
        run(
            "distill",
            "--teacher @tiny-llama --train @rows.jsonl --on-policy 0.5 --max-new-tokens 4 --sft-weight 0.5"),
        KilledCommand(name: "sample", words: "--model @tiny-llama --n 2 --slots 1 \(sampling)"),
        KilledCommand(
            name: "constitution",
            words: "--model @tiny-llama --slots 1 --revisions 2 --keep-cut-off --chat-prompts \(sampling)"),
        KilledCommand(name: "score", words: "--model @tiny-llama --data @rows.jsonl"),
        KilledCommand(name: "tasks", words: "countdown --n 20 --held-out 5"),
        KilledCommand(name: "tokenizer train", words: "--train @text.jsonl --vocab-size 280"),
        // 36 pairs, in three batches.
        KilledCommand(
            name: "annotate", words: "--responses @responses.jsonl --annotator judge:@tiny-llama"),
        KilledCommand(name: "evaluate", words: "--models @tiny-llama --judge concise:enough=1 \(sampling)"),
        KilledCommand(name: "run", words: "@recipe.yaml"),
        KilledCommand(name: "study", words: "@study.yaml"),
        KilledCommand(name: "models merge", words: "@adapter", outputFlag: nil),
        KilledCommand(name: "label export", words: "--store @store.sqlite"),
        KilledCommand(name: "label backup", words: "--store @store.sqlite"),
    ]

    /// With the verbs that only recipes have.
    static let recipe = """
        device: cpu
        stages:
          - verb: prompts
            corpus: FIXTURES/conversations
          - verb: text
            corpus: FIXTURES/conversations
            words: 60
          - verb: ratings
            corpus: FIXTURES/rated-conversations/conversations.json
            min_gap: 0.1
            min_turns: 2
          - verb: conversations
            corpus: FIXTURES/rated-conversations/conversations.json
          - verb: split
            data: ${prompts.train}
          - verb: tokenizer
            train: ${text}
            vocab_size: 300
          - verb: unpair
            data: ${ratings.train}
          - verb: mix
            data:
              - ${ratings.train}
              - ${ratings.held-out}
            shares: [0.9, 0.1]
          - verb: habits
            judgments: some=${ratings.train}
          - verb: measure
            model: FIXTURES/golden/tiny-llama
            prompts: ${prompts.held-out}
            judges: short=concise:enough=1
            max_new_tokens: 4
        """

    /// One arm without a search.
    static let study = """
        model: FIXTURES/golden/tiny-llama
        device: cpu
        threads: 1
        prompts:
          test: PLACE/prompts.jsonl
        judgments: PLACE/comparisons.jsonl
        answers: {max_new_tokens: 4}
        judges: {short: 'concise:enough=1'}
        training: {lora_rank: 2, batch_size: 2}
        budget: {updates: 2}
        arms: [dpo]
        seeds: 1
        stations: 1
        """

    func line(_ place: Place, _ output: String) -> [String] {
        let words = (name + " " + words).split(separator: " ").map { word -> String in
            let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? parts[0] + place.path(String(parts[1])) : String(word)
        }
        let computes = name != "models merge" && !name.hasPrefix("label") && name != "run" && name != "study"
        return words + [outputFlag, place.folder.path(output)].compactMap(\.self)
            + (computes ? ["--device", "cpu", "--precision", "fp32", "--threads", "1", "--quiet"] : [])
    }

    /// The line that goes on where the last process was.
    func again(_ line: [String], _ place: Place, _ output: String) -> [String] {
        line + (resumes && place.folder.holds("\(output)/run.json") ? ["--resume"] : [])
    }

    /// What commands read, and where they write.
    struct Place {
        let folder: ScratchFolder

        init() throws {
            folder = try ScratchFolder()
            for (name, row) in Self.rows {
                let rows = (1...6).map { row.replacingOccurrences(of: "N", with: "\($0)") }
                try folder.write(rows.joined(separator: "\n") + "\n", to: name)
            }
            for (file, yaml) in [("recipe.yaml", KilledCommand.recipe), ("study.yaml", KilledCommand.study)] {
                try folder.write(
                    yaml.replacingOccurrences(of: "FIXTURES", with: Fixtures.root.path)
                        .replacingOccurrences(of: "PLACE", with: folder.url.path), to: file)
            }
        }

        private static let rows = [
            "text.jsonl": #"{"text": "Question N? Answer N."}"#,
            "prompts.jsonl": #"{"prompt": "Question N?"}"#,
            "rows.jsonl": #"{"prompt": "Question N?", "completion": " Answer N."}"#,
            "comparisons.jsonl": #"{"prompt": "Question N?", "chosen": " Yes N.", "rejected": " No."}"#,
            "unpaired.jsonl": #"{"prompt": "Question N?", "completion": " Yes N.", "label": true}"#,
            "responses.jsonl":
                #"{"prompt": "Question N?", "responses": [{"text": "Yes N"}, {"text": "No, no."}, {"text": "So"}, {"text": "N, or"}]}"#,
        ]

        /// The file of this name, made now where a command makes it.
        func path(_ name: String) -> String {
            guard name != "tiny-llama" else { return Fixtures.golden(name).path }
            guard name != "shape" else { return Fixtures.golden("tiny-llama/config.json").path }
            guard name != "shards" else { return folder.path(name) }
            if !folder.holds(name) { make(name) }
            return name == "adapter" ? folder.path("adapter/final") : folder.path(name)
        }

        private func make(_ name: String) {
            let words =
                switch name {
                case "adapter": KilledCommand.run("sft", "--train @rows.jsonl").line(self, name)
                default:
                    [
                        "label", "import", path("comparisons.jsonl"), "--project", "p", "--store",
                        folder.path(name),
                    ]
                }
            #expect((try? Invocation(words))?.status == 0, "\(name)")
        }

        /// All that lies at a place, but for what follows from the clock.
        func results(_ name: String) throws -> [String: Data] {
            let base = folder.url.appending(path: name)
            let files = try FileManager.default.subpathsOfDirectory(atPath: base.path)
            guard !files.isEmpty else { return ["": try Data(contentsOf: base)] }
            var results: [String: Data] = [:]
            for file in files where !Self.isOfTheClock(file) {
                let url = base.appending(path: file)
                guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
                    continue
                }
                results[file] = try Self.withoutSeconds(Data(contentsOf: url), output: base.path, name: file)
            }
            return results
        }

        private static func isOfTheClock(_ file: String) -> Bool {
            let name = file.split(separator: "/").last ?? ""
            // What a stage says at its end is another thing where only its record was missing.
            return file.hasPrefix(".stages/models/") || name.hasPrefix(".") || name.hasPrefix("events.")
                || name == "run.json"
                || name == "SHA256SUMS" || name.hasPrefix("report.") || name.hasPrefix("study.")
                || name == "registration.json"
        }

        /// JSON without what a clock or the machine's memory says or what follows from the place, its keys in order: some are written as they come.
        private static func withoutSeconds(_ data: Data, output: String, name: String) throws -> Data {
            guard name.hasSuffix(".json") || name.hasSuffix(".jsonl") else { return data }
            let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: output, with: "OUT")
            let values = name.hasSuffix(".json") ? [text] : text.split(separator: "\n").map(String.init)
            let lines = try values.map {
                canonical(try JSONValue(parsing: Data($0.utf8), tolerating: .largeIntegers)).text()
            }
            return Data(lines.joined(separator: "\n").utf8)
        }

        private static func canonical(_ value: JSONValue) -> JSONValue {
            switch value {
            case .array(let elements): .array(elements.map(canonical))
            case .object(let members):
                .object(
                    JSONObject(
                        members.filter {
                            !["seconds", "step_time", "peak_memory", "fingerprint"].contains($0.key)
                        }.sorted { $0.key < $1.key }
                            .map { ($0.key, canonical($0.value)) }))
            default: value
            }
        }
    }
}

/// Runs the program with `kill-switch.c` before it, which counts its calls to the file system and ends it at one of them.
private struct KillSwitch {
    private let folder: ScratchFolder

    private static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static var isAvailable: Bool { compiler != nil }

    init() throws {
        folder = try ScratchFolder()
        let source = Fixtures.root.appending(path: "kill-switch.c").path
        let call = try Invocation(
            program: URL(fileURLWithPath: Self.compiler ?? "cc"),
            ["-O1", "-shared", "-fPIC", "-o", folder.path("switch.so"), source, "-ldl"])
        try #require(call.status == 0, "\(call.errors)")
    }

    /// - Parameter moment: the number of the call before which the process ends; nil: none.
    func run(_ arguments: [String], killedAt moment: Int? = nil) throws -> Invocation {
        try Data(count: 8).write(to: URL(fileURLWithPath: folder.path("count")))
        return try Invocation(
            arguments,
            environment: [
                "LD_PRELOAD": folder.path("switch.so"), "KILL_SWITCH_COUNT": folder.path("count"),
                "KILL_SWITCH_AT": "\(moment ?? 0)",
            ])
    }

    /// Of the last process.
    func calls() throws -> Int {
        try folder.data("count").withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    }
}
#endif
