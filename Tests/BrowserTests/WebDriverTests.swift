import Foundation
import JSON
import TestSupport
import Testing
import WebDriver

/// The client itself, on a page that writes down what happens to it.
@Suite(.enabled(if: ChromeDriver.isInstalled, Comment(rawValue: ChromeDriver.advice)))
struct WebDriverTests {
    private let page = """
        <!doctype html><meta charset="utf-8"><title>A page</title>
        <style>div { height: 40px; margin: 8px; background: #ccc }</style>
        <p id="hidden" style="display: none">not seen</p><input id="field">
        <div id="first">first</div><div id="second">second</div>
        <script>
            const said = [];
            addEventListener("keydown", e => said.push((e.shiftKey ? "shift " : "") + e.key));
            for (const name of ["mousedown", "mouseup"]) addEventListener(name, e => said.push(name + " " + e.target.id));
        </script>
        """

    private func opened(_ driver: ChromeDriver) async throws -> (Browser, TemporaryFolder) {
        let folder = try TemporaryFolder()
        let browser = try await driver.browser()
        try await browser.open(folder.write(page, to: "page.html"))
        return (browser, folder)
    }

    private func said(in browser: Browser) async throws -> [String] {
        try await browser.run("return said").array?.compactMap(\.string) ?? []
    }

    @Test func keysAndPointerArrive() async throws {
        let driver = try ChromeDriver()
        let (browser, folder) = try await opened(driver)
        try await browser.press(.character("j"), .right.withShift, .enter)
        #expect(try await said(in: browser) == ["j", "shift Shift", "shift ArrowRight", "Enter"])
        try await browser.run("said.length = 0")
        try await browser.drag(browser.find("#first"), onto: browser.find("#second"))
        #expect(try await said(in: browser) == ["mousedown first", "mouseup second"])
        let field = try await browser.find("#field")
        try await field.type("شكرا 👋")
        #expect(try await field.property("value").string == "شكرا 👋")
        #expect(try await browser.all("#hidden").count == 1)
        #expect(try await !browser.text.contains("not seen"))
        _ = folder
    }

    @Test func devicesAreImitated() async throws {
        let driver = try ChromeDriver()
        let (browser, folder) = try await opened(driver)
        let isDark = "return matchMedia('(prefers-color-scheme: dark)').matches"
        #expect(try await browser.run(isDark).boolean == false)
        try await browser.becomeDark()
        #expect(try await browser.run(isDark).boolean == true)
        try await browser.becomePhone(width: 320, height: 640)
        #expect(try await browser.run("return screen.width").integer == 320)
        #expect(try await browser.screenshot().starts(with: [0x89, 0x50, 0x4E, 0x47]))
        _ = folder
    }

    @Test func theConsoleIsHeard() async throws {
        let driver = try ChromeDriver()
        let (browser, folder) = try await opened(driver)
        #expect(try await browser.console().isEmpty)
        try await browser.run("console.error('something broke')")
        let heard = try await browser.console()
        #expect(heard.count == 1 && heard[0].hasPrefix("SEVERE") && heard[0].contains("something broke"))
        await #expect(throws: WebDriverError.self) { try await browser.run("return nothing.at.all") }
        _ = folder
    }
}
