import Datasets
import Foundation
import JSON
import TestSupport
import Testing

@testable import Feedback

@Suite struct JudgmentExportTests {
    private func rows(
        _ judged: JudgedStore, _ schema: JudgmentSchema, _ selection: JudgmentSelection = JudgmentSelection(),
        trainerColumnsOnly: Bool = false
    ) throws -> [JSONValue] {
        let file = judged.folder.item("\(schema.rawValue).jsonl")
        try JudgmentExport.write(
            schema, of: selection, from: judged.store, to: file, trainerColumnsOnly: trainerColumnsOnly)
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .map { try JSONValue(parsing: Data($0.utf8)) }
    }

    private func compared(_ verdict: ItemVerdict) throws -> JudgedStore {
        try JudgedStore(
            ProjectDefinition(task: .compare), texts: ["An animal.", "A dog."],
            opinions: ["Ada": Opinion(verdicts: ["": verdict])])
    }

    @Test func aComparisonKnowsEverything() throws {
        var definition = ProjectDefinition(task: .compare)
        definition.groups = [GroupAttribute("language", values: ["German", "Greek"])]
        let judged = try JudgedStore(
            definition, texts: ["An animal.", "A dog."],
            opinions: ["Ada": Opinion(verdicts: ["": .better(1, strength: 3)], reason: "shorter")],
            groups: ["Ada": ["language": "Greek"]])
        let row = try #require(try rows(judged, .comparisons).first)
        #expect(row["prompt"] == "What is a cat?")
        #expect(row["chosen"] == "A dog." && row["rejected"] == "An animal.")
        // The third of four degrees is two thirds of the way from the first to the last.
        #expect(row["margin"]?.number == 2.0 / 3)
        #expect(row["annotator"] == "annotator-1" && row["group"] == "Greek")
        #expect(row["groups"] == ["language": "Greek"])
        #expect(row["created_at"] == "2027-01-15T08:00:00Z")
        #expect(row["seconds"] == 12.5 && row["drawn"] == "random" && row["reason"] == "shorter")
        #expect(row["policies"] == ["b", "a"] && row["policy"] == nil)
        var named = JudgmentSelection()
        named.naming = .name
        #expect(try rows(judged, .comparisons, named).first?["annotator"] == "Ada")
    }

    @Test func tiesAreRankingsAndNoComparisons() throws {
        let tie = try compared(.tie)
        #expect(throws: ExchangeError.self) { try rows(tie, .comparisons) }
        #expect(!FileManager.default.fileExists(atPath: tie.folder.item("comparisons.jsonl").path))
        for schema in [JudgmentSchema.rankings, .judgments] {
            let row = try #require(try rows(tie, schema).first)
            #expect(row["ranking"] == [1, 1] && row["responses"] == ["An animal.", "A dog."])
        }
        let bad = try compared(.bothBad)
        #expect(try rows(bad, .rankings).first?["both_bad"] == true)
        #expect(try rows(bad, .binary).map { $0["label"] } == [false, false])
    }

    @Test func rankingsGiveEveryPairThatTheyOrder() throws {
        let judged = try JudgedStore(
            ProjectDefinition(task: .rank), texts: ["x", "y", "z"],
            opinions: ["Ada": Opinion(verdicts: ["": .ranking([2, 1, 2])])])
        let pairs = try rows(judged, .comparisons).map { [$0["chosen"], $0["rejected"]] }
        #expect(pairs == [["y", "x"], ["y", "z"]])
        #expect(try rows(judged, .comparisons).allSatisfy { $0["margin"] == nil })
        #expect(try rows(judged, .judgments).map { $0["ranking"] } == [[2, 1, 2]])
    }

