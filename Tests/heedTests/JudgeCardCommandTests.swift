import Foundation
import JSON
import TestSupport
import Testing

/// `heed judge-card` through the binary.
@Suite struct JudgeCardCommandTests {
    private let folder: ScratchFolder
    private let votes: String

    init() throws {
        folder = try ScratchFolder()
        votes = try folder.write(
            (1...8).map {
                #"{"prompt": "Question \#($0)?", "chosen": "Yes, \#($0).", "rejected": "It is hard to say what it would be."}"#
            }.joined(separator: "\n"), to: "votes.jsonl"
        ).path
    }

    @Test func aLanguageModelGetsItsCard() throws {
        let card = folder.path("card.json")
        let words = [
            "judge-card", "--judge", "judge:\(Fixtures.golden("tiny-llama").path)", "--data", votes,
            "--device", "cpu",
            "--precision", "fp32", "--quiet", "--output", card,
        ]
        let home = ["HEED_HOME": folder.path("home")]
        let judged = folder.path("judged.jsonl")
        let annotating = [
            "annotate", "--responses", votes, "--annotator", words[2], "--device", "cpu",
            "--precision", "fp32", "--output", judged, "--quiet",
        ]
        let refused = try Invocation(annotating + ["--require-card"], environment: home)
        #expect(refused.status == 64 && refused.errors.contains("has no card"), "\(refused.errors)")
        let call = try Invocation(words, environment: home)
        #expect(call.status == 0, "\(call.errors)")
        #expect(
            call.lines.contains { $0.contains("same verdict in both orders") && $0.hasSuffix(", n = 8") })
        // It is kept for whoever uses this judge, whose judgments name it.
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path("home/judge-cards"))
        #expect(kept.count == 1)
        let annotated = try Invocation(annotating, environment: home)
        #expect(
            annotated.status == 0 && annotated.output.contains("get the other verdict"), "\(annotated.errors)"
        )
        let rows = try folder.text("judged.jsonl")
        #expect(rows.contains(#""preference": 0.5"#) && rows.contains(#""card": ""#))
        let json = try JSONValue(parsing: folder.data("card.json"))
        #expect(json["pairs"]?.number == 8 && json["unjudged"]?.number == 0)
        #expect(json["repeatability"]?["mean"]?.number == 1)
        #expect(try folder.text("card.svg").contains("same verdict in both orders"))
        // What is there is replaced where that is asked for.
        #expect(try Invocation(words, environment: home).status == 73)
        #expect(try Invocation(words + ["--force"], environment: home).status == 0)
        // So is its picture.
        try FileManager.default.removeItem(atPath: card)
        #expect(try Invocation(words, environment: home).status == 73)
        #expect(try Invocation(words.dropLast() + [folder.path("card.txt")], environment: home).status == 64)
    }

    @Test func mistakesAreNamed() throws {
        #expect(try Invocation("judge-card").status == 64)
        #expect(try Invocation("judge-card", "--judge", "concise").status == 64)
        #expect(try Invocation("judge-card", "--judge", "judge", "--data", votes).status == 64)
        #expect(try Invocation("judge-card", "--judge", "judge:nowhere", "--data", votes).status == 66)
        let principles = try Invocation(
            "judge-card", "--judge", "judge:\(Fixtures.golden("tiny-llama").path),principles=nowhere",
            "--data", votes,
            "--device", "cpu")
        #expect(principles.status == 66, "\(principles.errors)")
        let same = try folder.write(#"{"prompt": "p", "chosen": "a", "rejected": "a"}"#, to: "same.jsonl")
        let none = try Invocation("judge-card", "--judge", "concise", "--data", same.path, "--device", "cpu")
        #expect(none.status == 65 && none.errors.contains("none that differ"), "\(none.errors)")
    }
}
