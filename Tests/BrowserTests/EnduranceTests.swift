import Feedback
import Foundation
import Testing
import WebDriver

/// What becomes of work when pages and servers go away.
@Suite(Chromium.isThere) struct EnduranceTests {
    @Test func aReloadKeepsWhatWasBegun() async throws {
        var definition = ProjectDefinition(task: .compare)
        definition.aspects = [Aspect("helpful"), Aspect("harmless")]
        let study = try await Study(definition, NewItem.pairs(2))
        try await study.label { page in
            let item = try await page.item()
            let left = try await page.answer("A")
            try await page.browser.press("2", "r")
            try await page.browser.type("Half a thought")
            try await page.browser.reload()
            #expect(try await page.item() == item)
            #expect(try await page.answer("A") == left)
            #expect(try await page.chosen() == ["A is much better", ""])
            #expect(try await page.browser.find("#reason").property("value").string == "Half a thought")
            try await page.judge("9")
        }
        let judgment = try #require(try study.judgments().first)
        #expect(judgment.opinion.verdicts.count == 2 && judgment.opinion.reason == "Half a thought")
    }

    /// A draft follows its person to another browser.
    @Test func draftsAreKeptByTheServer() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(1))
        try await study.label { page in
            let item = try await page.item()
            try await page.browser.press("2")
            try await page.browser.wait(for: "the draft in the store") {
                try study.read { try $0.assignment(Int64(item)).draft } != nil
            }
            // This browser has forgotten everything but who it is.
            try await page.browser.run("localStorage.clear()")
            try await page.browser.reload()
            try await page.item()
            #expect(try await page.chosen() == ["A is much better"])
        }
    }

    @Test func aDeadServerLosesAndDoublesNothing() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(6))
        try await study.label { page in
            try await page.judge("1")
            try await page.item()
            try await study.stopServer()
            // Two more answers go into the browser's keeping; the next items are there already.
            try await page.judge("5")
            try await page.judge("9")
            try await page.browser.wait(for: "the note that answers are kept") {
                try await page.browser.text.contains("kept here")
            }
            try await Screenshots.take("server-away", of: page.browser)
            #expect(try study.judgments().count == 1)
            try await study.startServer()
            try await page.browser.wait(for: "the kept answers") { try study.judgments().count >= 3 }
            for _ in 0..<3 { try await page.judge("0") }
            try await page.waitUntilDone()
        }
        let judgments = try study.judgments()
        #expect(judgments.count == 6 && Set(judgments.map(\.item)).count == 6)
        #expect(judgments.allSatisfy { $0.revision == 1 })
    }

    /// A page that is closed while the server is away sends what it kept when it is opened again.
    @Test func aReloadWhileTheServerIsAwayLosesNothing() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(3))
        try await study.label { page in
            try await page.item()
            try await study.stopServer()
            try await page.judge("1")
            // The browser may refuse, or show that there is no page.
            try? await page.browser.reload()
            try await study.startServer()
            try await page.browser.open(study.server.labellingPage(of: study.project))
            try await page.browser.wait(for: "the kept answer") { try study.judgments().count == 1 }
        }
    }

    @Test func twoPeopleNeverGetTheSameItem() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(12))
        try await study.label(as: "Ada") { ada in
            try await study.label(as: "Bob") { bob in
                try await ada.item()
                try await bob.item()
                var open = [ada, bob]
                while !open.isEmpty {
                    for page in open { try await page.judge("5") }
                    var left: [LabellingPage] = []
                    for page in open where try await page.state != "done" { left.append(page) }
                    open = left
                }
            }
        }
        let judgments = try study.judgments()
        #expect(judgments.count == 12 && Set(judgments.map(\.item)).count == 12)
        #expect(Set(judgments.map(\.annotatorName)) == ["Ada", "Bob"])
    }
}