    @Test func marksCarryTheirScaleAndAspect() throws {
        var definition = ProjectDefinition(task: .rate)
        definition.aspects = [Aspect("helpful"), Aspect("honest")]
        (definition.lowestMark, definition.highestMark) = (0, 10)
        let judged = try JudgedStore(
            definition, texts: ["x", "y"],
            opinions: ["Ada": Opinion(verdicts: ["helpful": .marks([7, 3]), "honest": .marks([5, 5])])])
        let ratings = try rows(judged, .ratings)
        #expect(ratings.map { $0["rating"] } == [7.0, 3.0, 5.0, 5.0])
        #expect(ratings.map { $0["aspect"] } == ["helpful", "helpful", "honest", "honest"])
        #expect(ratings.allSatisfy { $0["scale"] == [0.0, 10.0] })
        #expect(ratings.map { $0["policy"] } == ["hash a", "hash b", "hash a", "hash b"])
        // Equal marks say nothing about the order.
        #expect(try rows(judged, .comparisons).map { $0["chosen"] } == ["x"])
        #expect(try rows(judged, .ratings, JudgmentSelection(aspect: "honest")).count == 2)
    }

    @Test func thumbsAndEditsAndFlags() throws {
        var definition = ProjectDefinition(task: .thumbs)
        definition.allowsEdit = true
        let judged = try JudgedStore(
            definition, prompt: .messages([.init(role: "user", content: "Cat?")]), texts: ["No."],
            opinions: [
                "Ada": Opinion(
                    verdicts: ["": .thumbs([false])], flags: [0: [.unsafe]], edits: [0: "A small animal."])
            ])
        #expect(try rows(judged, .binary).first?["label"] == false)
        let edit = try #require(try rows(judged, .edits).first)
        #expect(edit["completion"] == [["role": "assistant", "content": "A small animal."]])
        #expect(edit["prompt"] == [["role": "user", "content": "Cat?"]])
        let flagged = try #require(try rows(judged, .flags).first)
        #expect(flagged["flags"] == ["unsafe"])
        #expect(flagged["response"] == [["role": "assistant", "content": "No."]])
        var standard = JudgmentSelection()
        standard.layout = .standard
        #expect(try rows(judged, .edits, standard).first?["prompt"] == "Cat?")
    }

    @Test func trainersGetTheirColumnsAlone() throws {
        let judged = try compared(.better(0, strength: 4))
        var conversational = JudgmentSelection()
        conversational.layout = .conversational
        let row = try #require(
            try rows(judged, .comparisons, conversational, trainerColumnsOnly: true).first?.object)
        #expect(row.keys == ["prompt", "chosen", "rejected", "margin"])
        #expect(row["prompt"] == [["role": "user", "content": "What is a cat?"]])
        #expect(row["chosen"] == [["role": "assistant", "content": "An animal."]])
        let unpaired = try rows(judged, .binary, trainerColumnsOnly: true)
        #expect(
            unpaired.map { $0.object?.keys } == [
                ["prompt", "completion", "label"], ["prompt", "completion", "label"],
            ])
        #expect(unpaired.map { $0["label"] } == [true, false])
        #expect(throws: ExchangeError.noTrainer(.rankings)) {
            try rows(judged, .rankings, trainerColumnsOnly: true)
        }
    }

    @Test func conversationsThatAreNoPlainTextAreNamed() throws {
        let prompt = Text.messages([
            .init(role: "system", content: "Be brief."), .init(role: "user", content: "Cat?"),
        ])
        let judged = try JudgedStore(
            ProjectDefinition(task: .thumbs), prompt: prompt, texts: ["Yes."],
            opinions: ["Ada": Opinion(verdicts: ["": .thumbs([true])])])
        var standard = JudgmentSelection()
        standard.layout = .standard
        #expect(throws: ExchangeError.severalMessages(item: 1, messages: 2)) {
            try rows(judged, .binary, standard)
        }
    }

    @Test func peopleWhoTakeNoPartAreLeftOut() throws {
        let better = Opinion(verdicts: ["": .better(0, strength: 1)])
        let judged = try JudgedStore(
            ProjectDefinition(task: .compare), texts: ["x", "y"], opinions: ["Ada": better, "Bob": better])
        #expect(try rows(judged, .comparisons).count == 2)
        try judged.store.write(by: nil) { try $0.exclude(1, reason: "guesses") }
        #expect(try rows(judged, .comparisons).map { $0["annotator"] } == ["annotator-2"])
    }

    @Test func unknownProjectsAreNamed() throws {
        let judged = try compared(.tie)
        let error = #expect(throws: ExchangeError.self) {
            try rows(judged, .rankings, JudgmentSelection(project: "dogs"))
        }
        #expect(error?.description.contains("no project 'dogs'; it has 'cats'") == true)
    }
}
