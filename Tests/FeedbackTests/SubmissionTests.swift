import Foundation
import JSON
import Testing

@testable import Feedback

@Suite struct SubmissionTests {
    let study: Study
    let ada: Annotator.ID

    init() throws {
        study = try Study()
        ada = try study.person("Ada")
    }

    @Test func aRequestIsGoodForOneAnswer() throws {
        let project = try study.project(work: 3)
        let held = try study.next(ada, project, 2)
        let request = UUID()
        let result = try study.submit(held[0], request: request)
        #expect(throws: FeedbackError.requestReused(request)) { try study.submit(held[1], request: request) }
        #expect(throws: FeedbackError.requestReused(request)) {
            try study.submit(held[0], .second, request: request)
        }
        let bob = try study.person("Bob")
        let other = try #require(try study.next(bob, project).first)
        #expect(throws: FeedbackError.requestReused(request)) { try study.submit(other, request: request) }
        // A retry after a restart finds what was acknowledged before it.
        let reopened = try FeedbackStore(at: study.store.url)
        let again = try reopened.write(by: ada) {
            try $0.submit(
                Submission(assignment: held[0].id, request: request, opinion: .first, seconds: 9))
        }
        #expect(again == result)
    }

    @Test func thinkingAgainMakesARevision() throws {
        let project = try study.project(work: 2)
        #expect(try study.store.read { try $0.lastJudged(by: ada, in: project) } == nil)
        let assignment = try study.work(ada, project, 1)[0]
        let last = try #require(try study.store.read { try $0.lastJudged(by: ada, in: project) })
        #expect(last.id == assignment.id && last.opinion == .first && last.revision == 1)
        // Two windows: the one that has not seen the first answer is told.
        #expect(throws: FeedbackError.alreadyJudged(assignment.id, revision: 1)) {
            try study.submit(assignment, .second)
        }
        #expect(throws: FeedbackError.alreadyJudged(assignment.id, revision: 1)) {
            try study.submit(assignment, .second, replacing: 2)
        }
        #expect(try study.submit(assignment, .second, replacing: 1).revision == 2)
        #expect(try study.store.read { try $0.judgments(in: project) }.map(\.opinion) == [.second])
        let all = try study.store.read { try $0.judgments(in: project, .everything) }
        #expect(all.map(\.opinion) == [.first, .second] && all.map(\.revision) == [1, 2])
        #expect(try study.store.read { try $0.progress(in: project).judgments } == 1)
        #expect(try study.store.read { try $0.todayCount(of: ada, in: project) } == 1)
    }

    @Test func whatWasAnsweredIsFoundBackwards() throws {
        let project = try study.project(work: 3)
        let ids = try study.work(ada, project, 3).map(\.id)
        // Another revision does not change when something was answered first.
        let first = try study.store.read { try $0.assignment(ids[0]) }
        try study.submit(first, .second, replacing: 1)
        func before(_ later: Assignment.ID?) throws -> Assignment.ID? {
            try study.store.read { try $0.lastJudged(by: ada, in: project, before: later) }?.id
        }
        #expect(try [nil, ids[2], ids[1], ids[0]].map(before) == [ids[2], ids[1], ids[0], nil])
    }

    @Test func trainingTellsWhatWasExpected() throws {
        let project = try study.project()
        try study.store.write(by: nil) {
            try $0.addItems(
                (0..<2).map { .pair("\($0)", expected: .second, explanation: "It is shorter.") }, to: project,
                kind: .training)
        }
        let wrong = try #require(try study.next(ada, project).first)
        let feedback = try #require(try study.submit(wrong).feedback)
        #expect(!feedback.agrees && feedback.said == .first && feedback.expected == .second)
        #expect(feedback.explanation == "It is shorter.")
        #expect(throws: FeedbackError.alreadyJudged(wrong.id, revision: 1)) {
            try study.submit(wrong, .second, replacing: 1)
        }
        let right = try #require(try study.next(ada, project).first)
        // A stronger opinion is the same opinion.
        let strong = Opinion(verdicts: ["": .better(1, strength: 4)])
        #expect(try study.submit(right, strong).feedback?.agrees == true)
        #expect(try study.store.read { try $0.lastJudged(by: ada, in: project) } == nil)
    }

    @Test func goldTellsNothing() throws {
        let project = try study.project(work: 30) { $0.goldShare = 0.5 }
        try study.store.write(by: nil) {
            try $0.addItems((0..<9).map { .pair("gold \($0)", expected: .second) }, to: project, kind: .gold)
        }
        var kinds: Set<ItemKind> = []
        while let assignment = try study.next(ada, project).first {
            kinds.insert(assignment.item.kind)
            #expect(try study.submit(assignment).feedback == nil)
        }
        #expect(kinds == [.work, .gold])
    }

    @Test func onlyItsHolderAnswers() throws {
        let project = try study.project(work: 1)
        let assignment = try #require(try study.next(ada, project).first)
        let lead = try study.person("Lea", .lead)
        for actor in [try study.person("Bob"), lead] {
            #expect(throws: FeedbackError.notTheirs(assignment.id)) {
                try study.submit(assignment, by: actor)
            }
            #expect(throws: FeedbackError.notTheirs(assignment.id)) {
                try study.store.write(by: actor) { try $0.saveDraft("mine", of: assignment.id) }
            }
            #expect(throws: FeedbackError.notTheirs(assignment.id)) {
                try study.store.write(by: actor) { try $0.skip(assignment.id) }
            }
        }
        #expect(throws: FeedbackError.noAssignment(99)) {
            try study.store.write(by: ada) { try $0.skip(99) }
        }
    }

    @Test func aDraftIsKeptUntilTheAnswer() throws {
        let project = try study.project(work: 1)
        let assignment = try #require(try study.next(ada, project).first)
        for draft: JSONValue in [["side": "A"], ["side": "B", "reason": "hm"]] {
            try study.store.write(by: ada) { try $0.saveDraft(draft, of: assignment.id) }
            let reopened = try FeedbackStore(at: study.store.url)
            #expect(try reopened.read { try $0.assignment(assignment.id).draft } == draft)
        }
        try study.submit(assignment)
        #expect(try study.store.read { try $0.assignment(assignment.id).draft } == nil)
    }

    @Test func wordsComeBack() throws {
        let project = try study.project(.edit)
        try study.store.write(by: nil) {
            try $0.addItems([NewItem(prompt: .plain("p"), responses: [ItemResponse(text: "r")])], to: project)
        }
        let assignment = try #require(try study.next(ada, project).first)
        let opinion = Opinion(flags: [0: [.broken]], edits: [0: "better\n\"so\" 🙂 שלום"], reason: "clearer")
        try study.submit(assignment, opinion)
        #expect(try study.store.read { try $0.judgments(in: project) }.map(\.opinion) == [opinion])
        #expect(try study.store.read { try $0.assignment(assignment.id).opinion } == opinion)
    }

    @Test func anAnswerIsHeldAgainstTheVersionThatWasShown() throws {
        let project = try study.project(work: 2)
        let held = try study.next(ada, project, 2)
        try study.store.write(by: nil) {
            var definition = try $0.reader.project(project).definition
            definition.reason = .required
            try $0.updateProject(project, definition)
        }
        try study.submit(held[0])
        // Loading it again shows the new version.
        #expect(try study.next(ada, project).map(\.version) == [2])
        #expect(throws: FeedbackError.self) { try study.submit(held[1]) }
        var opinion = Opinion.first
        opinion.reason = "because"
        try study.submit(held[1], opinion)
        #expect(try study.store.read { try $0.judgments(in: project) }.map(\.projectVersion) == [1, 2])
    }

    @Test(arguments: [-1, .nan, .infinity]) func secondsAreATime(seconds: Double) throws {
        let project = try study.project(work: 1)
        let assignment = try #require(try study.next(ada, project).first)
        #expect(throws: FeedbackError.self) {
            try study.store.write(by: ada) {
                try $0.submit(
                    Submission(assignment: assignment.id, request: UUID(), opinion: .first, seconds: seconds))
            }
        }
        #expect(try study.store.read { try $0.judgments(in: project) }.isEmpty)
    }

    @Test func excludedAndWithdrawnPeopleCannotAnswer() throws {
        let project = try study.project(work: 2)
        let bob = try study.person("Bob")
        let held = [try study.next(ada, project)[0], try study.next(bob, project)[0]]
        try study.store.write(by: nil) {
            try $0.exclude(ada, reason: "careless")
            try $0.withdraw(bob)
        }
        #expect(throws: FeedbackError.notActive(.excluded)) { try study.submit(held[0]) }
        #expect(throws: FeedbackError.notActive(.withdrawn)) { try study.submit(held[1]) }
    }
}
