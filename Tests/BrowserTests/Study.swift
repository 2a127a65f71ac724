import Datasets
import Feedback
import FeedbackServer
import Foundation
import TestSupport
import Testing
import WebDriver

/// A store with one project, the application on it at a port of this machine, and the browsers of those who take part.
final class Study {
    let folder: TemporaryFolder
    let store: FeedbackStore
    let project: Project
    private(set) var server: RunningServer
    private let answerer: (any ChatAnswerer)?

    /// One driver for all tests: every browser has a profile of its own.
    private static let driver = Result { try ChromeDriver() }

    init(
        _ definition: ProjectDefinition, _ items: [NewItem] = [], answerer: (any ChatAnswerer)? = nil
    ) async throws {
        folder = try TemporaryFolder()
        store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create, seed: 1)
        project = try await store.write(by: nil) { writer in
            let project = try writer.createProject("study", definition)
            try writer.addItems(items, to: project.id)
            return project
        }
        self.answerer = answerer
        server = try await RunningServer(store, answerer: answerer)
    }

    /// The server is gone, as a machine that lost power is.
    func stopServer() async throws { try await server.stop() }

    /// It comes back where it was.
    func startServer() async throws {
        server = try await RunningServer(store, answerer: answerer, port: server.port)
    }

    func read<Result>(_ body: (StoreReader) throws -> Result) throws -> Result { try store.read(body) }

    func write<Result>(_ body: (StoreWriter) throws -> Result) throws -> Result {
        try store.write(by: nil, body)
    }

    /// What counts, in the order in which it was said.
    func judgments() throws -> [Judgment] { try read { try $0.judgments(in: project.id) } }

    /// What the answer at a position of an item says.
    func text(_ item: Item.ID, _ position: Int) throws -> String {
        try read { try $0.item(item) }.responses[position].text
    }

    /// Lets somebody do something in a browser of their own, and looks afterwards whether the page was in order.
    func visit<Result>(
        as name: String? = nil, width: Int = 1_200, height: Int = 900,
        _ body: (Browser) async throws -> Result
    ) async throws -> Result {
        let browser = try await Self.driver.get().browser(width: width, height: height)
        do {
            try await browser.runInEveryPage(Self.watch)
            if let name { try await signIn(name, in: browser) }
            let result = try await body(browser)
            try await checkOrder(in: browser)
            try await browser.quit()
            return result
        } catch {
            try? await Screenshots.take("failure", of: browser)
            try? await browser.quit()
            throw error
        }
    }

    /// The same on the page of the project.
    func label<Result>(
        as name: String = "Ada", width: Int = 1_200, height: Int = 900,
        _ body: (LabellingPage) async throws -> Result
    ) async throws -> Result {
        try await visit(as: name, width: width, height: height) { browser in
            try await browser.open(server.labellingPage(of: project))
            return try await body(LabellingPage(browser: browser))
        }
    }

    /// Through an invitation, as everybody comes in.
    private func signIn(_ name: String, in browser: Browser) async throws {
        let token = try write { try $0.invite() }
        try await browser.open(server.invitation(token))
        try await browser.find("input[name=name]").fill(with: name)
        try await browser.find("main form button.primary").click()
        _ = try await browser.find("#account-link")
    }

    /// Counts violations of the content security policy from the very beginning of every page.
    private static let watch = """
        window.violations = [];
        document.addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective));
        """

    /// Nothing went wrong that only a developer would see.
    private func checkOrder(in browser: Browser) async throws {
        #expect(try await browser.run("return window.violations ?? []").array?.isEmpty == true)
        let complaints = try await browser.console().filter { line in
            // A server that was taken away on purpose, and what a test refuses on purpose.
            line.hasPrefix("SEVERE") && !line.contains("ERR_CONNECTION_REFUSED")
        }
        #expect(complaints.isEmpty)
    }
}

extension NewItem {
    /// A prompt with answers that nobody in particular wrote.
    init(_ prompt: String, _ answers: String...) {
        self.init(prompt: .plain(prompt), responses: answers.map { ItemResponse(text: $0) })
    }

    /// Questions with two answers each, all of them different.
    static func pairs(_ count: Int) -> [NewItem] {
        (1...count).map { NewItem("Question \($0)?", "First answer to \($0)", "Second answer to \($0)") }
    }
}

/// Pictures of pages, in the folder that HEED_SCREENSHOTS names; nowhere where it does not.
enum Screenshots {
    static func take(_ name: String, of browser: Browser) async throws {
        guard let folder = ProcessInfo.processInfo.environment["HEED_SCREENSHOTS"] else { return }
        let url = URL(fileURLWithPath: folder)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try await browser.screenshot().write(to: url.appending(path: "\(name).png"))
    }
}

/// What this suite's tests need.
enum Chromium {
    static let isThere = ConditionTrait.enabled(
        if: ChromeDriver.isInstalled, Comment(rawValue: ChromeDriver.advice))
}
