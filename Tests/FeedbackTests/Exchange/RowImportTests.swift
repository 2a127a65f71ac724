import Datasets
import Foundation
import TestSupport
import Testing

@testable import Feedback

@Suite struct RowImportTests {
    private let folder: TemporaryFolder
    private let store: FeedbackStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
    }

    @discardableResult
    private func add(_ rows: String) throws -> ImportSummary {
        try folder.write(rows + "\n", to: "rows.jsonl")
        return try store.add(ImportedStudy(rows: [folder.item("rows.jsonl")]), to: "rows")
    }

    @Test func bothWaysRoundAreOneItem() throws {
        let summary = try add(
            """
            {"prompt": "Q", "chosen": "y", "rejected": "x", "margin": 1, "annotator": "Ada", "created_at": "2026-01-02T03:04:05Z"}
            {"prompt": "Q", "chosen": "x", "rejected": "y", "annotator": "Bob"}
            """)
        #expect(summary.items == 1 && summary.judgments == 2 && summary.people == 2)
        let said = try JudgedStore.opinions(in: store, project: "rows")
        #expect(said["Ada"] == [Opinion(verdicts: ["": .better(1, strength: 4)])])
        #expect(said["Bob"] == [Opinion(verdicts: ["": .better(0, strength: 1)])])
        let dates = try store.read { try $0.judgments(in: 1).map(\.createdAt.timeIntervalSince1970) }
        #expect(dates.first == 1_767_323_045)
    }

    @Test func aspectsComeTogether() throws {
        let rows = ["helpful", "honest"].map {
            #"{"prompt": "Q", "response": "x", "rating": 3, "scale": [0, 4], "annotator": "Ada", "aspect": "\#($0)"}"#
        }.joined(separator: "\n")
        #expect(try add(rows).judgments == 2)
        let said = try JudgedStore.opinions(in: store, project: "rows")
        #expect(said == ["Ada": [Opinion(verdicts: ["helpful": .marks([3]), "honest": .marks([3])])]])
        let definition = try store.read { try $0.project(1).definition }
        #expect(definition.aspects.map(\.name) == ["helpful", "honest"])
        #expect((definition.lowestMark, definition.highestMark) == (0, 4))
        #expect(try add(rows).knownJudgments == 2)
    }

    @Test func rowsComeBackFromTheStore() throws {
        try add(#"{"prompt": "Q", "responses": ["a", "b", "c"], "ranking": [3, 1, 1], "annotator": "Ada"}"#)
        let output = folder.item("out.jsonl")
        var named = JudgmentSelection()
        named.naming = .name
        try JudgmentExport.write(.rankings, of: named, from: store, to: output)
        let row = try #require(try JSONLines(output).load(RankedRow.self).first?.row)
        #expect(row.responses == [.plain("a"), .plain("b"), .plain("c")] && row.ranking == [3, 1, 1])
        #expect(row.context.annotator == "Ada")
    }

    @Test func whatDoesNotFitChangesNothing() throws {
        try add(#"{"prompt": "Q", "response": "x", "rating": 3, "scale": 5}"#)
        let error = #expect(throws: DataError.self) {
            try add(
                """
                {"prompt": "new", "response": "x", "rating": 1}
                {"prompt": "Q", "response": "y", "rating": 9}
                """)
        }
        #expect(error?.line == 2 && error?.found.contains("9") == true)
        #expect(try store.read { try $0.items(in: 1).count } == 1)
        #expect(throws: ExchangeError.otherTask(project: "rows", task: .rate, rows: .thumbs)) {
            try add(#"{"prompt": "Q", "completion": "x", "label": true}"#)
        }
        let fraction = #expect(throws: DataError.self) {
            try add(#"{"prompt": "Q", "response": "x", "rating": 3.5}"#)
        }
        #expect(fraction?.expected == "a whole number in \"rating\"")
    }

    @Test func answersBecomeItems() throws {
        try folder.write(
            """
            {"prompt": "Q", "responses": [{"text": "a"}, {"text": "b"}], "policy": "h1", "policy_name": "one", "sampler": {"temperature": 0.7}}
            {"prompt": "R", "responses": [{"text": "a"}], "policy": "h1", "policy_name": "one"}

            """, to: "one.jsonl")
        try folder.write(
            #"{"prompt": "Q", "responses": [{"text": "c"}, {"text": "a"}], "policy": "h2", "policy_name": "two"}"#
                + "\n", to: "two.jsonl")
        let both = try ItemPlan([folder.item("one.jsonl"), folder.item("two.jsonl")])
        let pairs = both.items(for: ProjectDefinition(task: .compare)).items
        // Of different models, and never the same words.
        #expect(pairs.map { $0.responses.map(\.text) } == [["a", "c"], ["b", "c"], ["b", "a"]])
        #expect(pairs[0].responses.map { $0.policy?.name } == ["one", "two"])
        #expect(pairs[0].responses[0].policy?.sampler == ["temperature": 0.7])
        let ranked = both.items(for: ProjectDefinition(task: .rank))
        #expect(ranked.items.map(\.responses.count) == [4] && ranked.unused == 1)
        #expect(both.items(for: ProjectDefinition(task: .rate)).items.count == 5)
        let alone = try ItemPlan([folder.item("one.jsonl")])
        #expect(
            alone.items(for: ProjectDefinition(task: .compare)).items.map { $0.responses.map(\.text) } == [
                ["a", "b"]
            ])
    }
}

