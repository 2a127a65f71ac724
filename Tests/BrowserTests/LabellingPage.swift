import Foundation
import JSON
import Testing
import WebDriver

/// The page on which people judge, in the words of one who sees it.
struct LabellingPage {
    let browser: Browser

    /// What the page says about itself: loading, ready, waiting, feedback or done.
    var state: String {
        get async throws {
            try await browser.run("return document.querySelector('#work')?.dataset.state").string ?? ""
        }
    }

    /// The number of the item on the page as soon as it can be judged.
    /// - Parameter previous: the number of the item before, which it is not.
    @discardableResult
    func item(after previous: Int? = nil) async throws -> Int {
        var found: Int?
        try await browser.wait(for: previous == nil ? "an item" : "the next item") {
            found = try await browser.run(
                "return Number(document.querySelector('#work')?.dataset.assignment)"
            ).integer
            return try await state == "ready" && found != nil && found != previous
        }
        return try #require(found)
    }

    func waitUntilDone() async throws {
        try await browser.wait(for: "the end of the items") { try await state == "done" }
    }

    /// Presses keys, then Enter, and waits for the next item or the end of them.
    func judge(_ keys: Key...) async throws {
        let before = try await item()
        for key in keys { try await browser.press(key) }
        try await browser.press(.enter)
        try await browser.wait(for: "what comes after the item") {
            let number = try await browser.run(
                "return Number(document.querySelector('#work').dataset.assignment)")
            return try await state == "done" || number.integer != before
        }
    }

    /// What the answer under a letter says.
    func answer(_ letter: String) async throws -> String {
        try await browser.find("#answers [data-letter=\"\(letter)\"] .content").text
    }

    /// The letter of the answer that says something.
    func letter(of text: String) async throws -> String {
        for element in try await browser.all("#answers [data-letter]")
        where try await element.text.contains(text) {
            let letter = try await browser.run("return arguments[0].dataset.letter", element.argument)
            return try #require(letter.string)
        }
        Issue.record("no answer says \(text)")
        return ""
    }

    /// What is chosen in each row, in words, from the top.
    func chosen() async throws -> [String] {
        let script = "return [...document.querySelectorAll('#choices .chosen')].map(row => row.textContent)"
        return try await browser.run(script).array?.compactMap(\.string) ?? []
    }
}
