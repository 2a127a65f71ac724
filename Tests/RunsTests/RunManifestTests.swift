import Files
import Foundation
import JSON
import TestSupport
import Testing

@testable import Runs

@Suite struct RunManifestTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var file: URL { folder.item("run.json") }

    @Test func survivesTheFile() throws {
        var manifest = RunManifest.example()
        manifest.status = .failed(reason: "loss is NaN at step 7")
        manifest.commandLine = "heed dpo --train 'my pairs.jsonl'"
        manifest.ended = Date(timeIntervalSince1970: 1_700_000_100)
        manifest.lastStep = 7
        try manifest.write(to: file)
        #expect(try RunManifest(contentsOf: file) == manifest)
    }

    @Test func readsAsTheContractSays() throws {
        var manifest = RunManifest.example()
        manifest.identifier = "b0a7"
        try manifest.write(to: file)
        #expect(
            try folder.text(of: "run.json") == """
                {
                  "id": "b0a7",
                  "command": "dpo",
                  "status": "running",
                  "last_step": 0,
                  "started": "2023-11-14T22:13:20Z",
                  "ended": null,
                  "seed": 42,
                  "device": "cpu",
                  "threads": 2,
                  "versions": {
                    "heed": "0.1.0",
                    "libtorch": "2.15.0"
                  },
                  "inputs": [
                    {
                      "role": "train",
                      "path": "pairs.jsonl",
                      "sha256": "aaaa"
                    },
                    {
                      "role": "model",
                      "path": "sft/final",
                      "sha256": "bbbb",
                      "run": "parent"
                    }
                  ],
                  "parents": ["parent"],
                  "config": {
                    "learning_rate": 1e-06,
                    "loss": {
                      "type": "sigmoid",
                      "beta": 0.1
                    }
                  }
                }

                """)
    }

    @Test func keepsWhatOthersWrote() throws {
        try RunManifest.example().write(to: file)
        var text = try folder.text(of: "run.json")
        text.insert(
            contentsOf: #"  "note": {"z": 1, "a": [2]},"# + "\n", at: text.index(text.startIndex, offsetBy: 2)
        )
        try folder.write(text, to: "run.json")
        var manifest = try RunManifest(contentsOf: file)
        manifest.status = .finished
        try manifest.write(to: file)
        let value = try JSONValue(parsing: Data(contentsOf: file))
        #expect(value["note"] == ["z": 1, "a": [2]])
        #expect(value["status"] == "finished")
    }

    @Test(arguments: [
        ("", "run.json:1: expected a JSON value, found the end of the file"),
        (#"{"id": "x", "#, "run.json:1: expected a name in double quotes, found the end of the file"),
        ("[]", "run.json: expected the file to be an object, found []"),
        (#"{"id": 5}"#, "run.json: expected \"id\" to be a text, found 5"),
        (#"{"id": "x"}"#, "run.json: expected \"command\", found none"),
    ])
    func garbageIsNamed(_ text: String, _ message: String) throws {
        try folder.write(text, to: "run.json")
        let error = try #require(throws: RunError.self) { try RunManifest(contentsOf: file) }
        #expect(
            error.description.hasSuffix("/\(message); the file is damaged: restore it or start a new run"))
    }

    @Test(arguments: [
        (#""running""#, #""sleeping""#, "\"status\""), ("2023-11-14T22:13:20Z", "yesterday", "\"started\""),
        (#""role": "train""#, #""role": 1"#, "\"inputs.role\""), ("\"0.1.0\"", "1", "\"versions.heed\""),
    ])
    func wrongMembersAreNamed(_ right: String, _ wrong: String, _ name: String) throws {
        try RunManifest.example().write(to: file)
        try folder.write(
            try folder.text(of: "run.json").replacingOccurrences(of: right, with: wrong), to: "run.json")
        let error = try #require(throws: RunError.self) { try RunManifest(contentsOf: file) }
        #expect(error.description.contains(name))
    }

    @Test func everyTruncationIsRefused() throws {
        try RunManifest.example().write(to: file)
        let whole = try folder.text(of: "run.json").trimmingCharacters(in: .whitespacesAndNewlines)
        for length in 0..<whole.count {
            try folder.write(String(whole.prefix(length)), to: "run.json")
            #expect(throws: RunError.self) { try RunManifest(contentsOf: file) }
        }
    }

    @Test func inputsKnowTheRunTheyComeFrom() throws {
        var parent = RunManifest.example()
        parent.identifier = "the-parent"
        try FileSystem.createFolder(folder.item("sft"))
        try parent.write(to: folder.item("sft/run.json"))
        try folder.write("weights", to: "sft/final/model.safetensors")
        let model = try RunManifest.Input(role: "model", folder.item("sft/final"))
        #expect(model.run == "the-parent")
        #expect(try model.sha256 == ContentHash.sha256(of: folder.item("sft/final")))
        let rows = try folder.write("{}", to: "rows.jsonl")
        #expect(try RunManifest.Input(role: "train", rows).run == nil)
    }

    @Test func differencesAreListedOneByOne() throws {
        let manifest = RunManifest.example()
        var other = RunManifest.example()
        #expect(manifest.differences(from: other, ignoring: []) == [])
        other.device = "cuda"
        other.threads = 7
        other.versions = [:]
        #expect(manifest.differences(from: other, ignoring: []) == [])
        other.command = "sft"
        other.seed = 1
        other.configuration = [
            "learning_rate": 2e-6, "loss": ["type": "sigmoid", "label_smoothing": 0], "log_every": 5,
        ]
        other.inputs = [
            .init(role: "train", path: "elsewhere.jsonl", sha256: "aaaa", run: nil),
            .init(role: "model", path: "sft/final", sha256: "cccc", run: nil),
            .init(role: "reference", path: "base", sha256: "dddd", run: nil),
        ]
        #expect(
            manifest.differences(from: other, ignoring: ["log_every"]) == [
                "the command was dpo and is sft",
                "seed was 42 and is 1",
                "learning_rate was 1e-06 and is 2e-06",
                "loss.beta was 0.1 and is not set",
                "loss.label_smoothing was not set and is 0",
                "the content of the input 'model' changed from bbbb… to cccc…",
                "the number of inputs for 'reference' was 0 and is 1",
            ])
    }

    @Test func oneIsOneWithOrWithoutAFraction() {
        var (one, other) = (RunManifest.example(), RunManifest.example())
        one.configuration = ["x": 1]
        other.configuration = ["x": 1.0]
        #expect(one.differences(from: other, ignoring: []) == [])
    }
}

extension RunManifest {
    static func example() -> RunManifest {
        RunManifest(
            command: "dpo",
            configuration: ["learning_rate": 1e-6, "loss": ["type": "sigmoid", "beta": 0.1]],
            versions: ["libtorch": "2.15.0", "heed": "0.1.0"], seed: 42, device: "cpu", threads: 2,
            inputs: [
                Input(role: "train", path: "pairs.jsonl", sha256: "aaaa", run: nil),
                Input(role: "model", path: "sft/final", sha256: "bbbb", run: "parent"),
            ], started: Date(timeIntervalSince1970: 1_700_000_000))
    }
}
