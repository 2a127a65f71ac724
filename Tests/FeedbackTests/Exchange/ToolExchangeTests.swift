import Datasets
import Foundation
import JSON
import TestSupport
import Testing

@testable import Feedback

@Suite struct ToolExchangeTests {
    /// A study of every task, with everything that can be said.
    private static func studies() throws -> [JudgedStore] {
        var comparison = ProjectDefinition(task: .compare)
        comparison.aspects = [Aspect("helpful"), Aspect("not harmful")]
        comparison.allowsEdit = true
        var rating = ProjectDefinition(task: .rate)
        rating.aspects = [Aspect("helpful"), Aspect("helpful!")]
        (rating.lowestMark, rating.highestMark) = (0, 10)
        let conversation = Text.messages([
            .init(role: "user", content: "Hi"), .init(role: "assistant", content: "Hello"),
            .init(role: "user", content: "Cat?"),
        ])
        return [
            try JudgedStore(
                comparison, texts: ["x <b>&", "y"],
                opinions: [
                    "Ada": Opinion(
                        verdicts: ["helpful": .better(1, strength: 3), "not harmful": .tie],
                        flags: [0: [.unsafe, .broken]], edits: [1: "z \"quoted\""], reason: "why\nnot"),
                    "Bob": Opinion(verdicts: ["helpful": .bothBad, "not harmful": .better(0, strength: 1)]),
                ]),
            try JudgedStore(
                ProjectDefinition(task: .rank), texts: ["x", "y", "z"],
                opinions: ["Ada": Opinion(verdicts: ["": .ranking([2, 1, 2])], reason: "so")]),
            try JudgedStore(
                rating, prompt: conversation, texts: ["x", "y"],
                opinions: [
                    "Ada": Opinion(verdicts: ["helpful": .marks([0, 10]), "helpful!": .marks([5, 5])])
                ]
            ),
            try JudgedStore(
                ProjectDefinition(task: .thumbs), texts: ["x"],
                opinions: ["Ada": Opinion(verdicts: ["": .thumbs([false])])]),
            try JudgedStore(
                ProjectDefinition(task: .edit), texts: ["x"],
                opinions: ["Ada": Opinion(edits: [0: "better"])]),
        ]
    }

