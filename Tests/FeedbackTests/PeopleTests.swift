import Foundation
import JSON
import Testing

@testable import Feedback

@Suite struct PeopleTests {
    let study: Study

    init() throws { study = try Study() }

    private func invite(_ role: Annotator.Role = .annotator, expiresIn lifetime: TimeInterval = 60) throws
        -> String
    {
        try study.store.write(by: nil) { try $0.invite(role: role, expiresIn: lifetime) }
    }

    private func accept(_ token: String, as name: String) throws -> Admission {
        try study.store.write(by: nil) { try $0.accept(invitation: token, name: name) }
    }

    @Test func anInvitationIsForOnePerson() throws {
        let token = try invite(.lead)
        let admission = try accept(token, as: " Ada Lovelace ")
        #expect(admission.annotator.name == "Ada Lovelace" && admission.annotator.role == .lead)
        #expect(throws: FeedbackError.invitationRefused(.used)) { try accept(token, as: "Bob") }
        #expect(throws: FeedbackError.invitationRefused(.unknown)) { try accept("guess", as: "Bob") }
        #expect(try study.store.read { try $0.invitations() }.map(\.usedBy) == [admission.annotator.id])
    }

    @Test func theFirstLeadIsInvitedUntilOneCanSignIn() throws {
        func inviteFirstLead() throws -> String? {
            try study.store.write(by: nil) { try $0.inviteFirstLead() }
        }
        _ = try accept(try invite(), as: "Bob")
        // Whoever opened the link of a server on this machine has no code for another one.
        _ = try study.store.write(by: nil) { try $0.localLead(name: "lead") }
        let admission = try accept(try #require(try inviteFirstLead()), as: "Ada")
        #expect(admission.annotator.role == .lead)
        #expect(try inviteFirstLead() == nil)
    }

    @Test func anInvitationExpires() throws {
        let token = try invite(expiresIn: 60)
        study.clock.advance(by: 60)
        #expect(throws: FeedbackError.invitationRefused(.expired)) { try accept(token, as: "Ada") }
    }

    @Test func anInvitationCanBeTakenBack() throws {
        let token = try invite()
        let id = try #require(try study.store.read { try $0.invitations() }.first).id
        try study.store.write(by: nil) { try $0.revoke(invitation: id) }
        #expect(throws: FeedbackError.invitationRefused(.unknown)) { try accept(token, as: "Ada") }
        #expect(throws: FeedbackError.noInvitation(id)) {
            try study.store.write(by: nil) { try $0.revoke(invitation: id) }
        }
    }

    @Test(arguments: ["", "  ", "a\nb", "withdrawn 3", String(repeating: "x", count: 81)])
    func someNamesAreNone(name: String) throws {
        let token = try invite()
        #expect(throws: FeedbackError.self) { try accept(token, as: name) }
        // The invitation is still good.
        _ = try accept(token, as: "Ada")
    }

    @Test func namesAreTakenOnce() throws {
        _ = try study.person("Ada")
        let token = try invite()
        #expect(throws: FeedbackError.nameTaken("ADA")) { try accept(token, as: "ADA") }
    }

