import Datasets
import Foundation
import GRDB
import JSON
import Testing

@testable import Feedback

/// Exclusion, which can be undone, and withdrawal, which cannot.
@Suite struct AnnotatorStatusTests {
    let study: Study

    init() throws { study = try Study() }

    private func counted(_ project: Project.ID) throws -> [String] {
        try study.store.read { try $0.judgments(in: project).map(\.annotatorName) }
    }

    @Test func anExcludedPersonsItemsGoToOthers() throws {
        let project = try study.project(work: 3)
        let (ada, bob) = (try study.admission("Ada"), try study.person("Bob"))
        try study.work(ada.annotator.id, project, 2)
        _ = try study.next(ada.annotator.id, project)
        #expect(try study.next(bob, project).isEmpty)
        try study.store.write(by: nil) { try $0.exclude(ada.annotator.id, reason: "at random") }
        #expect(try counted(project).isEmpty)
        #expect(try study.store.read { try $0.session(ada.session) } == nil)
        #expect(try study.store.read { try $0.exclusionReason(of: ada.annotator.id) } == "at random")
        #expect(throws: FeedbackError.signInRefused) {
            try study.store.write(by: nil) { try $0.signIn(name: "Ada", code: ada.signInCode) }
        }
        #expect(try study.work(bob, project).count == 3)
        #expect(try counted(project) == ["Bob", "Bob", "Bob"])
        try study.store.write(by: nil) { try $0.readmit(ada.annotator.id) }
        #expect(try counted(project).sorted() == ["Ada", "Ada", "Bob", "Bob", "Bob"])
        #expect(try study.store.read { try $0.exclusionReason(of: ada.annotator.id) }.isEmpty)
        // Bob has the place of what Ada held.
        #expect(try study.next(ada.annotator.id, project).isEmpty)
        #expect(try study.store.read { try $0.progress(in: project).complete } == 3)
    }

    @Test func whoWithdrawsLeavesNoName() throws {
        let project = try study.project(.edit) {
            $0.groups = [GroupAttribute("region", values: ["Ruritania"])]
        }
        try study.store.write(by: nil) {
            try $0.addItems(
                (0..<3).map { NewItem(prompt: .plain("p\($0)"), responses: [ItemResponse(text: "r")]) },
                to: project)
        }
        let ada = try study.admission("Adalbert", groups: ["region": "Ruritania"])
        let id = ada.annotator.id
        let held = try study.next(id, project, 2)
        try study.submit(held[0], Opinion(edits: [0: "an own sentence"], reason: "a private reason"))
        try study.store.write(by: id) { try $0.saveDraft("half a thought", of: held[1].id) }
        let words = ["Adalbert", "an own sentence", "a private reason", "half a thought", "\"Ruritania\"}"]
        let before = try study.bytes()
        for word in words { #expect(before.contains(Data(word.utf8))) }

        try study.store.write(by: id) { try $0.withdraw(id) }

        let after = try study.bytes()
        for word in words { #expect(!after.contains(Data(word.utf8)), "\(word)") }
        let person = try study.store.read { try $0.annotator(id) }
        #expect(person.status == .withdrawn && person.name == "withdrawn \(id)" && person.groups.isEmpty)
        #expect(try counted(project).isEmpty)
        let kept = try study.store.read { try $0.judgments(in: project, .everything) }
        #expect(kept.map(\.opinion) == [Opinion()] && kept.map(\.annotatorName) == ["withdrawn \(id)"])
        #expect(try study.store.read { try $0.session(ada.session) } == nil)
        #expect(throws: FeedbackError.signInRefused) {
            try study.store.write(by: nil) { try $0.signIn(name: person.name, code: ada.signInCode) }
        }
        // The audit says that it happened, and still holds.
        try study.store.read { try $0.verifyAudit() }
        let actions = try study.store.read { try $0.auditEntries() }
        #expect(actions.last?.action == .withdrawn && actions.last?.annotator == id)
        // Others judge the items.
        #expect(try study.next(study.person("Bob"), project, 3).count == 3)
    }

    @Test func withdrawalIsForGood() throws {
        let ada = try study.person("Ada")
        try study.store.write(by: nil) { try $0.withdraw(ada) }
        let changes: [(StoreWriter) throws -> Void] = [
            { try $0.readmit(ada) }, { try $0.exclude(ada, reason: "") }, { try $0.withdraw(ada) },
            { try $0.setGroups([:], of: ada) }, { _ = try $0.changeSignInCode(of: ada) },
        ]
        for change in changes {
            #expect(throws: FeedbackError.notActive(.withdrawn)) { try study.store.write(by: nil, change) }
        }
        // The name is free again.
        _ = try study.person("Ada")
    }

    @Test func whoWithdrawsTakesTheirConversationsAlong() throws {
        let project = try study.project(.chat)
        let ada = try study.person("Ada")
        try study.store.write(by: ada) {
            let conversation = try $0.startConversation(in: project)
            _ = try $0.addTurn(
                to: conversation.id, prompt: .plain("my secret question"),
                responses: ["your secret is safe", "no"].map { ItemResponse(text: $0) })
        }
        try study.store.write(by: ada) { try $0.withdraw(ada) }
        let bytes = try study.bytes()
        #expect(!bytes.contains(Data("my secret question".utf8)))
        #expect(!bytes.contains(Data("your secret is safe".utf8)))
        #expect(try study.store.read { try $0.items(in: project) }.map(\.responses.count) == [2])
    }

    @Test func wordsGoOnlyWithTheirAuthor() throws {
        let project = try study.project(work: 1)
        let ada = try study.person("Ada")
        var opinion = Opinion.first
        opinion.reason = "because"
        try study.submit(try #require(try study.next(ada, project).first), opinion)
        for change in ["DELETE FROM remarks", "UPDATE remarks SET reason = ''"] {
            #expect(throws: DatabaseError.self) {
                try study.store.write(by: nil) { try $0.database.execute(sql: change) }
            }
        }
        try study.store.write(by: nil) { try $0.exclude(ada, reason: "") }
        #expect(throws: DatabaseError.self) {
            try study.store.write(by: nil) { try $0.database.execute(sql: "DELETE FROM remarks") }
        }
    }

    @Test func itIsKnownWhichRunsLearnedFromWhom() throws {
        let project = try study.project(work: 4)
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        try study.work(ada, project, 3)
        try study.work(bob, project, 1)
        let judgments = try study.store.read { try $0.judgments(in: project) }
        try study.store.write(by: nil) { writer in
            for _ in 0..<2 {
                try writer.recordUse(
                    run: "runs/reward", verb: "reward", schema: "comparison", rowsHash: "ab",
                    judgments: judgments.map(\.id))
            }
            try writer.recordUse(
                run: "runs/dpo", verb: "dpo", schema: "comparison", rowsHash: "cd",
                judgments: judgments.filter { $0.annotator == ada }.map(\.id))
        }
        #expect(try study.store.read { try $0.uses() }.map(\.run) == ["runs/dpo", "runs/reward"])
        #expect(try study.store.read { try $0.uses() }.map(\.judgments) == [3, 4])
        // Whoever has gone: what is to be trained again is still known.
        try study.store.write(by: nil) { try $0.withdraw(bob) }
        let uses = try study.store.read { try $0.uses(ofJudgmentsBy: bob) }
        #expect(uses.map(\.run) == ["runs/reward"] && uses.map(\.judgments) == [1])
        #expect(try study.store.read { try $0.uses(ofJudgmentsBy: ada) }.map(\.judgments) == [3, 3])
    }
}
