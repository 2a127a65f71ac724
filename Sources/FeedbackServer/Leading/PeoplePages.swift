import Feedback
import Foundation
import Hummingbird

/// Who takes part: inviting, excluding, readmitting.
struct PeoplePages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    /// Where the server is reached, for links; nil: where the request came to.
    let isBehindHTTPS: Bool

    func add(to routes: Routes) {
        routes.lead(.get, "/people", people)
        routes.lead(.post, "/people/invitations", invite)
        routes.lead(.post, "/people/invitations/:invitation/revoke", revoke)
        routes.lead(.get, "/people/:person", person)
        routes.lead(.post, "/people/:person/exclude", exclude)
        routes.lead(.post, "/people/:person/readmit", readmit)
        routes.lead(.post, "/people/:person/code", changeCode)
    }

    private struct ShownPerson {
        let id: Annotator.ID
        let name: String
        let role: String
        let status: String
        let isActive: Bool
        let isExcluded: Bool
        let groups: String?
        let since: String

        init(_ person: Annotator) {
            id = person.id
            name = person.name
            role = person.role.rawValue
            status = person.status.rawValue
            isActive = person.status == .active
            isExcluded = person.status == .excluded
            let said = person.groups.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            groups = said.isEmpty ? nil : said.joined(separator: " · ")
            since = ShownDate.day(person.createdAt)
        }
    }

    private struct ShownInvitation {
        let id: Invitation.ID
        let role: String
        let created: String
        let state: String
        let isOpen: Bool
    }

    private struct Content {
        let people: [ShownPerson]
        let invitations: [ShownInvitation]
        let hasInvitations: Bool
    }

    private func people(_ call: Call) async throws -> Response {
        let (people, invitations) = try await store.read { (try $0.annotators(), try $0.invitations()) }
        let names = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.name) })
        let shown = invitations.map { invitation in
            let isOpen = invitation.usedBy == nil && invitation.expiresAt > Date()
            return ShownInvitation(
                id: invitation.id, role: invitation.role.rawValue,
                created: ShownDate.day(invitation.createdAt),
                state: invitation.usedBy.flatMap { names[$0] }.map { "used by \($0)" }
                    ?? (isOpen ? "open until \(ShownDate.day(invitation.expiresAt))" : "expired"),
                isOpen: isOpen)
        }
        return pages.page(
            "people", title: "People",
            Content(people: people.map(ShownPerson.init), invitations: shown, hasInvitations: !shown.isEmpty),
            for: call.visitor)
    }

    private struct Secret {
        let title: String
        let explanation: String
        let secret: String
        let next: String
    }

    private func invite(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard let role = Annotator.Role(rawValue: form["role"]) else {
            throw RequestProblem.malformed("Choose a role.")
        }
        guard let days = Double(form["days"]), Limits.invitation.contains(days) else {
            throw RequestProblem.malformed("An invitation is valid for up to 365 days.")
        }
        let token = try await store.write(by: call.person.id) {
            try $0.invite(role: role, expiresIn: days * 86_400)
        }
        let authority = call.request.head.authority ?? ""
        let origin = "\(isBehindHTTPS ? "https" : "http")://\(authority)"
        // What this machine calls itself leads others to their own.
        let isHere = Authority(authority)?.isLoopback == true
        let reach =
            isHere
            ? " Only this machine can open it: for people elsewhere start the server with --host and the machine's address, and make the link there."
            : ""
        return pages.page(
            "secret", title: "Invitation",
            Secret(
                title: "An invitation for one person",
                explanation: "Send this link to one \(role.rawValue). It works once, and is not shown again."
                    + reach,
                secret: "\(origin)/join/\(token)", next: "/people"),
            for: call.visitor, style: "narrow")
    }

    private func revoke(_ call: Call) async throws -> Response {
        let id = try call.number("invitation")
        _ = try await call.form()
        try await store.write(by: call.person.id) { try $0.revoke(invitation: id) }
        return ServerResponse.redirect(to: "/people")
    }

    private struct Detail {
        let person: ShownPerson
        let reason: String?
        let uses: [ShownUse]
        let hasUses: Bool
        let isOneself: Bool
    }

    private func person(_ call: Call) async throws -> Response {
        let id = try call.number("person")
        let (person, reason, uses) = try await store.read { reader in
            (
                try reader.annotator(id), try reader.exclusionReason(of: id),
                try reader.uses(ofJudgmentsBy: id)
            )
        }
        return pages.page(
            "person", title: person.name,
            Detail(
                person: ShownPerson(person), reason: reason.isEmpty ? nil : reason,
                uses: uses.map(ShownUse.init), hasUses: !uses.isEmpty,
                isOneself: person.id == call.person.id),
            for: call.visitor, style: "narrow")
    }

    private func exclude(_ call: Call) async throws -> Response {
        let id = try call.number("person")
        let reason = try await call.form()["reason"]
        guard id != call.person.id else { throw RequestProblem.conflict("Nobody can exclude themselves.") }
        try await store.write(by: call.person.id) { try $0.exclude(id, reason: reason) }
        return ServerResponse.redirect(to: "/people/\(id)")
    }

    private func readmit(_ call: Call) async throws -> Response {
        let id = try call.number("person")
        _ = try await call.form()
        try await store.write(by: call.person.id) { try $0.readmit(id) }
        return ServerResponse.redirect(to: "/people/\(id)")
    }

    private func changeCode(_ call: Call) async throws -> Response {
        let id = try call.number("person")
        _ = try await call.form()
        guard id != call.person.id else {
            throw RequestProblem.conflict("Change your own code on your account page.")
        }
        let code = try await store.write(by: call.person.id) { try $0.changeSignInCode(of: id) }
        return pages.page(
            "secret", title: "Sign-in code",
            Secret(
                title: "A new sign-in code",
                explanation:
                    "Tell it to the person. The old one no longer works, and all their sessions have ended.",
                secret: code, next: "/people/\(id)"), for: call.visitor, style: "narrow")
    }
}