    @Test func theSignInCodeOpensASession() throws {
        let ada = try study.admission("Ada")
        let loose = ada.signInCode.lowercased().replacingOccurrences(of: "-", with: " ")
        for code in [ada.signInCode, loose] {
            let token = try study.store.write(by: nil) { try $0.signIn(name: "ada", code: code) }
            #expect(try study.store.read { try $0.annotator(session: token) } == ada.annotator)
        }
        let bob = try study.admission("Bob")
        for (name, code) in [("Ada", bob.signInCode), ("Ada", ""), ("Eve", ada.signInCode)] {
            #expect(throws: FeedbackError.signInRefused) {
                try study.store.write(by: nil) { try $0.signIn(name: name, code: code) }
            }
        }
    }

    @Test func anotherCodeEndsTheOldOneAndItsSessions() throws {
        let ada = try study.admission("Ada")
        let code = try study.store.write(by: nil) { try $0.changeSignInCode(of: ada.annotator.id) }
        #expect(try study.store.read { try $0.session(ada.session) } == nil)
        #expect(throws: FeedbackError.signInRefused) {
            try study.store.write(by: nil) { try $0.signIn(name: "Ada", code: ada.signInCode) }
        }
        _ = try study.store.write(by: nil) { try $0.signIn(name: "Ada", code: code) }
    }

    @Test func aSessionLastsWhileItIsUsed() throws {
        let token = try study.admission("Ada").session
        #expect(try study.store.read { try $0.session(token) }?.isDueForRenewal == false)
        study.clock.advance(by: Session.lifetime - 1)
        #expect(try study.store.read { try $0.session(token) }?.isDueForRenewal == true)
        try study.store.write(by: nil) { try $0.renew(session: token) }
        study.clock.advance(by: Session.lifetime - 1)
        #expect(try study.store.read { try $0.annotator(session: token) }?.name == "Ada")
        study.clock.advance(by: 1)
        #expect(try study.store.read { try $0.annotator(session: token) } == nil)
        // What is over stays over.
        try study.store.write(by: nil) { try $0.renew(session: token) }
        #expect(try study.store.read { try $0.annotator(session: token) } == nil)
    }

    @Test func signingOutEndsOneSession() throws {
        let ada = try study.admission("Ada")
        let other = try study.store.write(by: nil) { try $0.signIn(name: "Ada", code: ada.signInCode) }
        try study.store.write(by: nil) {
            try $0.signOut(other)
            try $0.signOut(other)
        }
        #expect(try study.store.read { try $0.session(other) } == nil)
        #expect(try study.store.read { try $0.session(ada.session) } != nil)
    }

    @Test func theLocalLeadNeedsNoAccount() throws {
        let tokens = try (0..<2).map { _ in try study.store.write(by: nil) { try $0.localLead(name: "me") } }
        let leads = try tokens.map { token in try study.store.read { try $0.annotator(session: token) } }
        #expect(leads[0]?.role == .lead && leads[0]?.id == leads[1]?.id)
        let ada = try study.person("Ada")
        #expect(throws: FeedbackError.notALead) {
            try study.store.write(by: nil) { try $0.localLead(name: "Ada") }
        }
        #expect(throws: FeedbackError.notALead) {
            try study.store.write(by: ada) { try $0.localLead(name: "me") }
        }
    }

    @Test func secretsAreNotInTheFile() throws {
        let token = try invite()
        let ada = try accept(token, as: "Ada")
        let bytes = try study.bytes()
        #expect(bytes.contains(Data("Ada".utf8)))
        for secret in [token, ada.session, ada.signInCode] {
            #expect(secret.count >= 20)
            #expect(!bytes.contains(Data(secret.utf8)))
        }
    }

    @Test func secretsDoNotRepeat() {
        #expect(Set((0..<100).map { _ in Secrets.token() }).count == 100)
        let codes = (0..<200).map { _ in Secrets.signInCode() }
        #expect(codes.allSatisfy { $0.count == 24 && $0.split(separator: "-").count == 5 })
        // Every symbol comes up, so that none of the 5 bits is lost.
        #expect(Set(codes.joined()).count == 33)
        #expect(Secrets.hash(ofCode: "0O1I L-") == Secrets.hash(ofCode: "00111"))
    }

    @Test func groupsAreThoseThatAProjectDeclares() throws {
        try study.project { $0.groups = [GroupAttribute("language", values: ["de", "en"])] }
        let ada = try study.person("Ada", groups: ["language": "de"])
        #expect(try study.store.read { try $0.annotator(ada).groups } == ["language": "de"])
        try study.store.write(by: ada) { try $0.setGroups([:], of: ada) }
        #expect(try study.store.read { try $0.annotator(ada).groups }.isEmpty)
        for (name, value) in [("language", "fr"), ("region", "de")] {
            #expect(throws: FeedbackError.self) {
                try study.store.write(by: ada) { try $0.setGroups([name: value], of: ada) }
            }
        }
        let bob = try study.person("Bob")
        #expect(throws: FeedbackError.notALead) {
            try study.store.write(by: bob) { try $0.setGroups(["language": "en"], of: ada) }
        }
    }

    @Test func leadsAloneRunTheStudy() throws {
        let project = try study.project(work: 1)
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        let item = try #require(try study.store.read { try $0.items(in: project) }.first).id
        let changes: [(StoreWriter) throws -> Void] = [
            { try $0.createProject("other", ProjectDefinition(task: .rate)) },
            { try $0.updateProject(project, ProjectDefinition(task: .compare, question: "?")) },
            { try $0.closeProject(project) }, { try $0.reopenProject(project) },
            { try $0.addItems([.pair("x")], to: project) }, { try $0.makeGold(item, expected: .first) },
            { try $0.setPriorities([item: 1]) }, { _ = try $0.invite() }, { try $0.revoke(invitation: 1) },
            { try $0.exclude(bob, reason: "") }, { try $0.readmit(bob) }, { try $0.withdraw(bob) },
            { _ = try $0.changeSignInCode(of: bob) },
        ]
        for change in changes {
            #expect(throws: FeedbackError.notALead) { try study.store.write(by: ada, change) }
        }
        let lead = try study.person("Lea", .lead)
        _ = try study.store.write(by: lead) { try $0.invite() }
        try study.store.write(by: nil) { try $0.exclude(lead, reason: "") }
        #expect(throws: FeedbackError.notActive(.excluded)) {
            try study.store.write(by: lead) { try $0.invite() }
        }
    }
}
