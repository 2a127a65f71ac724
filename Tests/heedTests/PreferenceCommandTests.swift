import Foundation
import TestSupport
import Testing

@testable import heed

/// Learning from preferences, as a shell would call it.
@Suite struct PreferenceCommandTests {
    private let folder: ScratchFolder
    private let model = Fixtures.golden("tiny-llama").path

    init() throws {
        folder = try ScratchFolder()
        try folder.write("{\"prompt\": \"Hello\"}\n{\"prompt\": \"And you?\"}\n", to: "prompts.jsonl")
    }

    private func call(
        _ verb: String, _ output: String, data: String = "dpo/preference_plain.jsonl", _ more: String...
    ) throws -> Invocation {
        try Invocation(
            [
                verb, "--model", model, "--train", Fixtures.golden(data).path, "--max-steps", "3",
                "--batch-size", "5", "--learning-rate", "5e-4", "--precision", "fp32", "--device", "cpu",
                "--threads", "1", "--output", folder.path(output),
            ] + more, environment: ["HEED_HOME": folder.path("home")])
    }

    private func numbers(_ output: String) throws -> [[String: Double]] {
        try folder.text("\(output)/metrics.jsonl").split(separator: "\n").map {
            var row = try JSONDecoder().decode([String: Double].self, from: Data($0.utf8))
            row["seconds"] = nil
            return row
        }
    }

    private func expectSame(_ one: [[String: Double]], _ other: [[String: Double]], _ what: String) throws {
        try #require(one.count == other.count && !one.isEmpty)
        for (first, second) in zip(one, other) {
            for (name, value) in first {
                expectClose(try #require(second[name]), value, relative: 1e-5, "\(what) \(name)")
            }
        }
    }

    /// Measured before training, read by a second run, and measured anew where the file is damaged: the same numbers.
    @Test(arguments: [("dpo", "dpo/preference_plain.jsonl"), ("kto", "kto/unpaired.jsonl")])
    func theReferenceIsMeasuredOnce(_ verb: String, _ data: String) throws {
        let reference = ["--reference", Fixtures.golden("tiny-llama-ref").path]
        #expect(try call(verb, "each", data: data, reference[0], reference[1]).status == 0)
        func precomputed(_ output: String) throws -> Invocation {
            try call(verb, output, data: data, reference[0], reference[1], "--precompute-reference")
        }
        #expect(try precomputed("first").status == 0)
        let files = try FileManager.default.contentsOfDirectory(
            atPath: folder.path("home/reference-scores"))
        let file = folder.path("home/reference-scores/\(try #require(files.first))")
        #expect(files.count == 1)
        let second = try precomputed("second")
        #expect(second.status == 0 && second.errors.contains("reference log-probabilities of \(file)"))
        #expect(try numbers("second") == numbers("first"))
        try expectSame(numbers("first"), numbers("each"), verb)

        var damaged = try Data(contentsOf: URL(fileURLWithPath: file))
        damaged[damaged.count - 2] ^= 0x55
        try damaged.write(to: URL(fileURLWithPath: file))
        let third = try precomputed("third")
        #expect(third.status == 0 && third.errors.contains("\(file): damaged"))
        #expect(try numbers("third") == numbers("first"))
        #expect(try precomputed("fourth").errors.contains("reference log-probabilities of \(file)"))
    }

    @Test func theEndTellsHowAnswersMoved() throws {
        let trained = try call("dpo", "dpo", "--lora-rank", "4")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.lines[0] == "3 steps; the model is in \(folder.path("dpo/final"))")
        #expect(trained.lines[1].hasPrefix("log-probability of chosen answers "))
        #expect(trained.lines[1].hasSuffix("against the reference (last tenth of the steps)"))
        for verb in ["orpo", "cpo"] {
            #expect(try call(verb, verb).output.contains("log-probability of chosen answers"))
        }
    }

    @Test func unfitRowsNameTheirVerb() throws {
        let judged = try call("dpo", "o", data: "kto/unpaired.jsonl")
        #expect(judged.status == 65 && judged.errors.contains("use heed reward or heed kto for such rows"))
        let compared = try call("kto", "o")
        #expect(
            compared.status == 65 && compared.errors.contains("use heed reward or heed dpo for such rows"))
    }

    @Test func smoothingThatChangesNothingIsNoted() throws {
        let noted = try call("dpo", "plain", "--label-smoothing", "0.1")
        #expect(noted.status == 0 && noted.errors.contains("label_smoothing changes nothing here"))
        let smoothed = try call("dpo", "smoothed", "--label-smoothing", "0.1", "--loss", "cdpo")
        #expect(smoothed.status == 0 && !smoothed.errors.contains("changes nothing"))
    }

    // MARK: Rounds

    private func rounds(_ output: String, judge: String = "concise:enough=1") -> [String] {
        [
            "dpo", "--model", model, "--prompts", folder.path("prompts.jsonl"), "--judge", judge, "--rounds",
            "2", "--n", "3", "--max-new-tokens", "8", "--max-steps", "2", "--checkpoint-every", "1",
            "--lora-rank", "2", "--learning-rate", "1e-3", "--precision", "fp32", "--device", "cpu",
            "--threads", "1", "--quiet", "--output", folder.path(output),
        ]
    }

    @Test func killedInAnyRoundTheSameCommandGoesOn() throws {
        #expect(try Invocation(rounds("whole")).status == 0)
        for landmark in [
            "round-1/responses.jsonl", "round-1/training/checkpoint-1", "round-2/judgments.jsonl",
            "round-2/training/metrics.jsonl",
        ] {
            try Invocation.signal(SIGKILL, rounds("out"), once: { folder.holds("out/\(landmark)") })
        }
        let last = try Invocation(rounds("out"))
        // Where the last kill came after the end there is nothing left to do.
        #expect(last.status == 0 || last.errors.contains("finished"), "\(last.errors)")
        let weights = "final/adapter_model.safetensors"
        #expect(try folder.data("out/\(weights)") == folder.data("whole/\(weights)"))
    }

    @Test func peopleAreWaitedFor() throws {
        let waiting = try Invocation(rounds("out", judge: "people"))
        #expect(waiting.status == 75 && waiting.errors.contains("round 1: the answers are in"))
        #expect(folder.holds("out/round-1/responses.jsonl"))
        #expect(try Invocation(rounds("out", judge: "people")).status == 75)
    }

    @Test func roundsThatCannotBeginLeaveNothing() throws {
        let unknown = try Invocation(rounds("out", judge: "concis"))
        #expect(unknown.status == 64 && !folder.holds("out"), "\(unknown.errors)")
    }
}
