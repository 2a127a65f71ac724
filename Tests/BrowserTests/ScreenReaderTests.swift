import Feedback
import Testing
import WebDriver

/// What a screen reader reads out, by the browser's own tree of roles and names, and not by the attributes that we wrote.
@Suite(Chromium.isThere) struct ScreenReaderTests {
    private static let tasks = LabellingTask.allCases.filter { $0 != .chat }

    private func definition(_ task: LabellingTask) -> ProjectDefinition {
        var definition = ProjectDefinition(task: task)
        definition.question = "Which one would you rather get?"
        definition.guidelines = "Prefer what is true."
        if task == .rate { definition.aspects = [Aspect("helpful"), Aspect("honest")] }
        return definition
    }

    private func item(_ task: LabellingTask) -> NewItem {
        switch task {
        case .compare, .chat: NewItem("Which fruit?", "Apples are red", "Bananas are yellow")
        case .rank: NewItem("Which fruit?", "Apples are red", "Bananas are yellow", "Cherries are small")
        case .rate, .thumbs, .edit: NewItem("Which fruit?", "Apples are red")
        }
    }

    /// Roles of what is worked with by keyboard.
    private static let controls: Set<String> = [
        "button", "link", "textbox", "radio", "checkbox", "combobox", "spinbutton", "slider", "searchbox",
        "tab",
    ]

    private func check(_ nodes: [AccessibleNode], on page: String) {
        let nameless = nodes.filter { Self.controls.contains($0.role) && $0.name.isEmpty }
        #expect(nameless.isEmpty, "\(page)")
        #expect(nodes.filter { $0.role == "main" }.count == 1, "\(page)")
        #expect(nodes.filter { $0.role == "heading" && !$0.name.isEmpty }.count >= 1, "\(page)")
        #expect(nodes.first?.name.isEmpty == false, "\(page) has no title")
    }

    @Test(arguments: tasks) func anItemIsReadInOrder(task: LabellingTask) async throws {
        let study = try await Study(definition(task), [item(task)])
        try await study.label { page in
            _ = try await page.browser.find("#instructions[open]")
            let dialog = try await page.browser.accessibilityTree()
            #expect(dialog.contains { $0.role == "dialog" && $0.name == "Instructions" })
            #expect(dialog.contains { $0.name == "Prefer what is true." })
            try await page.browser.press(.escape)
            try await page.item()

            let nodes = try await page.browser.accessibilityTree()
            check(nodes, on: "\(task)")
            let words = nodes.map(\.name)
            func place(_ text: String) throws -> Int {
                try #require(words.firstIndex { $0.contains(text) }, "\(text) is not read on \(task)")
            }
            let answers = try item(task).responses.map { try place($0.text) }
            let submit = try #require(nodes.firstIndex { $0.role == "button" && $0.name.hasPrefix("Submit") })
            // The question before the prompt, the prompt before the answers, the answers before what is said of them.
            #expect(try place("Which one would you rather get?") < place("Which fruit?"))
            #expect(try answers.allSatisfy { try $0 > place("Which fruit?") && $0 < submit })
            #expect(nodes.contains { ["status", "log", "alert"].contains($0.role) }, "nothing is announced")
        }
    }

    /// Which choice there is, and which one is made, is said and not only drawn.
    @Test func aChoiceIsHeard() async throws {
        let study = try await Study(definition(.compare), [item(.compare)])
        try await study.label { page in
            _ = try await page.browser.find("#instructions[open]")
            try await page.browser.press(.escape)
            try await page.item()
            func chosen() async throws -> [String] {
                try await page.browser.accessibilityTree()
                    .filter { $0.role == "radio" && $0.states.contains("checked") }.map(\.name)
            }
            #expect(try await chosen().isEmpty)
            let choices = try await page.browser.accessibilityTree().filter { $0.role == "radio" }.map(\.name)
            #expect(choices.count == 10 && Set(choices).count == 10)
            try await page.browser.press("2")
            let first = try await chosen()
            #expect(first.count == 1 && first[0].contains("A is") && choices.contains(first[0]), "\(first)")
            try await page.browser.press("9")
            let last = try await chosen()
            #expect(last.count == 1 && last[0].contains("B is") && last != first, "\(last)")
        }
    }

    @Test func theLeadsPagesAreReadToo() async throws {
        let study = try await Study(definition(.compare), [item(.compare)])
        let project = study.project.id
        try await study.visit { lead in
            try await lead.open(study.server.startLink())
            for path in [
                "/", "/projects/\(project)", "/projects/\(project)/items", "/projects/\(project)/import",
                "/projects/\(project)/export", "/projects/\(project)/settings", "/people", "/account",
            ] {
                try await lead.open(study.server.link(path))
                check(try await lead.accessibilityTree(), on: path)
            }
        }
    }
}
