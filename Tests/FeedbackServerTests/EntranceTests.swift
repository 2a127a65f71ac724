import Feedback
import Foundation
import HTTPTypes
import Testing

@testable import FeedbackServer

/// How people come in, stay in and leave.
@Suite struct EntranceTests {
    @Test func theStartLinkWorksOnce() async throws {
        let labelling = try Labelling()
        let link = try #require(labelling.configuration.startLink)
        try await labelling.run { client in
            let wrong = try await Browser().get(client, "/start/" + String(repeating: "0", count: 64))
            #expect(wrong.status == 409 && wrong.cookie == nil)
            let answer = try await Browser().get(client, link.path)
            #expect(answer.status == 303 && answer.headers[.location] == "/")
            var lead = Browser()
            lead.token = answer.cookie
            #expect(try await lead.get(client, "/people").status == 200)
            #expect(try await Browser().get(client, link.path).status == 409)
            // Whoever is in already is not sent away by opening it again.
            #expect(try await lead.get(client, link.path).status == 303)
        }
    }

    @Test func theCookieIsForThisServerAlone() async throws {
        for isBehindHTTPS in [false, true] {
            var labelling = try Labelling(
                ServerConfiguration(isBehindHTTPS: isBehindHTTPS, wantsAccounts: true))
            labelling.configuration.limits.entranceRate = RateLimit(perSecond: 1, burst: 50)
            let ada = try labelling.person("Ada")
            try await labelling.run { client in
                var browser = Browser()
                browser.headers[.origin] = isBehindHTTPS ? "https://localhost" : "http://localhost"
                let answer = try await browser.form(client, "/sign-in", ["name": "Ada", "code": ada.code])
                let cookie = answer.headers[.setCookie] ?? ""
                #expect(
                    cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict")
                        && cookie.contains("Path=/"))
                #expect(cookie.contains("Secure") == isBehindHTTPS)
                #expect(cookie.hasPrefix(isBehindHTTPS ? "__Host-heed_session=" : "heed_session="))
                #expect(!cookie.contains("Domain"))
            }
        }
    }

    @Test func aSessionThatTheBrowserBringsAlongIsNotTakenOver() async throws {
        let labelling = try Labelling(ServerConfiguration(wantsAccounts: true))
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            var browser = Browser()
            browser.token = "chosen-by-somebody-else"
            let answer = try await browser.form(client, "/sign-in", ["name": "Ada", "code": ada.code])
            #expect(answer.status == 303)
            #expect(answer.cookie != nil && answer.cookie != browser.token && answer.cookie != ada.token)
            #expect(try await browser.get(client, "/account").status == 303)
        }
    }

    @Test func sessionsEnd() async throws {
        let labelling = try Labelling()
        let ada = try labelling.person("Ada")
        let bob = try labelling.person("Bob")
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            #expect(try await ada.get(client, "/account").status == 200)
            #expect(try await ada.form(client, "/sign-out").status == 303)
            #expect(try await ada.get(client, "/api/session").status == 401)
            // An exclusion takes effect at once.
            let id = try #require(bob.person?.id)
            #expect(
                try await lead.form(client, "/people/\(id)/exclude", ["reason": "careless"]).status == 303)
            #expect(try await bob.get(client, "/api/session").status == 401)
            #expect(try await lead.get(client, "/account").status == 200)
            labelling.clock.pass(Session.lifetime + 1)
            #expect(try await lead.get(client, "/account").headers[.location]?.hasPrefix("/sign-in") == true)
        }
    }

    @Test func anInvitationIsForOnePerson() async throws {
        let labelling = try Labelling(ServerConfiguration(wantsAccounts: true))
        let token = try labelling.write { try $0.invite() }
        try await labelling.run { client in
            #expect(try await Browser().get(client, "/join/\(token)").text.contains("<form"))
            let joined = try await Browser().form(client, "/join/\(token)", ["name": "Ada"])
            #expect(joined.status == 200 && joined.cookie != nil)
            let again = try await Browser().form(client, "/join/\(token)", ["name": "Mallory"])
            #expect(again.status == 403 && again.cookie == nil)
            #expect(try await Browser().get(client, "/join/\(token)").status == 403)
        }
        let late = try labelling.write { try $0.invite(expiresIn: 60) }
        labelling.clock.pass(61)
        try await labelling.run { client in
            let refused = try await Browser().form(client, "/join/\(late)", ["name": "Late"])
            #expect(refused.status == 403 && refused.cookie == nil)
        }
        #expect(try labelling.read { try $0.annotators().map(\.name) } == ["Ada"])
    }

    @Test func aNameThatIsTakenIsSaidSo() async throws {
        let labelling = try Labelling(ServerConfiguration(wantsAccounts: true))
        _ = try labelling.person("Ada")
        let token = try labelling.write { try $0.invite() }
        try await labelling.run { client in
            let answer = try await Browser().form(client, "/join/\(token)", ["name": "ADA"])
            #expect(
                answer.status == 409 && answer.text.contains("taken") && answer.text.contains("value=\"ADA\"")
            )
            #expect(try await Browser().form(client, "/join/\(token)", ["name": "Bea"]).status == 200)
        }
    }

    @Test func whoWithdrawsIsGone() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let item = try #require(try await ada.next(client, project).items.first)
            _ = try await ada.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter))
            #expect(try await ada.form(client, "/account/withdraw", ["confirmation": "yes"]).status == 422)
            #expect(
                try await ada.form(client, "/account/withdraw", ["confirmation": "withdraw"]).status == 303)
            #expect(try await ada.get(client, "/api/session").status == 401)
        }
        #expect(try labelling.read { try $0.judgments(in: project) }.isEmpty)
        #expect(try labelling.read { try $0.annotators().map(\.name) } != ["Ada"])
    }

    @Test func afterSigningInTheWayStaysOnThisServer() {
        #expect(EntrancePages.ownPath("/projects/1/label") == "/projects/1/label")
        let traps = [
            "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nb",
            nil,
        ]
        for path in traps { #expect(EntrancePages.ownPath(path) == "/", "\(path ?? "nil")") }
    }
}
