import Feedback
import Foundation
import Testing
import WebDriver

/// The person who runs a study, from an empty store to its live page.
@Suite(Chromium.isThere) struct LeadTests {
    @Test func aStudyFromNothing() async throws {
        let study = try await Study(ProjectDefinition(task: .thumbs))
        let responses = try study.folder.write(
            """
            {"prompt": "Which fruit?", "responses": [{"text": "Apples"}, {"text": "Pears"}]}
            {"prompt": "Which tree?", "responses": [{"text": "An oak"}, {"text": "A birch"}]}
            {"prompt": "Which fruit?", "responses": [{"text": "Apples"}, {"text": "Pears"}]}
            """, to: "responses.jsonl")
        try await study.visit { browser in
            try await browser.open(study.server.startLink())
            try await browser.find("#new-project").click()
            try await browser.find("#name").fill(with: "Trees and fruit")
            try await browser.find("#guidelines").fill(with: "Prefer *fruit*.")
            try await Screenshots.take("new-project", of: browser)
            try await browser.find("#project #submit").click()
            try await browser.waitForText("Trees and fruit")

            let project = try #require(try study.read { try $0.project(named: "Trees and fruit") })
            #expect(project.definition.guidelines == "Prefer *fruit*." && project.definition.task == .compare)
            try await browser.open(study.server.link("/projects/\(project.id)/import"))
            try await browser.find("#file").type(responses.path)
            try await browser.find("#upload #submit").click()
            try await browser.waitForText("2 items were added.")
            try await Screenshots.take("imported", of: browser)

            // The lead judges too.
            try await browser.open(study.server.labellingPage(of: project))
            let page = LabellingPage(browser: browser)
            _ = try await browser.find("#instructions[open]")
            try await browser.press(.escape)
            try await page.judge("1")
            try await page.judge("5")
            try await page.waitUntilDone()

            try await browser.open(study.server.link("/projects/\(project.id)"))
            try await browser.wait(for: "both judgments on the live page") {
                try await browser.find("#judgment-count").text == "2"
            }
            try await Screenshots.take("study", of: browser)
            try await browser.open(study.server.link("/"))
            try await Screenshots.take("projects", of: browser)
        }
        let project = try #require(try study.read { try $0.project(named: "Trees and fruit") })
        #expect(try study.read { try $0.judgments(in: project.id) }.count == 2)
    }

    /// A figure that changes while somebody looks at it.
    @Test func theLivePageIsLive() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(3))
        try await study.visit { lead in
            try await lead.open(study.server.startLink())
            try await lead.open(study.server.link("/projects/\(study.project.id)"))
            #expect(try await lead.find("#judgment-count").text == "0")
            try await study.label(as: "Ada") { page in
                for _ in 0..<3 { try await page.judge("5") }
                try await page.waitUntilDone()
            }
            try await lead.wait(for: "three judgments") { try await lead.find("#judgment-count").text == "3" }
        }
    }

    @Test func invitedPeopleAreNoLeads() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(1))
        var invitation: URL?
        try await study.visit { lead in
            try await lead.open(study.server.startLink())
            try await lead.open(study.server.link("/people"))
            try await lead.find("#invite button").click()
            try await lead.wait(for: "the link") {
                let links = try await lead.text.matches(of: /http:\/\/\S+\/join\/\S+/)
                let inFields = try await lead.run(
                    "return [...document.querySelectorAll('input, code')].map(each => each.value ?? each.textContent)"
                )
                let found = links.map { String($0.output) } + (inFields.array?.compactMap(\.string) ?? [])
                invitation = found.first { $0.contains("/join/") }.flatMap(URL.init(string:))
                return invitation != nil
            }
            try await Screenshots.take("invited", of: lead)
        }
        try await study.visit { guest in
            try await guest.open(#require(invitation))
            try await Screenshots.take("join", of: guest)
            try await guest.find("input[name=name]").fill(with: "Zoë")
            try await guest.find("main form button.primary").click()
            _ = try await guest.find("#account-link")
            try await Screenshots.take("joined", of: guest)
            try await guest.open(study.server.link("/"))
            #expect(try await guest.all("#new-project").isEmpty)
            try await Screenshots.take("home-of-an-annotator", of: guest)
        }
        #expect(
            try study.read { try $0.annotators() }.contains {
                $0.name == "Zoë" && $0.role == .annotator
            })
    }
}
