// A robot in the place of a person: opens the labelling app in headless Chromium, prefers the shorter of two answers, and says
// so with the keys that a hand would use.
//
//     label-robot LINK COUNT
//
// LINK is what `heed label` prints; the robot takes the first project there is, and ends after COUNT judgments or when
// nothing is left.

import Foundation
import WebDriver

struct Robot {
    let browser: Browser

    /// How many judgments it gave.
    func work(at link: URL, upTo count: Int) async throws -> Int {
        try await browser.open(link)
        try await browser.find("[data-start]").click()
        for judged in 0..<count {
            try await browser.wait(for: "an item or the end of them") {
                try await ["ready", "done"].contains(state)
            }
            if try await browser.all("#instructions[open]").isEmpty == false {
                try await browser.press(.escape)
            }
            guard try await state == "ready" else { return judged }
            try await judge()
        }
        try await waitUntilAcknowledged()
        return count
    }

    private func judge() async throws {
        let item = try await item
        let lengths =
            try await browser.run(
                """
                return [...document.querySelectorAll("#answers [data-letter] .content")]
                    .map(answer => answer.textContent.length);
                """
            ).array?.compactMap(\.integer) ?? []
        // Keys run from A being better by far to B being better by far, with the tie in the middle.
        let middle = 5
        let better = lengths.count == 2 && lengths[0] != lengths[1] ? (lengths[0] < lengths[1] ? -2 : 2) : 0
        try await browser.press(.character(Character("\(middle + better)")), .enter)
        try await browser.wait(for: "the next item") {
            let (state, next) = try await (self.state, self.item)
            return state != "ready" || next != item
        }
    }

    /// The page shows the next item before the server has taken the last answer.
    private func waitUntilAcknowledged() async throws {
        try await browser.wait(for: "the server to have every answer") {
            try await browser.run("return Object.keys(localStorage).some(key => key.includes('.outbox.'))")
                .boolean == false
        }
    }

    private var state: String {
        get async throws {
            try await browser.run("return document.querySelector('#work')?.dataset.state ?? ''").string ?? ""
        }
    }

    private var item: String {
        get async throws {
            try await browser.run("return document.querySelector('#work').dataset.assignment ?? ''").string
                ?? ""
        }
    }
}

guard CommandLine.arguments.count == 3, let link = URL(string: CommandLine.arguments[1]),
    let count = Int(CommandLine.arguments[2])
else {
    print("usage: label-robot LINK COUNT")
    exit(64)
}
let driver = try ChromeDriver()
let browser = try await driver.browser()
print("\(try await Robot(browser: browser).work(at: link, upTo: count)) judgments")
try await browser.quit()
