import Feedback
import Foundation
import Hummingbird

/// What people see and change about themselves.
struct AccountPages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    let cookie: SessionCookie

    func add(to routes: Routes) {
        routes.person(.get, "/account", account)
        routes.person(.post, "/account/groups", setGroups)
        routes.person(.post, "/account/code", changeCode)
        routes.person(.post, "/account/withdraw", withdraw)
    }

    private struct Account {
        let name: String
        let role: String
        let groups: [GroupChoice]
        let hasGroups: Bool
        let uses: [ShownUse]
        let hasUses: Bool
    }

    private func account(_ call: Call) async throws -> Response {
        let person = call.person
        let (groups, uses) = try await store.read { reader in
            (try reader.declarableGroups(), try reader.uses(ofJudgmentsBy: person.id))
        }
        return pages.page(
            "account", title: "Your account",
            Account(
                name: person.name, role: person.role.rawValue,
                groups: groups.map { GroupChoice($0, chosen: person.groups[$0.name]) },
                hasGroups: !groups.isEmpty,
                uses: uses.map(ShownUse.init), hasUses: !uses.isEmpty),
            for: call.visitor, style: "narrow", notice: call.query("saved") == nil ? nil : "Saved.")
    }

    private func setGroups(_ call: Call) async throws -> Response {
        let groups = try await call.form().values(beginning: "group.")
        let person = call.person.id
        try await store.write(by: person) { try $0.setGroups(groups, of: person) }
        return ServerResponse.redirect(to: "/account?saved=1")
    }

    private struct Secret {
        let title: String
        let explanation: String
        let secret: String
        let next: String
    }

    /// A new code ends all sessions, this one too: whoever knew the old one is out.
    private func changeCode(_ call: Call) async throws -> Response {
        _ = try await call.form()
        let person = call.person
        let (code, token) = try await store.write(by: person.id) { writer in
            let code = try writer.changeSignInCode(of: person.id)
            return (code, try writer.signIn(name: person.name, code: code))
        }
        var response = pages.page(
            "secret", title: "Your sign-in code",
            Secret(
                title: "Your new sign-in code",
                explanation: "With your name it lets you in from any browser. It is not shown again.",
                secret: code,
                next: "/account"),
            for: Visitor(annotator: person, token: token), style: "narrow")
        cookie.set(token, on: &response)
        return response
    }

    private func withdraw(_ call: Call) async throws -> Response {
        guard try await call.form()["confirmation"] == "withdraw" else {
            throw RequestProblem.malformed("To withdraw, type the word withdraw into the field.")
        }
        let person = call.person.id
        try await store.write(by: person) { try $0.withdraw(person) }
        var response = ServerResponse.redirect(to: "/sign-in")
        cookie.clear(on: &response)
        return response
    }
}

/// A run that learned from judgments, as pages show it.
struct ShownUse {
    let run: String
    let verb: String
    let schema: String
    let judgments: Int
    let date: String
    let hash: String

    init(_ use: Use) {
        run = use.run
        verb = use.verb
        schema = use.schema
        judgments = use.judgments
        date = ShownDate.day(use.createdAt)
        hash = String(use.rowsHash.prefix(12))
    }
}

/// Dates as pages show them, in UTC so that they say the same everywhere.
enum ShownDate {
    static func day(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day())
    }

    static func moment(_ date: Date) -> String {
        date.formatted(
            .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
    }
}
