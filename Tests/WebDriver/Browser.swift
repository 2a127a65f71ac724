import Foundation
import JSON

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// One window of a browser.
public final class Browser: Sendable {
    /// Keeps the driver's process alive.
    private let driver: ChromeDriver
    private let session: String
    /// How long a condition may take to come true. Generous: a loaded machine is no failure.
    private let patience = Duration.seconds(60)

    private static let elementKey = "element-6066-11e4-a52e-4f735466cecf"

    init(driver: ChromeDriver, width: Int, height: Int) async throws {
        self.driver = driver
        let arguments: [JSONValue] = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--hide-scrollbars", "--force-color-profile=srgb", .string("--window-size=\(width),\(height)"),
        ]
        let options: JSONValue = ["args": .array(arguments)]
        let answer = try await Self.send(
            "POST", driver, "/session",
            [
                "capabilities": [
                    "alwaysMatch": [
                        "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"],
                        "unhandledPromptBehavior": "accept",
                    ]
                ]
            ])
        guard let session = answer["sessionId"]?.string else {
            throw WebDriverError.driverEnded(answer.text())
        }
        self.session = session
    }

    /// Closes the window.
    public func quit() async throws { _ = try await command("DELETE", "") }

    // MARK: Pages

    public func open(_ url: URL) async throws {
        _ = try await command("POST", "url", ["url": .string(url.absoluteString)])
    }

    public func reload() async throws { _ = try await command("POST", "refresh", [:]) }

    public var url: URL {
        get async throws {
            let text = try await command("GET", "url").string ?? ""
            return URL(string: text) ?? URL(fileURLWithPath: text)
        }
    }

    /// Runs JavaScript, `return` included; elements are passed as arguments.
    @discardableResult
    public func run(_ script: String, _ arguments: JSONValue...) async throws -> JSONValue {
        try await command("POST", "execute/sync", ["script": .string(script), "args": .array(arguments)])
    }

    /// What a reader of the whole page would read.
    public var text: String {
        get async throws { try await run("return document.body.innerText").string ?? "" }
    }

    /// A picture of the window as PNG.
    public func screenshot() async throws -> Data {
        Data(base64Encoded: try await command("GET", "screenshot").string ?? "") ?? Data()
    }

    /// What the page has written to the console since the last call, as `LEVEL message`.
    public func console() async throws -> [String] {
        let entries = try await command("POST", "se/log", ["type": "browser"]).array ?? []
        return entries.map { "\($0["level"]?.string ?? "") \($0["message"]?.string ?? "")" }
    }

    // MARK: Elements

    public struct Element: Sendable {
        let browser: Browser
        let id: String

        /// As an argument of a script.
        public var argument: JSONValue { .object([Browser.elementKey: .string(id)]) }

        public var text: String { get async throws { try await value("text").string ?? "" } }

        public func property(_ name: String) async throws -> JSONValue { try await value("property/\(name)") }

        /// With the mouse, in the middle of the window, where nothing that stays at its edges is in the way.
        public func click() async throws {
            try await browser.run("arguments[0].scrollIntoView({block: 'center'})", argument)
            _ = try await browser.command("POST", "element/\(id)/click", [:])
        }

        /// Replaces what a field holds.
        public func fill(with text: String) async throws {
            _ = try await browser.command("POST", "element/\(id)/clear", [:])
            try await type(text)
        }

        public func type(_ text: String) async throws {
            _ = try await browser.command("POST", "element/\(id)/value", ["text": .string(text)])
        }

        private func value(_ name: String) async throws -> JSONValue {
            try await browser.command("GET", "element/\(id)/\(name)")
        }
    }

    public func all(_ selector: String) async throws -> [Element] {
        let found = try await command(
            "POST", "elements", ["using": "css selector", "value": .string(selector)])
        return (found.array ?? []).compactMap {
            $0[Self.elementKey]?.string.map { Element(browser: self, id: $0) }
        }
    }

    /// The first visible element that matches, as soon as there is one.
    public func find(_ selector: String) async throws -> Element {
        var found: Element?
        try await wait(for: "a visible \(selector)") {
            for element in try await all(selector) {
                let isShown = try await run("return arguments[0].checkVisibility()", element.argument)
                guard isShown.boolean == true else { continue }
                found = element
                return true
            }
            return false
        }
        guard let found else { throw WebDriverError.waitedInVain(selector, page: "") }
        return found
    }

    public func waitForText(_ part: String) async throws {
        try await wait(for: "the text \"\(part)\"") { try await text.contains(part) }
    }

    /// Asks again and again until a condition holds. A page that changes meanwhile is asked once more.
    public func wait(for what: String, until condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            do {
                if try await condition() { return }
            } catch WebDriverError.refused(_, let error, _)
                where ["stale element reference", "no such element", "javascript error"].contains(error)
            {}
            try await Task.sleep(for: .milliseconds(20))
        }
        let page = (try? await text) ?? ""
        throw WebDriverError.waitedInVain(what, page: page)
    }

    // MARK: Keys and pointer

    /// Presses keys one after the other, wherever the focus is.
    public func press(_ keys: Key...) async throws {
        let actions = keys.flatMap(\.actions)
        try await perform(["type": "key", "id": "keyboard", "actions": .array(actions)])
    }

    /// Types text, wherever the focus is.
    public func type(_ text: String) async throws {
        let actions = text.flatMap { Key.character($0).actions }
        try await perform(["type": "key", "id": "keyboard", "actions": .array(actions)])
    }

    /// Drags one element onto a point of another with the mouse, in small steps as a hand does.
    /// - Parameter share: how far down the other element the mouse is let go.
    public func drag(_ source: Element, onto target: Element, at share: Double = 0.5) async throws {
        let corner = try await run(
            """
            arguments[0].scrollIntoView({block: "nearest"});
            const from = arguments[0].getBoundingClientRect(), to = arguments[1].getBoundingClientRect();
            return [from.x + from.width / 2, from.y + from.height / 2, to.x + to.width / 2, to.y + to.height * arguments[2]];
            """, source.argument, target.argument, .number(share))
        let places = (corner.array ?? []).compactMap(\.number)
        guard places.count == 4 else { return }
        var actions: [JSONValue] = [Self.move(places[0], places[1]), ["type": "pointerDown", "button": 0]]
        for step in 1...8 {
            let part = Double(step) / 8
            actions.append(
                Self.move(
                    places[0] + (places[2] - places[0]) * part, places[1] + (places[3] - places[1]) * part))
        }
        actions.append(["type": "pointerUp", "button": 0])
        try await perform([
            "type": "pointer", "id": "mouse", "parameters": ["pointerType": "mouse"],
            "actions": .array(actions),
        ])
    }

    private static func move(_ x: Double, _ y: Double) -> JSONValue {
        [
            "type": "pointerMove", "duration": 30, "origin": "viewport", "x": .integer(Int(x)),
            "y": .integer(Int(y)),
        ]
    }

    private func perform(_ actions: JSONValue) async throws {
        _ = try await command("POST", "actions", ["actions": .array([actions])])
        _ = try await command("DELETE", "actions")
    }

    // MARK: The reader's device

    /// Shows pages as on a telephone with this many points, or in as narrow a window with a mouse.
    public func becomePhone(width: Int, height: Int, isTouched: Bool = true) async throws {
        try await debug(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 2, "mobile": true,
            ])
        try await debug("Emulation.setTouchEmulationEnabled", ["enabled": .boolean(isTouched)])
    }

    /// The reader's system is dark.
    public func becomeDark() async throws {
        try await debug(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": "dark"]]])
    }

    /// Runs a script in every page before the page's own.
    public func runInEveryPage(_ script: String) async throws {
        try await debug("Page.addScriptToEvaluateOnNewDocument", ["source": .string(script)])
    }

    @discardableResult
    private func debug(_ name: String, _ parameters: JSONValue) async throws -> JSONValue {
        try await command("POST", "goog/cdp/execute", ["cmd": .string(name), "params": parameters])
    }

    /// The page as a screen reader gets it.
    public func accessibilityTree() async throws -> [AccessibleNode] {
        let tree = try await debug("Accessibility.getFullAXTree", [:])
        return AccessibleNode.inReadingOrder(tree["nodes"]?.array ?? [])
    }

    // MARK: The protocol

    private func command(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue
    {
        try await Self.send(method, driver, "/session/\(session)" + (path.isEmpty ? "" : "/\(path)"), body)
    }

    private static func send(
        _ method: String, _ driver: ChromeDriver, _ path: String, _ body: JSONValue?
    ) async throws -> JSONValue {
        let request = LoopbackRequest(port: driver.port, method: method, path: path, body: body?.text())
        let value = try JSONValue(parsing: await request.send(), tolerating: .all)["value"] ?? .null
        if let error = value["error"]?.string {
            throw WebDriverError.refused(
                command: "\(method) \(path)", error: error, message: value["message"]?.string ?? "")
        }
        return value
    }
}
