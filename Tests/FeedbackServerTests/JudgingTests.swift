import Feedback
import Foundation
import Testing

@testable import FeedbackServer

/// What annotators do, and what they are told.
@Suite struct JudgingTests {
    @Test func aJudgmentIsStoredByPositionNotBySide() async throws {
        let labelling = try Labelling()
        let project = try labelling.project(items: 20)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            for _ in 0..<20 {
                let item = try #require(try await ada.next(client, project).items.first)
                // The answer that is shown as A is the one that is meant.
                let position = item.answers[0].text.hasPrefix("answer 0") ? 0 : 1
                let answer = try await ada.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter))
                #expect(answer.status == 200)
                let stored = try labelling.read { try $0.assignment(item.assignment).opinion }
                #expect(stored?.verdicts[""] == .better(position, strength: 2))
            }
        }
        let sides = try labelling.read { try $0.judgments(in: project).map(\.arrangement) }
        #expect(Set(sides) == [[0, 1], [1, 0]])
    }

    @Test func theSameRequestTwiceIsOneJudgment() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            let path = "/api/assignments/\(item.assignment)/judgment"
            let request = UUID()
            let first = try await ada.post(client, path, Browser.judgment(aIsBetter, request: request))
            let again = try await ada.post(client, path, Browser.judgment(aIsBetter, request: request))
            #expect(first.status == 200 && first.text == again.text)
            // The same identifier for another answer, and another answer that does not know of the first.
            let tie = #"{"verdicts": {"": {"tie": true}}}"#
            #expect(try await ada.post(client, path, Browser.judgment(tie, request: request)).status == 409)
            #expect(try await ada.post(client, path, Browser.judgment(tie)).status == 409)
        }
        #expect(try labelling.read { try $0.judgments(in: project, .everything) }.count == 1)
    }

    @Test func theLastAnswerCanBeTakenBack() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            #expect(try await ada.get(client, "/api/projects/\(project)/last").status == 409)
            let batch = try await ada.next(client, project, count: 2)
            let item = try #require(batch.items.first)
            let path = "/api/assignments/\(item.assignment)/judgment"
            _ = try await ada.post(client, path, Browser.judgment(aIsBetter))
            let last: Batch.Entry = try await ada.get(client, "/api/projects/\(project)/last").json()
            #expect(last.assignment == item.assignment && last.revision == 1)
            #expect(last.opinion?.verdicts[""]?.better == "A")
            #expect(last.answers.map(\.text) == item.answers.map(\.text))
            let tie = #"{"verdicts": {"": {"tie": true}}}"#
            #expect(try await ada.post(client, path, Browser.judgment(tie, replacing: 1)).status == 200)
            // Before the first there is nothing more, and before nonsense nothing else than before.
            let before = "/api/projects/\(project)/last?before="
            #expect(try await ada.get(client, before + "\(item.assignment)").status == 409)
            let latest: Batch.Entry = try await ada.get(client, before + "nonsense").json()
            #expect(latest.assignment == item.assignment)
        }
        let counted = try labelling.read { try $0.judgments(in: project) }
        #expect(counted.map(\.opinion.verdicts) == [["": .tie]])
        #expect(try labelling.read { try $0.judgments(in: project, .everything) }.count == 2)
    }

    @Test func draftsAreKept() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            let draft = #"{"opinion": {"reason": "half a thou", "flags": {"B": ["unsafe"]}}, "at": 5}"#
            let path = "/api/assignments/\(item.assignment)"
            #expect(try await ada.send(client, .put, path + "/draft", body: draft).status == 204)
            let found = try await ada.get(client, "/api/projects/\(project)/next?count=1").text
            #expect(found.contains("half a thou") && found.contains("unsafe"))
            for bad in ["[]", #"{"opinion": 7, "at": 1}"#, "{"] {
                #expect(try await ada.send(client, .put, path + "/draft", body: bad).status == 422)
            }
            _ = try await ada.post(client, path + "/judgment", Browser.judgment(aIsBetter))
            #expect(try labelling.read { try $0.assignment(item.assignment).draft } == nil)
        }
    }

    @Test func nobodyTouchesWhatSomebodyElseHolds() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        let bob = try labelling.person("Bob")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            let path = "/api/assignments/\(item.assignment)"
            #expect(try await bob.post(client, path + "/judgment", Browser.judgment(aIsBetter)).status == 403)
            #expect(try await bob.post(client, path + "/skip").status == 403)
            let draft = #"{"opinion": {"reason": "mine"}, "at": 5}"#
            #expect(try await bob.send(client, .put, path + "/draft", body: draft).status == 403)
            #expect(
                try await ada.post(client, "/api/assignments/999/judgment", Browser.judgment(aIsBetter))
                    .status == 404)
        }
        #expect(try labelling.read { try $0.judgments(in: project, .everything) }.isEmpty)
    }

    @Test func twoPeopleAtOnceGetDifferentItems() async throws {
        let labelling = try Labelling()
        let project = try labelling.project(items: 12)
        let people = try (0..<4).map { try labelling.person("person \($0)") }
        let texts = try await labelling.run { client in
            try await withThrowingTaskGroup(of: [String].self) { group in
                for browser in people {
                    group.addTask {
                        try await browser.next(client, project, count: 3).items.map {
                            $0.answers.map(\.text).sorted()[0]
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        #expect(texts.count == 12 && Set(texts).count == 12)
    }

    @Test func skippedItemsDoNotComeBack() async throws {
        let labelling = try Labelling()
        let project = try labelling.project(items: 2)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let first = try #require(try await ada.next(client, project).items.first)
            #expect(try await ada.post(client, "/api/assignments/\(first.assignment)/skip").status == 204)
            let second = try #require(try await ada.next(client, project, count: 5).items.first)
            #expect(second.assignment != first.assignment)
            #expect(try await ada.next(client, project, count: 5).items.count == 1)
        }
    }

    @Test func practiceIsExplainedAndComesFirst() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        try labelling.write { writer in
            var item = Labelling.item(100)
            item.expected = Opinion(verdicts: ["": .better(1, strength: 1)])
            item.explanation = "because it is"
            try writer.addItems([item], to: project, kind: .training)
        }
        let ada = try labelling.person("Ada")
        struct Receipt: Decodable { let feedback: Feedback? }
        struct Feedback: Decodable {
            let agrees: Bool
            let expected: ShownOpinion
            let explanation: String
        }
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project, count: 3).items.first)
            #expect(item.isPractice)
            let right = try #require(item.answers.first { $0.text == "answer 1 to 100" }).letter
            let opinion = #"{"verdicts": {"": {"better": "\#(right)", "strength": 3}}}"#
            let receipt: Receipt = try await ada.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(opinion)
            ).json()
            let feedback = try #require(receipt.feedback)
            #expect(feedback.agrees && feedback.explanation == "because it is")
            #expect(feedback.expected.verdicts[""]?.better == right)
            #expect(try await ada.next(client, project).items.first?.isPractice == false)
        }
    }

    @Test func nonsenseIsRefusedWithWords() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        let opinions = [
            #"{"verdicts": {"": {"better": "C", "strength": 1}}}"#,
            #"{"verdicts": {"": {"better": "A", "strength": 9}}}"#,
            #"{"verdicts": {"other": {"tie": true}}}"#, #"{"verdicts": {"": {"ranking": {"A": 1, "B": 2}}}}"#,
            #"{"verdicts": {"": {"marks": {"A": 1}}}}"#, #"{"verdicts": {"": {}}}"#, #"{"verdicts": {}}"#,
            #"{}"#,
            #"{"flags": {"A": ["rude"]}}"#, #"{"flags": {"Ä": ["unsafe"]}}"#, #"{"edits": {"A": "new"}}"#,
            "7", "null",
        ]
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            for opinion in opinions {
                let answer = try await ada.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(opinion))
                #expect(answer.status == 422, "\(opinion)")
                #expect(answer.text.contains("\"message\""), "\(opinion)")
            }
        }
        #expect(try labelling.read { try $0.judgments(in: project, .everything) }.isEmpty)
    }

    /// Something that a page says in each task, and about how many answers.
    private static func opinion(_ task: LabellingTask) -> (answers: Int, text: String) {
        switch task {
        case .compare, .chat: (2, #"{"verdicts": {"": {"better": "B", "strength": 2}}}"#)
        case .rank: (3, #"{"verdicts": {"": {"ranking": {"A": 2, "B": 1, "C": 2}}}}"#)
        case .rate: (3, #"{"verdicts": {"": {"marks": {"A": 5, "B": 1, "C": 3}}}}"#)
        case .thumbs:
            (
                3,
                #"{"verdicts": {"": {"thumbs": {"A": true, "B": false, "C": true}}}, "flags": {"B": ["broken"]}}"#
            )
        case .edit: (1, #"{"edits": {"A": "Better."}}"#)
        }
    }

    @Test(arguments: LabellingTask.allCases.filter { $0 != .chat })
    func everyTaskIsSaidByLetters(task: LabellingTask) async throws {
        let labelling = try Labelling()
        let (answers, opinion) = Self.opinion(task)
        let project = try labelling.project(ProjectDefinition(task: task), responses: answers)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            let path = "/api/assignments/\(item.assignment)/judgment"
            #expect(try await ada.post(client, path, Browser.judgment(opinion)).status == 200)
            let last: Batch.Entry = try await ada.get(client, "/api/projects/\(project)/last").json()
            let sent = try JSONDecoder().decode(ShownOpinion.self, from: Data(opinion.utf8))
            #expect(last.opinion == sent)
            let assignment = try labelling.read { try $0.assignment(item.assignment) }
            let texts = assignment.arrangement.map { assignment.item.responses[$0].text }
            #expect(texts == item.answers.map(\.text))
        }
    }

    @Test func progressIsCounted() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            for count in 0..<3 {
                let batch = try await ada.next(client, project)
                #expect(batch.progress.today == count && batch.progress.judged == count)
                let item = try #require(batch.items.first)
                _ = try await ada.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter))
            }
            labelling.clock.pass(2 * 86_400)
            let later = try await ada.next(client, project)
            #expect(later.progress.today == 0 && later.progress.judged == 3)
        }
    }

    // MARK: Blindness

    /// All that is sent to an annotator who judges a whole project, gold and repeats among it.
    @Test func nothingTellsAnAnnotatorWhoseAnswersTheseAre() async throws {
        var definition = ProjectDefinition(task: .compare)
        definition.goldShare = 0.4
        definition.repeatShare = 0.3
        definition.repeatDistance = 2
        let labelling = try Labelling()
        let project = try labelling.project(definition, items: 12)
        try labelling.write { writer in
            let gold = (200..<206).map { number in
                var item = Labelling.item(number)
                item.expected = Opinion(verdicts: ["": .tie])
                item.explanation = "secret-explanation"
                return item
            }
            try writer.addItems(gold, to: project, kind: .gold)
        }
        let ada = try labelling.person("Ada")
        let said = try await labelling.run { client in
            var pages = ""
            for path in ["/", "/projects/\(project)/label", "/account"] {
                pages += try await ada.get(client, path).text
            }
            #expect(!pages.contains("secret-") && !pages.contains("feedface"))
            var said = try await ada.get(client, "/api/projects/\(project)").text
            for _ in 0..<40 {
                let answer = try await ada.get(client, "/api/projects/\(project)/next?count=2")
                said += answer.text
                let batch: Batch = try answer.json()
                guard let item = batch.items.first else { break }
                said += try await ada.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter)
                ).text
                said += try await ada.get(client, "/api/projects/\(project)/last").text
            }
            return said
        }
        let judged = try labelling.read { try $0.judgments(in: project) }
        #expect(judged.contains { $0.kind == .gold } && judged.contains { $0.showing == 1 })
        for secret in [
            "secret-", "feedface", "policy", "gold", "repeat", "showing", "arrangement", "expected", "finish",
            "length",
            "overlap", "drawn", "share",
        ] {
            #expect(!said.contains(secret), "\(secret)")
        }
    }
}
