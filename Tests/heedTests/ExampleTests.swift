import Feedback
import Foundation
import TestSupport
import Testing
import WebDriver

/// The scripts of `examples/`, as far as they go without a network.
@Suite struct ExampleTests {
    private let repository = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()

    @Test func humanRatingsIsARecipe() throws {
        let call = try Invocation(
            program: repository.appending(path: "examples/human-ratings.sh"), ["--print-config"],
            environment: ["HEED": Invocation.program.path])
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains("corpus: chitchat-ratings"))
    }

    @Test(arguments: ["llama2-rejection", "over-optimisation"]) func examplesOfRejectionAreRecipes(
        _ name: String
    ) throws {
        let call = try Invocation(
            program: repository.appending(path: "examples/\(name).sh"), ["--print-config"],
            environment: ["HEED": Invocation.program.path])
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains(": rejection\n"))
    }

    /// From answers to a vote on the trained model, with a robot at a real browser in the place of a person.
    @Test(.enabled(if: ChromeDriver.isInstalled, Comment(rawValue: ChromeDriver.advice)))
    func labelAndTrainGoesFromAnswersToAVote() throws {
        let folder = try ScratchFolder()
        let programs = Invocation.program.deletingLastPathComponent()
        let call = try Invocation(
            program: repository.appending(path: "examples/label-and-train.sh"),
            [Fixtures.golden("tiny-llama").path],
            environment: [
                "HEED": Invocation.program.path, "ROBOT": programs.appending(path: "label-robot").path,
                "OUTPUT": folder.path("run"), "JUDGMENTS": "4", "VOTES": "2", "TOKENS": "8", "STEPS": "8",
            ])
        #expect(call.status == 0, "\(call.errors)")
        #expect(call.output.contains("4 judgments"))
        let store = try FeedbackStore(at: folder.url.appending(path: "run/feedback.sqlite"))
        try store.read { reader in
            let project = try #require(try reader.project(named: "short"))
            #expect(try reader.judgments(in: project.id).count == 4)
            // Both models that were trained are on record with what they read.
            #expect(Set(try reader.uses().map(\.verb)) == ["reward", "dpo"])
        }
        #expect(folder.holds("run/vote/report.json"))
    }
}
