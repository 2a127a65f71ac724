import Feedback
import Foundation
import Hummingbird

/// How people come in: by the start link, by an invitation, by name and code.
struct EntrancePages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    let cookie: SessionCookie
    let startLink: StartLink?
    let attempts: RateLimiter

    func add(to routes: Routes) {
        routes.open(.get, "/start/:token", start)
        routes.open(.get, "/sign-in", signInPage)
        routes.open(.post, "/sign-in", signIn)
        routes.open(.get, "/join/:token", joinPage)
        routes.open(.post, "/join/:token", join)
        routes.person(.get, "/api/session", session)
        routes.person(.post, "/sign-out", signOut)
    }

    /// Counts an attempt: secrets cannot be guessed at the speed that is left.
    private func countAttempt(_ call: OpenCall) throws { try attempts.admit(call.context.address) }

    // MARK: The start link

    private func start(_ call: OpenCall) async throws -> Response {
        if call.context.visitor != nil { return ServerResponse.redirect(to: "/") }
        try countAttempt(call)
        guard let startLink, startLink.redeem(try call.parameter("token")) else {
            throw RequestProblem.conflict(
                "This link has been used, or belongs to an earlier run of the server. Restart the server for a new one."
            )
        }
        let token = try await store.write(by: nil) { try $0.localLead(name: startLink.leadName) }
        return entering(with: token, at: "/")
    }

    /// A session always begins with a token that the server has just made, whatever the browser brought along.
    private func entering(with token: String, at path: String) -> Response {
        var response = ServerResponse.redirect(to: path)
        cookie.set(token, on: &response)
        return response
    }

    // MARK: Name and code

    private struct SignIn {
        let next: String
        let name: String
        let problem: String?
        let isLocal: Bool
    }

    private func signInPage(_ call: OpenCall) async throws -> Response {
        let next = Self.ownPath(call.query("next")?.removingPercentEncoding)
        if call.context.visitor != nil { return ServerResponse.redirect(to: next) }
        return page(SignIn(next: next, name: "", problem: nil, isLocal: startLink != nil))
    }

    private func page(_ content: SignIn, status: HTTPResponse.Status = .ok) -> Response {
        pages.page(
            "signin", title: "Sign in", content, for: nil, scripts: ["signin.js"], style: "narrow",
            status: status)
    }

    private func signIn(_ call: OpenCall) async throws -> Response {
        try countAttempt(call)
        let form = try await call.openForm()
        let next = Self.ownPath(form["next"])
        do {
            let token = try await store.write(by: nil) {
                try $0.signIn(name: form["name"], code: form["code"])
            }
            return entering(with: token, at: next)
        } catch FeedbackError.signInRefused {
            return page(
                SignIn(
                    next: next, name: form["name"], problem: "No active person has this name and code.",
                    isLocal: startLink != nil), status: .forbidden)
        }
    }

    /// A path on this server; anything that could lead elsewhere becomes the first page.
    static func ownPath(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
            path.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F })
        else { return "/" }
        return path
    }

    private struct SessionState: Encodable {
        let isSignedIn = true
    }

    /// A link from elsewhere brings no cookie along; the sign-in page then asks here whether somebody is signed in after all.
    private func session(_ call: Call) async throws -> Response { try ServerResponse.json(SessionState()) }

    private func signOut(_ call: Call) async throws -> Response {
        _ = try await call.form()
        try await store.write(by: call.person.id) { try $0.signOut(call.visitor.token) }
        var response = ServerResponse.redirect(to: "/sign-in")
        cookie.clear(on: &response)
        return response
    }

    // MARK: Invitations

    private struct Join {
        let path: String
        let name: String
        let isLead: Bool
        let groups: [GroupChoice]
        let problem: String?
    }

    private func joinPage(_ call: OpenCall) async throws -> Response {
        try countAttempt(call)
        let token = try call.parameter("token")
        return try await joinPage(token, name: "", problem: nil)
    }

    private func joinPage(
        _ token: String, name: String, problem: String?, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let (invitation, groups) = try await store.read { reader in
            (try reader.invitation(token: token), try reader.declarableGroups())
        }
        let open = groups.filter { invitation.groups[$0.name] == nil }
        return pages.page(
            "join", title: "Join",
            Join(
                path: "/join/\(token)", name: name, isLead: invitation.role == .lead,
                groups: open.map { GroupChoice($0, chosen: nil) }, problem: problem),
            for: nil, style: "narrow", status: status)
    }

    private struct Joined {
        let name: String
        let code: String
    }

    private func join(_ call: OpenCall) async throws -> Response {
        try countAttempt(call)
        let token = try call.parameter("token")
        let form = try await call.openForm()
        do {
            let admission = try await store.write(by: nil) {
                try $0.accept(invitation: token, name: form["name"], groups: form.values(beginning: "group."))
            }
            var response = pages.page(
                "joined", title: "Welcome",
                Joined(name: admission.annotator.name, code: admission.signInCode),
                for: Visitor(annotator: admission.annotator, token: admission.session), style: "narrow")
            cookie.set(admission.session, on: &response)
            return response
        } catch let error as FeedbackError {
            switch error {
            case .nameTaken, .invalidName, .undeclaredGroup:
                let problem = Problem(error)
                return try await joinPage(
                    token, name: form["name"], problem: problem.message, status: problem.status)
            default: throw error
            }
        }
    }
}

/// A group attribute as a list to choose from.
struct GroupChoice {
    struct Value {
        let name: String
        let isChosen: Bool
    }

    let name: String
    let values: [Value]

    init(_ attribute: GroupAttribute, chosen: String?) {
        name = attribute.name
        values = attribute.values.map { Value(name: $0, isChosen: $0 == chosen) }
    }
}

extension StoreReader {
    /// What people may declare about themselves: what any open project asks for, values of the same name together.
    func declarableGroups() throws -> [GroupAttribute] {
        var groups: [GroupAttribute] = []
        for attribute in try projects().filter({ $0.closedAt == nil }).flatMap(\.definition.groups) {
            if let place = groups.firstIndex(where: { $0.name == attribute.name }) {
                groups[place].values += attribute.values.filter { !groups[place].values.contains($0) }
            } else {
                groups.append(attribute)
            }
        }
        return groups
    }
}
