import Files
import Foundation
import Runs
import TestSupport
import Testing

@testable import Recipes

@Suite struct RecipeRunTests {
    private let folder: ScratchFolder
    private let note = NoteVerb()

    init() throws {
        folder = try ScratchFolder()
        try folder.write("given", to: "given.txt")
    }

    /// Two stages that build on each other, and one that stands alone.
    private func yaml(first: String = "one") -> String {
        """
        output: \(folder.path("out"))
        stages:
          - name: first
            verb: note
            text: \(first)
            from: \(folder.path("given.txt"))
          - name: second
            verb: note
            text: two
            from: ${first}
          - name: alone
            verb: note
            text: three
        """
    }

    @discardableResult
    private func run(_ yaml: String) throws -> RecipeResult {
        let recipe = try Recipe(contentsOf: folder.write(yaml, to: "r.yaml"), verbs: note.verbs)
        return try RecipeRun(recipe, command: "heed run r.yaml", progress: ProgressDisplay(style: .quiet))
            .run()
    }

    @Test func finishedStagesAreSkipped() throws {
        let result = try run(yaml())
        #expect(note.newCalls() == ["one", "two", "three"])
        #expect(
            note.saidCommandLines == ["first", "second", "alone"].map { "heed run r.yaml  # stage \($0)" })
        #expect(try folder.text("out/second.jsonl") == "given+one+two")
        #expect(result.stages.map(\.finishedBefore) == [false, false, false])
        #expect(result.lines.first == "wrote three")

        let again = try run(yaml())
        #expect(note.newCalls().isEmpty)
        #expect(again.stages.map(\.finishedBefore) == [true, true, true])
        #expect(again.lines.first == "wrote three")
        #expect(again.lines.last?.hasPrefix("r: 3 stages, 3 of them finished before, in 0s (") == true)
    }

    @Test func aChangedSettingRerunsWhatDependsOnIt() throws {
        try run(yaml())
        _ = note.newCalls()
        try run(yaml(first: "ONE"))
        #expect(note.newCalls() == ["ONE", "two"])
        #expect(try folder.text("out/second.jsonl") == "given+ONE+two")
    }

    @Test func aChangedInputRerunsWhatDependsOnIt() throws {
        try run(yaml())
        _ = note.newCalls()
        try folder.write("other", to: "given.txt")
        try run(yaml())
        #expect(note.newCalls() == ["one", "two"])
        #expect(try folder.text("out/second.jsonl") == "other+one+two")
    }

    /// A folder of results is no run: there is nothing in it to go on from.
    @Test func aChangedFolderOfResultsIsMadeAgain() throws {
        func counts(_ fraction: Double) throws -> [Int] {
            let yaml = """
                output: \(folder.path("out"))
                stages:
                  - verb: split
                    data: \(folder.path("rows.jsonl"))
                    held_out_fraction: \(fraction)
                """
            let recipe = try Recipe(contentsOf: folder.write(yaml, to: "split.yaml"))
            _ = try RecipeRun(recipe, command: "heed run", progress: ProgressDisplay(style: .quiet)).run()
            return try ["train", "held-out"].map {
                try folder.text("out/split/\($0).jsonl").split(separator: "\n").count
            }
        }
        try folder.write(
            (1...40).map { #"{"prompt": "\#($0)"}"# }.joined(separator: "\n"), to: "rows.jsonl")
        let first = try counts(0.2)
        // Killed before the record of the stage.
        try FileManager.default.removeItem(atPath: folder.path("out/.stages/split.json"))
        #expect(try counts(0.2) == first)
        #expect(try counts(0.6)[1] > first[1])
        // What somebody else keeps there stays.
        try folder.write("mine", to: "out/split/notes.txt")
        #expect(throws: StageFailure.self) { try counts(0.2) }
        #expect(try folder.text("out/split/notes.txt") == "mine")
    }

    @Test func aMissingOutputIsMadeAgain() throws {
        try run(yaml())
        _ = note.newCalls()
        try FileManager.default.removeItem(atPath: folder.path("out/first.jsonl"))
        try run(yaml())
        #expect(note.newCalls() == ["one"])
    }

    @Test func aMissingInputIsAnErrorBeforeAnythingRuns() throws {
        try FileManager.default.removeItem(atPath: folder.path("given.txt"))
        let error = #expect(throws: (any Error).self) { try run(yaml()) }
        #expect(
            "\(error.map { "\($0)" } ?? "")".contains(
                "given.txt: expected a file, or a folder of files, found nothing"))
        #expect(note.newCalls().isEmpty)
    }

    @Test func whatFailedIsDoneAgainAndWhatWasDoneIsNot() throws {
        note.refuse("two")
        let error = #expect(throws: StageFailure.self) { try run(yaml()) }
        #expect(error?.description == "stage 'second': refused")
        #expect(note.newCalls() == ["one", "two"])
        note.refuse(nil)
        try run(yaml())
        #expect(note.newCalls() == ["two", "three"])
    }

    @Test func aStageThatFailsAfterAChangeIsNotTakenForFinished() throws {
        try run(yaml())
        note.refuse("ONE")
        #expect(throws: StageFailure.self) { try run(yaml(first: "ONE")) }
        _ = note.newCalls()
        // Back to the first settings: what the failed stage left cannot be trusted.
        try run(yaml())
        #expect(note.newCalls() == ["one"])
    }

    @Test func aRecipeRunsOnceAtATime() throws {
        let recipe = try Recipe(contentsOf: folder.write(yaml(), to: "r.yaml"), verbs: note.verbs)
        let first = try RecipeRun(recipe, command: "", progress: ProgressDisplay(style: .quiet))
        withExtendedLifetime(first) {
            let error = #expect(throws: FileError.self) {
                _ = try RecipeRun(recipe, command: "", progress: ProgressDisplay(style: .quiet))
            }
            #expect(error?.category == .tryAgain)
        }
    }
}

@Suite struct RecipeClockTests {
    private func clock(_ measured: [String: Double] = [:], expectation: String = "expected_seconds: 10")
        throws -> RecipeClock
    {
        let folder = try ScratchFolder()
        let yaml = """
            stages:
              - name: a
                verb: note
                \(expectation)
              - name: b
                verb: note
                expected_seconds: 30
            """
        let recipe = try Recipe(contentsOf: folder.write(yaml, to: "r.yaml"), verbs: NoteVerb().verbs)
        return RecipeClock(recipe) { measured[$0] }
    }

    @Test func expectationsFollowThePaceOfThisMachine() throws {
        var clock = try clock()
        #expect(clock.remaining == 40)
        clock.finish("a", seconds: 20)
        #expect(clock.remaining == 60)
    }

    @Test func whatWasMeasuredCountsMore() throws {
        var clock = try clock(["b": 5])
        #expect(clock.remaining == 15)
        clock.finish("a", seconds: 20)
        #expect(clock.remaining == 5)
    }

    @Test func nothingIsSaidWhereNothingIsKnown() throws {
        #expect(try clock(expectation: "text: x").remaining == nil)
        #expect(try clock(["a": 2], expectation: "text: x").remaining == 32)
    }
}
