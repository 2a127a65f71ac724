import Feedback
import Foundation
import HTTPTypes
import Testing

@testable import FeedbackServer

/// What stands between a request and the store.
@Suite struct GuardTests {
    private static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .origin

    /// Every route that there is, with a number for every part that varies.
    private func routes(_ labelling: Labelling) -> [Route] {
        buildRoutes(labelling.configuration, store: labelling.store, chat: nil).all.map { route in
            let parts = route.path.split(separator: "/").map { $0.hasPrefix(":") ? "1" : String($0) }
            return Route(method: route.method, path: "/" + parts.joined(separator: "/"), access: route.access)
        }
    }

    @Test func nobodyTakesARouteOfPeopleWithoutASession() async throws {
        let labelling = try Labelling()
        try labelling.project()
        let guarded = routes(labelling).filter { $0.access != .anyone }
        #expect(guarded.count > 30)
        try await labelling.run { client in
            for route in guarded {
                let answer = try await Browser().send(
                    client, route.method, route.path, body: route.method == .get ? nil : "{}")
                let isSentToSignIn = answer.headers[.location]?.hasPrefix("/sign-in?next=") == true
                #expect(answer.status == 401 || isSentToSignIn, "\(route)")
            }
        }
        #expect(try labelling.read { try $0.judgments(in: 1, .everything) }.isEmpty)
    }

    @Test func annotatorsTakeNoRouteOfLeads() async throws {
        let labelling = try Labelling()
        try labelling.project()
        let ada = try labelling.person("Ada")
        let guarded = routes(labelling).filter { $0.access == .lead }
        #expect(guarded.count > 20)
        try await labelling.run { client in
            for route in guarded {
                let answer =
                    route.method == .get
                    ? try await ada.get(client, route.path) : try await ada.form(client, route.path)
                #expect(answer.status == 403, "\(route)")
                #expect(!answer.text.contains("secret-model"), "\(route)")
            }
        }
    }

