import Feedback
import Foundation
import Testing

@testable import FeedbackServer

/// Text that people and models wrote stays text, on every page.
@Suite struct MarkupTests {
    /// Breaks out of text, attributes and scripts wherever it is not escaped. The accent makes another character of the
    /// quotation mark for Swift, and not for a browser.
    private static let attack =
        "x\"\u{301} onfocus=\"alert(1)\" '\u{301}><script>alert(2)</script><img src=x onerror=alert(3)>{{name}}"

    /// Whether nothing of the attack has become markup. By bytes, as a browser reads it.
    private func isHarmless(_ page: String) -> Bool {
        ["<script>alert", "<img src=x", "\"\u{301} onfocus", "'\u{301}>"].allSatisfy {
            Data(page.utf8).range(of: Data($0.utf8)) == nil
        }
    }

    @Test func everyFieldIsEscapedOnEveryPage() async throws {
        let attack = Self.attack
        var definition = ProjectDefinition(task: .compare, question: attack)
        definition.guidelines = attack
        definition.aspects = [Aspect(attack.replacingOccurrences(of: ":", with: ""), question: attack)]
        definition.allowsEdit = true
        definition.groups = [GroupAttribute(attack, values: [attack, "other"])]
        let labelling = try Labelling()
        let project = try labelling.project(definition, named: attack, items: 0)
        try labelling.write { writer in
            let responses = (0..<2).map { ItemResponse(text: attack + "\($0)", policy: Policy(name: attack)) }
            try writer.addItems([NewItem(prompt: .plain(attack), responses: responses)], to: project)
        }
        // Names are at most 80 characters long.
        let lead = try labelling.person("x\"\u{301} onfocus=\"a\" '\u{301}><script>alert(2)</script>", .lead)
        let id = try #require(lead.person?.id)
        let aspect = definition.aspects[0].name
        try await labelling.run { client in
            #expect(try await lead.form(client, "/account/groups", ["group.\(attack)": attack]).status == 303)
            let item = try #require(try await lead.next(client, project).items.first)
            let opinion = ShownOpinion(
                Opinion(verdicts: [aspect: .tie], edits: [0: attack], reason: attack), [0, 1])
            let json = String(decoding: try JSONEncoder().encode(opinion), as: UTF8.self)
            let judged = try await lead.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(json))
            #expect(judged.status == 200)
            try labelling.write {
                let judgment = try $0.reader.judgments(in: project)[0].id
                try $0.recordUse(
                    run: attack, verb: "dpo", schema: "comparisons", rowsHash: attack, judgments: [judgment])
            }
            let pages = [
                "/", "/account", "/people", "/people/\(id)", "/uses", "/audit", "/projects/\(project)",
                "/projects/\(project)/settings", "/projects/\(project)/items", "/projects/\(project)/import",
                "/projects/\(project)/export", "/projects/\(project)/label", "/items/1",
            ]
            for path in pages {
                let page = try await lead.get(client, path)
                #expect(page.status == 200, "\(path)")
                #expect(isHarmless(page.text), "\(path)")
                #expect(page.text.contains("&lt;script&gt;alert(2)"), "\(path)")
            }
        }
    }

    @Test func whatIsTypedComesBackEscaped() async throws {
        let attack = Self.attack
        let labelling = try Labelling(ServerConfiguration(wantsAccounts: true))
        let lead = try labelling.person("Lea", .lead)
        let token = try labelling.write { try $0.invite() }
        try await labelling.run { client in
            let answers = [
                try await Browser().form(
                    client, "/sign-in", ["name": attack, "code": attack, "next": attack]),
                try await Browser().form(
                    client, "/join/\(token)", ["name": attack + String(repeating: "x", count: 500)]),
                try await lead.form(client, "/projects", ["name": attack, "task": attack]),
                try await Browser().get(client, "/sign-in?next=%22%3E%3Cscript%3Ealert(2)%3C/script%3E"),
            ]
            for answer in answers {
                #expect(isHarmless(answer.text))
            }
        }
    }

    @Test func pagesHoldNoScriptAndNoStyle() async throws {
        let labelling = try Labelling()
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            for path in [
                "/", "/account", "/people", "/projects/new", "/projects/\(project)/label",
                "/projects/\(project)",
            ] {
                let page = try await lead.get(client, path).text
                for part in page.components(separatedBy: "<script").dropFirst() {
                    #expect(part.hasPrefix(" type=\"module\" src=\"/assets/"), "\(path)")
                }
                #expect(
                    !page.contains("<style") && !page.contains(" style=\"") && !page.contains("javascript:"),
                    "\(path)")
                #expect(page.range(of: #"\son[a-z]+\s*="#, options: .regularExpression) == nil, "\(path)")
                #expect(!page.contains("http://") && !page.contains("https://"), "\(path)")
            }
        }
    }

    /// The front end never makes markup of text, and asks no other server for anything.
    @Test func scriptsBuildNodesOnly() throws {
        for (name, file) in Assets.files where name.hasSuffix(".js") {
            let code = String(decoding: file.bytes, as: UTF8.self)
            for word in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(",
                "new Function",
            ] {
                #expect(!code.contains(word), "\(name): \(word)")
            }
        }
        let styles = String(decoding: try #require(Assets.files["style.css"]).bytes, as: UTF8.self)
        #expect(!styles.contains("@import") && !styles.contains("url("))
    }

    @Test func metacharactersOfSQLAreText() async throws {
        let words = [
            "'; DROP TABLE judgments; --", "%' OR '1'='1", "\" OR 1=1 --", "\u{0}",
            "Robert'); DELETE FROM items;--",
        ]
        let labelling = try Labelling(ServerConfiguration(wantsAccounts: true))
        let project = try labelling.project()
        let lead = try labelling.person("Lea", .lead)
        try await labelling.run { client in
            let item = try #require(try await lead.next(client, project).items.first)
            for (revision, word) in words.enumerated() {
                #expect(
                    try await Browser().form(client, "/sign-in", ["name": word, "code": word]).status == 403)
                for path in [
                    "/projects/\(project)/items?kind=\(escaped(word))&after=\(escaped(word))",
                    "/audit?after=\(escaped(word))",
                ] {
                    #expect(try await lead.get(client, path).status == 200)
                }
                #expect(try await lead.get(client, "/items/\(escaped(word))").status == 404)
                let reason = String(decoding: try JSONEncoder().encode(word), as: UTF8.self)
                let opinion = #"{"verdicts": {"": {"tie": true}}, "reason": \#(reason)}"#
                let answer = try await lead.post(
                    client, "/api/assignments/\(item.assignment)/judgment",
                    Browser.judgment(opinion, replacing: revision))
                #expect(answer.status == 200)
                #expect(
                    try labelling.read { try $0.assignment(item.assignment).opinion?.reason }
                        == word.withoutNull)
            }
        }
        #expect(try labelling.read { try $0.judgments(in: project, .everything) }.count == words.count)
    }

    private func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
