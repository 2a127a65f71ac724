import Feedback
import Foundation
import TestSupport
import Testing
import WebDriver

/// A live chat in a real browser with a model that is one, if a tiny one.
@Suite(.enabled(if: ChromeDriver.isInstalled, Comment(rawValue: ChromeDriver.advice)))
struct LabelChatTests {
    @Test func aModelAnswersTwiceAndIsVotedOn() async throws {
        let folder = try TemporaryFolder()
        let model = Fixtures.golden("tiny-llama").path
        let server = try LabelServer(
            store: folder.item("feedback.sqlite"),
            ["--model", model, "--project", "talk", "--max-new-tokens", "24", "--device", "cpu"])
        let browser = try await ChromeDriver().browser()
        try await browser.open(server.link())
        try await browser.find("[data-start]").click()
        for turn in 1...2 {
            try await browser.find("#message").fill(with: "Question \(turn)?")
            try await browser.press(.enter)
            try await browser.wait(for: "both answers") {
                try await browser.run("return document.querySelector('#work').dataset.state").string
                    == "ready"
            }
            try await browser.press("9", .enter)
            try await browser.wait(for: "the next turn") {
                try await browser.run("return document.querySelector('#work').dataset.state").string
                    == "composing"
            }
        }
        try await browser.quit()
        server.stop()
        try check(FeedbackStore(at: folder.item("feedback.sqlite")))
    }

    private func check(_ store: FeedbackStore) throws {
        let items = try store.read { reader in
            let project = try #require(try reader.project(named: "talk"))
            return try reader.items(in: project.id, kind: .chat)
        }
        try #require(items.count == 2)
        for item in items {
            #expect(item.responses.count == 2 && item.responses[0].text != item.responses[1].text)
            for response in item.responses {
                #expect(response.policy?.hash.isEmpty == false)
                #expect(response.extra["tokens"]?.array?.isEmpty == false)
            }
        }
        // The second turn follows the answer that was preferred.
        guard case .messages(let messages) = items[1].prompt else {
            Issue.record("not a conversation: \(items[1].prompt)")
            return
        }
        #expect(messages.map(\.role) == ["user", "assistant", "user"])
        #expect(items[0].responses.map(\.text).contains(messages[1].content))
    }
}