    @Test(arguments: ToolFormat.allCases) func studiesComeBackAsTheyWere(format: ToolFormat) throws {
        let studies = try Self.studies()
        let tasks = try studies.map { judged in
            try judged.store.read { try $0.project(judged.project).definition.task }
        }
        // A chat is exported as the comparisons that it is made of.
        #expect(Set(tasks) == Set(LabellingTask.allCases).subtracting([.chat]))
        for judged in studies {
            let output = judged.folder.item("export")
            var named = JudgmentSelection()
            named.naming = .name
            try JudgmentExport.write(format, of: named, from: judged.store, to: output)

            let definition = try judged.store.read { try $0.project(judged.project).definition }
            let study = try ImportedStudy(output, format, aspects: definition.aspects.map(\.name))
            #expect(study.unread.isEmpty, "\(definition.task)")
            let other = try FeedbackStore(at: judged.folder.item("other.sqlite"), .create)
            try other.write(by: nil) { _ = try $0.createProject("cats", definition) }
            let summary = try other.add(study, to: "cats")
            #expect(summary.items == 1 && summary.people == summary.judgments)
            #expect(
                try JudgedStore.opinions(in: other, project: "cats")
                    == JudgedStore.opinions(in: judged.store, project: "cats"))
            let items = try other.read { try $0.items(in: 1) }
            let original = try judged.store.read { try $0.items(in: judged.project) }
            #expect(items.map(\.prompt) == original.map(\.prompt))
            #expect(items.map { $0.responses.map(\.text) } == original.map { $0.responses.map(\.text) })
            // The same again is no news.
            let again = try other.add(study, to: "cats")
            #expect(again.items == 0 && again.judgments == 0)
            #expect(again.knownJudgments == summary.judgments)
            try other.read { try $0.verifyAudit() }
        }
    }

    @Test func argillaGetsWhatItsSettingsAskFor() throws {
        let judged = try Self.studies()[0]
        let output = judged.folder.item("export")
        try JudgmentExport.write(.argilla, of: JudgmentSelection(), from: judged.store, to: output)
        func json(_ path: String) throws -> JSONValue {
            try JSONValue(parsing: Data(contentsOf: output.appendingPathComponent(path)))
        }
        let settings = try json(".argilla/settings.json")
        let questions = (settings["questions"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(questions.contains("preference-not-harmful") && questions.contains("strength-helpful"))
        let record = try #require(try json("records.json").array?.first)
        let answered = record["responses"]?.object?.keys ?? []
        #expect(!answered.isEmpty && Set(answered).isSubset(of: questions))
        #expect(record["fields"]?["response-1"] == "x <b>&")
        let answers = try #require(record["responses"]?["preference-helpful"]?.array)
        #expect(answers.map { $0["value"] } == ["response-2", "both-bad"])
        let users = answers.compactMap { $0["user_id"]?.string }
        #expect(Set(users.compactMap(UUID.init(uuidString:))).count == 2)
        #expect(try json(".argilla/dataset.json")["name"] == "cats")
    }

    @Test func labelStudioGetsPairwiseResults() throws {
        let judged = try Self.studies()[0]
        let output = judged.folder.item("export")
        try JudgmentExport.write(.labelStudio, of: JudgmentSelection(), from: judged.store, to: output)
        let tasks = try JSONValue(parsing: Data(contentsOf: output.appendingPathComponent("tasks.json")))
        let results = try #require(tasks.array?.first?["annotations"]?.array?.first?["result"]?.array)
        let pairwise = try #require(results.first { $0["type"] == "pairwise" })
        #expect(pairwise["value"]?["selected"] == "right")
        let interface = try String(
            contentsOf: output.appendingPathComponent("config.xml"), encoding: .utf8)
        for name in results.compactMap({ $0["from_name"]?.string }) {
            #expect(interface.contains("name=\"\(name)\""), "\(name)")
        }
    }

    // MARK: What others write

    private func study(_ text: String, _ format: ToolFormat) throws -> ImportedStudy {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "export.json")
        return try ImportedStudy(folder.item("export.json"), format)
    }

    @Test func readsArgillaOfBothGenerations() throws {
        let second = try study(
            """
            [{"fields": {"instruction": "Q", "generation_1": "x", "generation_2": "y"},
              "responses": {"rank": [{"value": ["generation_2", "generation_1"], "user_id": "u1"},
                                     {"value": ["generation_1", "generation_2"], "user_id": "u2", "status": "draft"}],
                            "comments": [{"value": "short", "user_id": "u1", "status": "submitted"}]}}]
            """, .argilla)
        let judgments = second.items[0].judgments
        #expect(judgments.map(\.opinion) == [Opinion(verdicts: ["": .ranking([2, 1])], reason: "short")])
        let first = try study(
            """
            {"fields": {"prompt": "Q", "response": "x"}, "responses":
              [{"user_id": "u1", "status": "submitted", "values": {"quality": {"value": 4}, "topic": {"value": "pets"}}}]}
            """, .argilla)
        #expect(first.items[0].judgments.map(\.opinion) == [Opinion(verdicts: ["": .marks([4])])])
        #expect(first.unread == ["topic": 1] && first.task == .rate)
    }

    @Test func readsLabelStudiosOwnNames() throws {
        let study = try study(
            """
            [{"id": 1, "data": {"prompt": "Q", "answer1": "x", "answer2": "y"}, "annotations": [
              {"completed_by": {"id": 3, "email": "ada@example.org"}, "lead_time": 4.5,
               "created_at": "2021-03-09T22:16:08.728353Z",
               "result": [{"from_name": "pw", "to_name": "answer1,answer2", "type": "pairwise",
                           "value": {"selected": "right"}}]},
              {"completed_by": 4, "was_cancelled": true, "result": []}]}]
            """, .labelStudio)
        #expect(study.items[0].judgments.count == 1)
        let judgment = try #require(study.items[0].judgments.first)
        #expect(judgment.opinion == Opinion(verdicts: ["": .better(1, strength: 1)]))
        #expect(judgment.annotator == "ada@example.org" && judgment.seconds == 4.5)
        #expect(judgment.createdAt.map { Int($0.timeIntervalSince1970) } == 1_615_328_168)
    }

    @Test(arguments: [
        ("hello", 1, "a list of objects"), ("", 1, "a list of objects"), ("[", 1, "an object"),
        ("[\n{}\n{}]", 2, "an object in"), ("[\n{\"fields\": {}}]", 2, "a prompt"),
        ("[{\"fields\": {\"prompt\": \"Q\",\n \"x\" 1}}]", 2, "':'"),
        ("[{\"fields\": {\"prompt\": \"Q\"}}]", 1, "answers"), ("[{\"fields\": 3}]", 1, "an object"),
        ("[{\"fields\": {\"prompt\": 4, \"response\": \"x\"}}]", 1, "text"),
        ("[{\"fields\": {\"prompt\": \"Q\", \"response\": \"x\"}}\n{}]", 2, "','"),
        (
            "[{\"fields\": {\"prompt\": \"Q\", \"response\": \"x\"}, \"responses\": 1}]", 1,
            "an object or a list"
        ),
    ]) func garbageIsNamedByItsLine(text: String, line: Int, expected: String) throws {
        let error = #expect(throws: DataError.self) { try study(text, .argilla) }
        #expect(error?.line == line, "\(text)")
        #expect(error?.expected.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test func bytesThatAreCutOffOrChangedNeverTrap() throws {
        let judged = try Self.studies()[0]
        let output = judged.folder.item("export")
        try JudgmentExport.write(.labelStudio, of: JudgmentSelection(), from: judged.store, to: output)
        let whole = try Data(contentsOf: output.appendingPathComponent("tasks.json"))
        let file = judged.folder.item("damaged.json")
        for position in stride(from: 0, to: whole.count, by: 13) {
            var changed = whole
            changed[position] = 0x7B
            for damaged in [whole.prefix(position), changed] {
                try Data(damaged).write(to: file)
                _ = try? ImportedStudy(file, .labelStudio)
            }
        }
    }
}
