import Foundation
import GRDB
import JSON
import Testing

@testable import Feedback

@Suite struct AuditTests {
    let study: Study
    let project: Project.ID
    let ada: Annotator.ID

    init() throws {
        study = try Study()
        project = try study.project(work: 4)
        ada = try study.person("Ada")
        try study.work(ada, project, 2)
    }

    /// Changes the file behind the store's back, as somebody would who wanted to.
    private func tamper(_ change: String) throws {
        try study.store.write(by: nil) {
            let triggers = try String.fetchAll(
                $0.database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers { try $0.database.execute(sql: "DROP TRIGGER \(trigger)") }
            try $0.database.execute(sql: "PRAGMA defer_foreign_keys = ON")
            try $0.database.execute(sql: change)
        }
    }

    private func brokenEntry() throws -> Int64? {
        do {
            try study.store.read { try $0.verifyAudit() }
            return nil
        } catch FeedbackError.auditBroken(let entry, _) { return entry }
    }

    @Test func anUntouchedAuditHolds() throws {
        #expect(try brokenEntry() == nil)
        let entries = try study.store.read { try $0.auditEntries() }
        #expect(
            entries.map(\.action) == [
                .storeCreated, .projectCreated, .itemsAdded, .invited, .joined, .dealt, .judged, .dealt,
                .judged,
            ])
        #expect(entries.map(\.id) == Array(1...9))
        #expect(entries.map(\.annotator) == [nil, nil, nil, nil, ada, ada, ada, ada, ada])
        #expect(try study.store.read { try $0.auditEntries(after: 7, limit: 1) }.map(\.id) == [8])
    }

    @Test(arguments: [
        ("UPDATE audit SET detail = '{}' WHERE sequence = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE sequence = 5", 5),
        ("UPDATE audit SET annotator = NULL WHERE sequence = 6", 6),
        ("DELETE FROM audit WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence >= 9", 9),
        ("UPDATE judgments SET opinion = '{}' WHERE id = 2", 9),
        ("UPDATE judgments SET seconds = 4 WHERE id = 1", 7),
        ("DELETE FROM judgments WHERE id = 1", 7),
        (
            """
            INSERT INTO judgments SELECT 9, assignment, project, annotator, 9, version, opinion, seconds, x'00', 0
            FROM judgments WHERE id = 1
            """, 10
        ),
    ]) func theFirstEntryThatDoesNotHoldIsNamed(change: String, entry: Int64) throws {
        try tamper(change)
        #expect(try brokenEntry() == entry)
    }

    @Test(arguments: ["judgments", "audit"]) func nothingIsEverTakenBack(table: String) throws {
        for change in ["DELETE FROM \(table)", "UPDATE \(table) SET rowid = rowid + 100"] {
            #expect(throws: DatabaseError.self) {
                try study.store.write(by: nil) { try $0.database.execute(sql: change) }
            }
        }
    }

    @Test func aChangeThatFailsLeavesNoEntry() throws {
        let before = try study.store.read { try $0.auditEntries() }
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try study.store.write(by: nil) {
                try $0.addItems([.pair("new")], to: project)
                throw Stop()
            }
        }
        #expect(try study.store.read { try $0.auditEntries() } == before)
        #expect(try study.store.read { try $0.items(in: project) }.count == 4)
    }

    /// Every public change but drafts and the renewal of sessions, which change nothing that counts.
    @Test func everyChangeLeavesAnEntry() throws {
        let item = try #require(try study.store.read { try $0.items(in: project) }.first).id
        let chat = try study.project(.chat, named: "chat")
        let bob = try study.admission("Bob")
        let held = try study.next(ada, project)[0]
        let lead: Annotator.ID? = nil
        let changes: [(actor: Annotator.ID?, action: AuditAction, change: (StoreWriter) throws -> Void)] = [
            (lead, .projectCreated, { try $0.createProject("new", ProjectDefinition(task: .rate)) }),
            (
                lead, .projectChanged,
                { try $0.updateProject(chat, ProjectDefinition(task: .chat, question: "?")) }
            ),
            (lead, .projectClosed, { try $0.closeProject(project) }),
            (lead, .projectReopened, { try $0.reopenProject(project) }),
            (lead, .itemsAdded, { try $0.addItems([.pair("another")], to: project) }),
            (lead, .goldMade, { try $0.makeGold(item, expected: .first) }),
            (lead, .prioritiesSet, { try $0.setPriorities([item: 1]) }),
            (lead, .invited, { _ = try $0.invite() }),
            (lead, .invitationRevoked, { try $0.revoke(invitation: try $0.reader.invitations()[0].id) }),
            (lead, .signedIn, { _ = try $0.signIn(name: "Bob", code: bob.signInCode) }),
            (lead, .signedOut, { try $0.signOut(bob.session) }),
            (lead, .joined, { _ = try $0.localLead(name: "me") }),
            (ada, .groupsSet, { try $0.setGroups([:], of: ada) }),
            (ada, .skipped, { try $0.skip(held.id) }),
            (ada, .dealt, { _ = try $0.nextAssignments(1, for: ada, in: project) }),
            (ada, .conversationStarted, { _ = try $0.startConversation(in: chat) }),
            (ada, .conversationEnded, { try $0.endConversation(1) }),
            (
                lead, .used,
                { try $0.recordUse(run: "r", verb: "dpo", schema: "s", rowsHash: "h", judgments: [1]) }
            ),
            (lead, .codeChanged, { _ = try $0.changeSignInCode(of: ada) }),
            (lead, .excluded, { try $0.exclude(ada, reason: "") }),
            (lead, .readmitted, { try $0.readmit(ada) }),
            (lead, .withdrawn, { try $0.withdraw(ada) }),
        ]
        for (actor, action, change) in changes {
            let before = try study.store.read { try $0.auditEntries() }.count
            try study.store.write(by: actor, change)
            let added = try study.store.read { try $0.auditEntries() }.dropFirst(before)
            #expect(added.map(\.action) == [action])
        }
        try study.store.read { try $0.verifyAudit() }
    }

    @Test func theChainIsThatOfItsDefinition() throws {
        // printf '%s' '[1,2.5,null,"a","b","{}"]' after 32 zero bytes, by sha256sum.
        let chain = AuditChain.next(
            after: AuditChain.start, sequence: 1, at: 2.5, annotator: nil, action: "a", subject: "b",
            detail: "{}")
        #expect(
            chain.hexadecimal
                == "87f26c164590ceef33ffb55af6fe13844c735a5deae015413bf3d07e7821c59d")
    }
}
