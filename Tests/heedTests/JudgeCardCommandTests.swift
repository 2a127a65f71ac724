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
        let call = try Invocation(words)
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.lines.contains { $0.contains("same verdict in both orders") })
        let json = try JSONValue(parsing: folder.data("card.json"))
        #expect(json["pairs"]?.number == 8 && json["unjudged"]?.number == 0)
        #expect(json["repeatability"]?["mean"]?.number == 1)
        #expect(try folder.text("card.svg").contains("same verdict in both orders"))
        // What is there is replaced where that is asked for.
        #expect(try Invocation(words).status == 73)
        #expect(try Invocation(words + ["--force"]).status == 0)
        // So is its picture.
        try FileManager.default.removeItem(atPath: card)
        #expect(try Invocation(words).status == 73)
        #expect(try Invocation(words.dropLast() + [folder.path("card.txt")]).status == 64)
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
