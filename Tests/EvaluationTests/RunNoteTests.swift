import Foundation
import Runs
import Statistics
import TestSupport
import Testing
import Training

@testable import Evaluation

@Suite struct RunNoteTests {
    private let folder: TemporaryFolder
    private var names: PathNames {
        PathNames(
            workingFolder: URL(fileURLWithPath: "/home/ada/work"),
            cache: URL(fileURLWithPath: "/home/ada/.cache/heed"))
    }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ("/home/ada/work/runs/dpo/final", "runs/dpo/final"),
        ("/home/ada/.cache/heed/models/smollm2", "smollm2"),
        ("/srv/models/big/final", "big"), ("/srv/data/held-out.jsonl", "held-out.jsonl"),
        ("runs/dpo/final", "runs/dpo/final"), ("/home/ada/workshop/x", "x"), ("smollm2", "smollm2"),
    ])
    func pathsBecomeNames(path: String, name: String) {
        #expect(names.name(of: path) == name)
    }

    @Test(arguments: [
        (
            "heed evaluate --models start=/home/ada/.cache/heed/models/smollm2 '/srv/my models/x' --output /home/ada/work/out",
            "heed evaluate --models start=smollm2 'my models/x' --output out"
        ),
        ("48 rows, in /home/ada/work/runs/a.", "48 rows, in runs/a."),
        ("a/b and 3/4, https://example.org/x/y or /", "a/b and 3/4, https://example.org/x/y or /"),
        ("(/srv/a/b), “/srv/c/d”", "(b), “d”"),
        ("reward:/srv/rm/final", "reward:rm"),
    ])
    func pathsInTextsBecomeNames(text: String, expected: String) {
        #expect(names.naming(in: text) == expected)
    }

    @Test func aRunIsToldAsItsManifestTellsIt() throws {
        try folder.write("{\"prompt\": \"a\"}\n\n{\"prompt\": \"b\"}\n", to: "train.jsonl")
        var manifest = RunManifest(
            command: "dpo",
            configuration: [
                "output": "/home/ada/x", "zeta": 3, "precision": "bf16", "learning_rate": 0.0001, "beta": 0.1,
                "eval": .null, "lora_targets": ["q_proj", "v_proj"],
            ], versions: ["heed": "0.1.0", "libtorch": "2.15"], seed: 7, device: "cpu", threads: 2,
            inputs: [try RunManifest.Input(role: "train", folder.item("train.jsonl"))])
        manifest.machine = Machine(processor: "A processor", cores: 4)
        manifest.commandLine = "heed dpo --train /home/ada/work/a.jsonl --output '/srv/my runs/dpo'"
        let run = try RunFolder.create(at: folder.item("run"), manifest: manifest, mode: .new)
        try run.finish(.finished, notes: ["the loss rose, see /home/ada/work/a.jsonl"])
        try folder.write("", to: "run/metrics.jsonl")
        let history = try TrainingHistory(.init("dpo=\(run.url.path)"), guides: [:])
        let note = Report.RunNote(history, names)
        #expect((note.name, note.verb, note.seed, note.threads) == ("dpo", "dpo", 7, 2))
        #expect((note.device, note.precision) == ("cpu", "bf16"))
        #expect(note.command == "heed dpo --train a.jsonl --output 'my runs/dpo'")
        #expect(note.machine == Machine(processor: "A processor", cores: 4))
        #expect(note.settings.map(\.name) == ["learning_rate", "beta", "lora_targets", "zeta"])
        #expect(note.settings.map(\.value) == ["0.0001", "0.1", "q_proj, v_proj", "3"])
        let input = try #require(note.inputs.first)
        #expect((input.role, input.name, input.rows) == ("train", "train.jsonl", 2))
        #expect(input.sha256.count == 64)
        #expect(note.seconds != nil)
        #expect(note.notes == ["the loss rose, see a.jsonl"])

        // Rows of what has changed since are not those of the run.
        try folder.write("{\"prompt\": \"c\"}\n", to: "train.jsonl")
        #expect(Report.RunNote(history, names).inputs.first?.rows == nil)
    }

    /// bf16 that was asked for and could not be used is not what the report says.
    @Test func precisionIsThatWhichWasUsed() throws {
        let manifest = RunManifest(
            command: "sft", configuration: ["precision": "bf16"], versions: [:], seed: 1, device: "cpu",
            precision: "fp32", threads: 1, inputs: [])
        let run = try RunFolder.create(at: folder.item("run"), manifest: manifest, mode: .new)
        try run.finish(.finished)
        try folder.write("", to: "run/metrics.jsonl")
        let note = Report.RunNote(try TrainingHistory(.init("sft=\(run.url.path)"), guides: [:]), names)
        #expect(note.precision == "fp32" && note.command == nil)
    }

    @Test func thisMachineHasAName() {
        #expect(!Machine.current.processor.isEmpty && Machine.current.cores > 0)
    }

    @Test func thePageShowsModelsAndRuns() throws {
        var report = Report(
            title: "t", created: Date(timeIntervalSince1970: 0), arms: [.init(name: "start")],
            reference: "start", prompts: 1,
            annotator: .init(name: "warm", isSimulated: true, description: ""), seconds: 1, command: "heed")
        #expect(!report.html().contains("What was run"))
        report.models = [
            .init(
                arm: "dpo", name: "runs/dpo/final", sha256: String(repeating: "ab", count: 32),
                base: "smollm2")
        ]
        report.runs = [
            .init(
                name: "this report", verb: "evaluate", command: "heed run 'a & b.yaml'  # stage report",
                inputs: [.init(role: "prompts", name: "held-out.jsonl", sha256: "c0ffee0000000", rows: 64)],
                settings: (0..<20).map { .init(name: "setting\($0)", value: "<\($0)>") }, seed: 42,
                device: "cpu", precision: "fp32", threads: 2, versions: ["heed": "0.1.0"],
                machine: Machine(processor: "A processor", cores: 1), seconds: 61)
        ]
        let page = report.html()
        for text in [
            "What was run", "&amp; b.yaml", "  # stage report</code>",
            "runs/dpo/final", "smollm2", "abababababab<", "held-out.jsonl", "c0ffee000000<",
            "&lt;3&gt;", "4 more settings",
            "cpu · fp32 · 2 threads · A processor, 1 core · seed 42 · heed 0.1.0 · 1 min 1 s",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(try Report(json: report.json()) == report)
    }

    /// Nothing of the machine's folders is left in what is sent on.
    @Test func aReportNamesNoPlaces() throws {
        var report = Report(
            title: "t", created: Date(timeIntervalSince1970: 0), arms: [], reference: "", prompts: 0,
            annotator: .init(
                name: "reward:/srv/rm/final", isSimulated: true, description: "of /srv/rm/final."),
            seconds: 1, command: "heed evaluate --output /home/ada/work/out",
            stages: [.init(name: "a", seconds: 1, detail: "64 rows, in /home/ada/work/runs/a")])
        report.notes.answers = "sampled from /home/ada/work/p/held-out.jsonl, with seed 1"
        names.rename(in: &report)
        #expect(
            !String(decoding: try report.json(), as: UTF8.self).contains("/home/")
                && !report.html().contains("/srv/"))
        #expect(report.notes.answers == "sampled from p/held-out.jsonl, with seed 1")
    }
}