@Suite struct TrainingRowsTests {
    private func judged() throws -> JudgedStore {
        let better = Opinion(verdicts: ["": .better(0, strength: 1)])
        return try JudgedStore(
            ProjectDefinition(task: .compare), texts: ["x", "y"], opinions: ["Ada": better, "Bob": better])
    }

    @Test func theSameJudgmentsAreTheSameRows() throws {
        let judged = try judged()
        let home = judged.folder.item("home")
        let rows = try TrainingRows(.comparisons, of: judged.argument(), home: home)
        #expect(rows.judgments == [1, 2] && rows.file.lastPathComponent == rows.hash + ".jsonl")
        #expect(try JSONLines(rows.file).load(ComparisonRow.self).count == 2)
        #expect(try TrainingRows(.comparisons, of: judged.argument(), home: home).hash == rows.hash)
        let kept = try FileManager.default.contentsOfDirectory(
            atPath: rows.file.deletingLastPathComponent().path)
        #expect(kept == [rows.file.lastPathComponent])
    }

    @Test func aRunGoesOnWithTheRowsItBeganWith() throws {
        let judged = try judged()
        let home = judged.folder.item("home")
        let run = judged.folder.item("run")
        let rows = try TrainingRows(.comparisons, of: judged.argument(), home: home)
        try rows.recordUse(by: run, verb: "dpo")
        // Somebody else judges meanwhile.
        try judged.store.write(by: nil) { writer in
            var definition = try writer.reader.project(1).definition
            definition.overlap = 3
            try writer.updateProject(1, definition)
        }
        try judged.judge(as: "Eve", Opinion(verdicts: ["": .better(1, strength: 2)]))
        #expect(try TrainingRows(.comparisons, of: judged.argument(), home: home).hash != rows.hash)
        func pinned(_ hash: String) throws -> TrainingRows {
            try TrainingRows(
                pinnedTo: hash, of: run.path, .comparisons, from: judged.argument(), home: home)
        }
        #expect(try pinned(rows.hash).hash == rows.hash)
        // Made again where somebody cleared the cache.
        try FileManager.default.removeItem(at: rows.file)
        #expect(try pinned(rows.hash).hash == rows.hash)
        #expect(try JSONLines(rows.file).load(ComparisonRow.self).count == 2)
        #expect(try judged.store.read { try $0.uses(ofJudgmentsBy: 2).map(\.run) } == [run.path])

        try judged.store.write(by: nil) { try $0.exclude(1, reason: "guesses") }
        #expect(throws: ExchangeError.withdrawn(run: run.path, judgments: 1, people: 1)) {
            try pinned(rows.hash)
        }
        #expect(throws: ExchangeError.rowsChanged(run: run.path, store: judged.store.url.path)) {
            try pinned("other")
        }
    }

    @Test func argumentsNameWhatToTake() throws {
        let judged = try judged()
        let path = judged.store.url.path
        let argument = try #require(try StoreArgument("\(path):project=cats,aspect=helpful"))
        #expect(argument.selection.project == "cats" && argument.selection.aspect == "helpful")
        #expect(argument.name == "\(path):project=cats,aspect=helpful")
        #expect(try StoreArgument(judged.folder.item("rows.jsonl").path) == nil)
        #expect(throws: ExchangeError.unknownOption("colour=red", argument: "\(path):colour=red")) {
            try StoreArgument("\(path):colour=red")
        }
    }
}
