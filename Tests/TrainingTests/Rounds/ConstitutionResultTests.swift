import Datasets
import JSON
import Testing
import Tokenization

@testable import Training

/// What a constitution's run says at its end.
@Suite struct ConstitutionResultTests {
    /// A row whose first answer was revised, or stayed because each revision was dropped for one of the reasons.
    private func row(revised: Bool = false, dropped: [String] = []) -> CompletionRow {
        let steps: [JSONValue] = dropped.map {
            ["principle": "p", "revision": .null, "dropped": .string($0)]
        }
        return CompletionRow(
            prompt: .plain("Q"), completion: .plain(revised ? "second" : "first"),
            extra: ["first_answer": "first", "revisions": .array(steps)])
    }

    private func result(
        _ rows: [CompletionRow], of prompts: Int,
        _ change: (inout ConstitutionConfiguration) -> Void = { _ in }
    ) -> ConstitutionResult {
        var configuration = ConstitutionConfiguration()
        configuration.sampler.maximumNewTokens = 64
        change(&configuration)
        return ConstitutionResult(
            output: "o", prompts: prompts, rows: rows, configuration: configuration, seconds: 1)
    }

    @Test func whatIsThereIsNotTalkedDown() {
        let result = result([row(revised: true), row(), row()], of: 3)
        #expect((result.rows, result.revised, result.dropped) == (3, 1, 0))
        #expect(result.whatWasDropped == nil && result.warning == nil)
    }

    @Test func whatWasDroppedIsSaidByKind() {
        let result = result(
            [row(revised: true, dropped: ["cut off"]), row(dropped: ["empty", "cut off"])], of: 5)
        #expect(
            result.whatWasDropped
                == "left out: 3 prompts whose answers were all cut off or empty; 3 revisions (2 cut off, 1 empty)"
        )
        #expect(result.warning == nil)
    }

    @Test func nothingToLearnIsSaidWithTheWayOut() {
        #expect(
            result([], of: 40).warning
                == "0 of 40 prompts have an answer to learn from: raise --max-new-tokens (64), or keep what was cut off "
                + "(--keep-cut-off)")
        #expect(
            result([row(revised: true)], of: 40) { $0.keepsCutOff = true }.warning?
                .hasSuffix("or take a model that answers") == true)
    }

    @Test(arguments: [
        (["cut off", "cut off", "empty"], "raise --max-new-tokens (64)"),
        (
            ["no room", "no room", "empty"],
            "lower --max-new-tokens (64) or --revisions (1), or shorten prompts"
        ),
        ([], "take a model that follows instructions, or principles that ask for more"),
    ])
    func fewRevisionsAreSaidWithTheWayOut(_ dropped: [String], change: String) {
        let warning = result([row(dropped: dropped)], of: 1).warning
        #expect(
            warning
                == "0 of 1 answers were revised, so that hardly anything is learned of the principles: \(change)"
        )
    }
}