    @Test func everyChangeNeedsTheRightOrigin() async throws {
        let labelling = try Labelling()
        try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        let changes = routes(labelling).filter { $0.method != .get }
        #expect(changes.count > 15)
        let foreign: [HTTPFields] = [
            [.origin: "https://evil.example"], [.origin: "null"], [.origin: "http://localhost.evil.example"],
            [.origin: "http://localhost:81"], [.origin: "https://localhost"], [:],
            [Self.secFetchSite: "cross-site"], [Self.secFetchSite: "same-site"], [Self.secFetchSite: "none"],
            [.origin: "http://localhost", Self.secFetchSite: "cross-site"],
        ]
        try await labelling.run { client in
            for route in changes {
                for headers in foreign {
                    var browser = lead
                    browser.headers = headers
                    let answer = try await browser.form(client, route.path)
                    #expect(
                        [403, 404].contains(answer.status) && answer.text.contains("own pages"),
                        "\(route) \(headers)")
                }
            }
        }
    }

    @Test func aFormOfAnotherSessionIsRefused() async throws {
        let labelling = try Labelling()
        let lead = try labelling.person("Lea", .lead)
        let other = try labelling.person("Leo", .lead)
        let stolen = Visitor(annotator: try #require(other.person), token: other.token ?? "").formToken
        try await labelling.run { client in
            for token in ["", "AAAA", stolen] {
                let answer = try await lead.form(
                    client, "/people/invitations", ["role": "lead", "days": "7", "form_token": token])
                #expect(answer.status == 403)
            }
            #expect(
                try await lead.form(client, "/people/invitations", ["role": "lead", "days": "7"]).status
                    == 200)
        }
        #expect(try labelling.read { try $0.invitations() }.filter { $0.usedBy == nil }.count == 1)
    }

    @Test func scriptsSendJSONAndNothingThatAFormCouldSend() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            for type in [
                "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            ] {
                let answer = try await ada.send(
                    client, .post, "/api/assignments/\(item.assignment)/judgment",
                    body: Browser.judgment(aIsBetter),
                    type: type)
                #expect(answer.status == 415)
            }
        }
        #expect(try labelling.read { try $0.judgments(in: project) }.isEmpty)
    }

    /// What no browser sends, and a proxy might choose from.
    @Test(arguments: [
        ("127.0.0.1", "/account", 200), ("127.255.0.254:80", "/account", 200),
        ("127.999.1.1", "/account", 421),
        ("127.0.0.1.evil.example", "/account", 421), ("127.0.0.256", "/account", 421),
        ("127.1", "/account", 421),
        ("127.0.0.+1", "/account", 421), ("127.0.0.٣", "/account", 421), ("[::1]:80", "/account", 200),
        ("localhost", "http://evil.example/account", 421), ("localhost", "http://localhost/account", 421),
    ]) func onlyOneNameCounts(authority: String, path: String, status: Int) async throws {
        let labelling = try Labelling()
        var ada = try labelling.person("Ada")
        ada.authority = authority
        try await labelling.run { [ada] client in
            let answer = try await ada.get(client, path)
            #expect(answer.status == status)
        }
    }

    @Test func aSecondHostIsRefused() async throws {
        let labelling = try Labelling()
        var ada = try labelling.person("Ada")
        ada.headers.append(HTTPField(name: .secondHost, value: "evil.example"))
        try await labelling.run { [ada] client in
            let answer = try await ada.get(client, "/account")
            #expect(answer.status == 421)
        }
    }

    @Test func aForeignNameLeadsNowhereOnThisMachine() async throws {
        let labelling = try Labelling()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            for (authority, status) in [("localhost", 200), ("evil.example", 421), ("127.0.0.1:80", 200)] {
                let answer = try await Browser(token: ada.token, authority: authority).get(client, "/")
                #expect(answer.status == status, "\(authority)")
            }
        }
        let names = [
            "evil.example", "localhost.evil.example", "192.168.1.5", "127.0.0.1.evil.example", "169.254.1.1",
            "",
        ]
        for name in names {
            #expect(Authority(name + ":8080").map(\.isLoopback) != true, "\(name)")
        }
        for name in ["localhost", "LOCALHOST:9000", "127.0.0.1:8080", "127.1.2.3", "[::1]:80", "[::1]"] {
            #expect(Authority(name)?.isLoopback == true, "\(name)")
        }
        for text in ["a:b", "[::1", "host:80:80", ":80"] { #expect(Authority(text) == nil, "\(text)") }
    }

    @Test func elsewhereThanOnThisMachineEverybodyNeedsAnAccount() {
        #expect(ServerConfiguration().startLink != nil)
        #expect(ServerConfiguration(host: "::1").startLink != nil)
        for host in ["0.0.0.0", "::", "192.168.1.5", "heed.example"] {
            #expect(ServerConfiguration(host: host).startLink == nil)
        }
        #expect(ServerConfiguration(isBehindHTTPS: true).startLink == nil)
        #expect(ServerConfiguration(wantsAccounts: true).startLink == nil)
        #expect(ServerConfiguration().host == "127.0.0.1")
    }

    @Test func everyResponseCarriesTheHeaders() async throws {
        let labelling = try Labelling()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            for path in ["/", "/sign-in", "/nothing", "/assets/label.js", "/api/projects/99", "/join/none"] {
                let headers = try await lead.get(client, path).headers
                let policy = headers[.contentSecurityPolicy] ?? ""
                #expect(policy.hasPrefix("default-src 'none';"))
                #expect(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(headers[.xContentTypeOptions] == "nosniff")
                #expect(headers[HTTPField.Name("Referrer-Policy") ?? .origin] == "same-origin")
                #expect(headers[.cacheControl] == (path.hasPrefix("/assets") ? "no-cache" : "no-store"))
            }
        }
    }

    @Test func whoAsksTooOftenWaits() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.sessionRate = RateLimit(perSecond: 0.001, burst: 3)
        let labelling = try Labelling(configuration)
        let ada = try labelling.person("Ada")
        let bob = try labelling.person("Bob")
        try await labelling.run { client in
            for _ in 0..<3 { #expect(try await ada.get(client, "/account").status == 200) }
            let refusal = try await ada.get(client, "/account")
            #expect(refusal.status == 429)
            #expect(Int(refusal.headers[.retryAfter] ?? "") != nil)
            #expect(try await bob.get(client, "/account").status == 200)
        }
    }

    @Test func secretsCannotBeGuessedAtSpeed() async throws {
        var configuration = ServerConfiguration(wantsAccounts: true)
        configuration.limits.entranceRate = RateLimit(perSecond: 0.001, burst: 4)
        let labelling = try Labelling(configuration)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let tries: [(String, [String: String])] = [
                ("/sign-in", ["name": "Ada", "code": "wrong"]),
                ("/sign-in", ["name": "Nobody", "code": "wrong"]),
            ]
            for (path, fields) in tries {
                #expect(try await Browser().form(client, path, fields).status == 403)
            }
            for path in ["/join/guess", "/start/guess"] {
                #expect(try await Browser().get(client, path).status >= 400)
            }
            // The right code comes too late.
            let answer = try await Browser().form(client, "/sign-in", ["name": "Ada", "code": ada.code])
            #expect(answer.status == 429)
        }
    }

    @Test func aBucketFillsAgain() throws {
        let clock = Labelling.Clock()
        let limiter = RateLimiter(RateLimit(perSecond: 2, burst: 3)) { clock.now.timeIntervalSince1970 }
        for _ in 0..<3 { try limiter.admit("one") }
        #expect(throws: RequestProblem.tooMany(seconds: 1)) { try limiter.admit("one") }
        try limiter.admit("other")
        clock.pass(0.5)
        try limiter.admit("one")
        #expect(throws: RequestProblem.self) { try limiter.admit("one") }
        clock.pass(100)
        for _ in 0..<3 { try limiter.admit("one") }
        #expect(throws: RequestProblem.self) { try limiter.admit("one") }
    }

    @Test func largeBodiesAreRefused() async throws {
        var configuration = ServerConfiguration()
        configuration.limits.bodySize = 10_000
        configuration.limits.uploadSize = 50_000
        configuration.limits.uploadLineSize = 20_000
        let labelling = try Labelling(configuration)
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        let large = String(repeating: "x", count: 60_000)
        try await labelling.run { client in
            let item = try #require(try await lead.next(client, project).items.first)
            let body = Browser.judgment(#"{"reason": "\#(large)"}"#)
            #expect(
                try await lead.post(client, "/api/assignments/\(item.assignment)/judgment", body).status
                    == 413)
            #expect(try await lead.form(client, "/account/groups", ["group.x": large]).status == 413)
            let line = try await lead.send(
                client, .post, "/api/projects/\(project)/items", body: large, type: "application/jsonl")
            #expect(line.status == 422)
            let row = #"{"prompt": "p", "responses": [{"text": "a"}, {"text": "b"}]}"# + "\n"
            let rows = try await lead.send(
                client, .post, "/api/projects/\(project)/items", body: String(repeating: row, count: 1_000),
                type: "application/jsonl")
            // What came before the limit is in, and it is said why the rest is not.
            #expect(rows.text.contains("more than the server takes"))
        }
    }

    @Test func noPathLeadsToAFile() async throws {
        let labelling = try Labelling()
        let lead = try labelling.person("Lea", .lead)
        let project = try labelling.project()
        try await labelling.run { client in
            let names = [
                "..", "../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                "style.css%00.js",
                "layout.mustache", "feedback.sqlite", "/etc/passwd", "....//....//etc/passwd", "style.css/",
            ]
            for name in names {
                for path in ["/assets/\(name)", "/projects/\(project)/export/\(name)"] {
                    let answer = try await lead.get(client, path)
                    #expect(
                        [404, 400].contains(answer.status) || path.hasSuffix("css/"),
                        "\(path): \(answer.status)")
                    #expect(!answer.text.contains("root:"))
                }
            }
            #expect(try await lead.get(client, "/assets/style.css").status == 200)
        }
    }

    @Test func whatGoesWrongInsideIsNotSent() async throws {
        let labelling = try Labelling()
        let lead = try labelling.person("Lea", .lead)
        let project = try labelling.project()
        try await labelling.run { client in
            for path in [
                "/projects/99999999999999999999", "/projects/x", "/items/-1",
                "/projects/\(project)/export/comparisons",
            ] {
                let answer = try await lead.get(client, path)
                #expect(answer.status >= 400 && answer.status < 500)
                #expect(!answer.text.contains("sqlite") && !answer.text.contains(labelling.folder.url.path))
            }
        }
        let url = URL(fileURLWithPath: "/home/somebody/feedback.sqlite")
        let problem = Problem(FeedbackError.damaged(url, found: "page 7"))
        #expect(problem.status == .internalServerError && !problem.message.contains("somebody"))
    }
}
