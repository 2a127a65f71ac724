import Datasets
import Feedback
import FeedbackServer
import Foundation
import Synchronization
import Testing
import Tokenization
import WebDriver

/// Two answers that are written while one looks on, a vote, and on from the better one.
@Suite(Chromium.isThere) struct LiveChatTests {
    @Test func aConversationGoesOnFromTheBetterAnswer() async throws {
        let answerer = SlowAnswerer()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            let browser = page.browser
            try await page.send("Which fruit?")
            // The first words are there while neither answer is at its end.
            try await browser.wait(for: "the first words of both answers") {
                let words = try await browser.run(
                    "return [...document.querySelectorAll('.streaming .content')].map(each => each.textContent)"
                )
                return words.array?.count == 2
                    && words.array?.allSatisfy { $0.string?.contains("One") == true } == true
            }
            #expect(try await page.state == "writing")
            try await Screenshots.take("chat-writing", of: browser)
            answerer.goOn()
            try await page.item()
            let better = try await page.answer("B")
            try await Screenshots.take("chat-vote", of: browser)
            try await browser.press("9", .enter)
            try await browser.wait(for: "the next turn") { try await page.state == "composing" }
            #expect(try await browser.find("#prompt").text.contains(better))
            answerer.goOn()
            try await page.send("And which vegetable?")
            try await page.item()
            try await browser.press("5", .enter)
            try await browser.wait(for: "the turn after it") { try await page.state == "composing" }
            try await Screenshots.take("chat-third-turn", of: browser)

            // What the models were given the second time is what was chosen.
            let given = answerer.conversations
            try #require(given.count == 2)
            #expect(given[1].map(\.content) == ["Which fruit?", better, "And which vegetable?"])
        }
        let judgments = try study.judgments()
        #expect(judgments.count == 2 && judgments.allSatisfy { $0.kind == .chat })
        let item = try study.read { try $0.item(judgments[0].item) }
        #expect(Set(item.responses.compactMap { $0.policy?.name }) == ["left-model", "right-model"])
    }

    /// A vote taken back leads to another answer to go on from.
    @Test func aVoteCanBeTakenBack() async throws {
        let answerer = SlowAnswerer()
        answerer.goOn()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            let browser = page.browser
            try await page.send("Which fruit?")
            try await page.item()
            let (left, right) = (try await page.answer("A"), try await page.answer("B"))
            try await browser.press("1", .enter)
            try await browser.wait(for: "the next turn") { try await page.state == "composing" }
            #expect(try await browser.find("#prompt").text.contains(left))

            try await browser.find("#undo").click()
            try await browser.wait(for: "the vote") { try await page.state == "ready" }
            #expect(try await page.chosen() == ["A is significantly better"])
            try await Screenshots.take("chat-undo", of: browser)
            try await browser.press(.escape)
            try await browser.wait(for: "the next turn") { try await page.state == "composing" }
            #expect(try await browser.find("#prompt").text.contains(left))

            try await browser.find("#undo").click()
            try await browser.wait(for: "the vote") { try await page.state == "ready" }
            try await browser.press("9", .enter)
            try await browser.wait(for: "the next turn") { try await page.state == "composing" }
            #expect(try await browser.find("#prompt").text.contains(right))
            try await page.send("And which vegetable?")
            try await page.item()
            #expect(
                answerer.conversations.last?.map(\.content) == [
                    "Which fruit?", right, "And which vegetable?",
                ])
        }
        #expect(try study.judgments().map(\.revision) == [2])
    }

    /// Nobody who votes can tell the models, even from what the page is sent.
    @Test func thePageKnowsNoModel() async throws {
        let answerer = SlowAnswerer()
        answerer.goOn()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            try await page.send("Who are you?")
            try await page.item()
            let sent = try await page.browser.run(
                """
                return fetch(`/api/projects/${document.querySelector("#work").dataset.project}/conversation`)
                    .then(response => response.text());
                """)
            let text = try #require(sent.string)
            #expect(text.contains("One") && !text.contains("model"))
        }
    }

    @Test func aReloadInTheMiddleOfATurnFollowsIt() async throws {
        let answerer = SlowAnswerer()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            try await page.send("Which fruit?")
            try await page.browser.wait(for: "the first words") {
                try await page.browser.text.contains("One")
            }
            try await page.browser.reload()
            try await page.browser.waitForText("Which fruit?")
            answerer.goOn()
            try await page.item()
            #expect(answerer.conversations.count == 1)
            try await page.browser.press("1", .enter)
            try await page.browser.wait(for: "the vote") { try study.judgments().count == 1 }
        }
    }

    @Test func aModelThatFailsIsSaidSo() async throws {
        let answerer = SlowAnswerer()
        answerer.fail()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            try await page.send("Which fruit?")
            try await page.browser.wait(for: "the message back in its field") {
                guard try await page.state == "composing" else { return false }
                return try await page.browser.find("#message").property("value").string == "Which fruit?"
            }
        }
        #expect(try study.judgments().isEmpty)
    }

    @Test func aPhoneNeverScrollsSideways() async throws {
        let answerer = SlowAnswerer()
        answerer.goOn()
        let study = try await Study(ProjectDefinition(task: .chat), answerer: answerer)
        try await study.label { page in
            try await page.browser.becomePhone(width: 320, height: 640)
            try await page.send("Which fruit?")
            try await page.item()
            try await Screenshots.take("phone-chat", of: page.browser)
            #expect(try await page.browser.run("return document.documentElement.scrollWidth").integer == 320)
        }
    }
}

extension LabellingPage {
    fileprivate func send(_ message: String) async throws {
        try await browser.wait(for: "the field for a message") { try await state == "composing" }
        try await browser.find("#message").fill(with: message)
        try await browser.press(.enter)
    }
}

/// Two models that say a few words each, the first at once and the others when they are told to.
private final class SlowAnswerer: ChatAnswerer {
    let policies = [Policy(name: "left-model"), Policy(name: "right-model")]
    private let state = Mutex(State())

    private struct State {
        var conversations: [[Message]] = []
        var goesOn = false
        var fails = false
    }

    private struct Broken: Error {}

    var conversations: [[Message]] { state.withLock { $0.conversations } }
    func goOn() { state.withLock { $0.goesOn = true } }
    func fail() { state.withLock { $0.fails = true } }

    func answers(
        to conversation: [Message], by policies: [Int], seed: UInt64
    ) -> AsyncThrowingStream<ChatPiece, any Error> {
        state.withLock { $0.conversations.append(conversation) }
        return AsyncThrowingStream { continuation in
            let writing = Task {
                for answer in policies.indices { continuation.yield(.text("One ", answer: answer)) }
                if state.withLock({ $0.fails }) { return continuation.finish(throwing: Broken()) }
                while !state.withLock({ $0.goesOn }) { try await Task.sleep(for: .milliseconds(5)) }
                for answer in policies.indices {
                    let rest = "of \(answer + 1), after \(conversation.count) messages."
                    for word in rest.split(separator: " ", omittingEmptySubsequences: false) {
                        continuation.yield(.text("\(word) ", answer: answer))
                    }
                    continuation.yield(.end(Response(text: "One " + rest, finish: .stop), answer: answer))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in writing.cancel() }
        }
    }
}
