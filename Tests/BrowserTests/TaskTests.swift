import Feedback
import Testing
import WebDriver

/// Every kind of task, by pointer and by keyboard, down to what is stored.
@Suite(Chromium.isThere) struct TaskTests {
    private let answers = NewItem(
        "Which fruit?", "Apples are red", "Bananas are yellow", "Cherries are small")

    /// The rank of each answer of the only judgment, by the first word of the answer.
    private func ranks(in study: Study) throws -> [String: Int] {
        let judgment = try #require(try study.judgments().first)
        guard case .ranking(let ranks) = judgment.opinion.verdicts[""] else {
            Issue.record("no ranking: \(judgment.opinion)")
            return [:]
        }
        let words = try ranks.indices.map { try study.text(judgment.item, $0).split(separator: " ")[0] }
        return Dictionary(uniqueKeysWithValues: zip(words.map(String.init), ranks))
    }

    /// Drags a letter onto a place among those that are placed already.
    private func drag(_ letter: String, _ page: LabellingPage, onto selector: String, at share: Double)
        async throws
    {
        try await page.browser.drag(
            page.browser.find("[data-chip=\"\(letter)\"]"), onto: page.browser.find(selector), at: share)
    }

    @Test func rankingByDragging() async throws {
        let study = try await Study(ProjectDefinition(task: .rank), [answers])
        try await study.label { page in
            try await page.item()
            let (apples, bananas, cherries) = try await (
                page.letter(of: "Apples"), page.letter(of: "Bananas"), page.letter(of: "Cherries")
            )
            try await drag(bananas, page, onto: ".tiers", at: 0.5)
            try await drag(apples, page, onto: ".tier", at: 0.05)
            try await drag(cherries, page, onto: ".tier:last-child", at: 0.5)
            try await Screenshots.take("ranking", of: page.browser)
            try await page.browser.find("#submit").click()
            try await page.waitUntilDone()
        }
        #expect(try ranks(in: study) == ["Apples": 1, "Bananas": 2, "Cherries": 2])
    }

    @Test func rankingByKeyboard() async throws {
        let study = try await Study(ProjectDefinition(task: .rank), [answers])
        try await study.label { page in
            try await page.item()
            var expected: [Key] = []
            for letter in ["A", "B", "C"] {
                let text = try await page.answer(letter)
                expected.append(text.hasPrefix("Apples") ? "3" : text.hasPrefix("Bananas") ? "1" : "2")
            }
            try await page.judge(expected[0], expected[1], expected[2])
            try await page.waitUntilDone()
        }
        #expect(try ranks(in: study) == ["Apples": 3, "Bananas": 1, "Cherries": 2])
    }

    /// The drawn order moves by Shift and arrows as well.
    @Test func rankingByMovingPlaces() async throws {
        let study = try await Study(ProjectDefinition(task: .rank), [answers])
        try await study.label { page in
            try await page.item()
            for letter in ["A", "B", "C"] {
                let key: Key = try await page.answer(letter).hasPrefix("Apples") ? "1" : "3"
                try await page.browser.press(key)
            }
            // The two that are tied: the first of them gets a tier of its own above the other.
            let bananas = try await page.letter(of: "Bananas")
            let chip = try await page.browser.find("[data-chip=\"\(bananas)\"]")
            try await page.browser.run("arguments[0].focus()", chip.argument)
            try await page.browser.press(.up.withShift)
            try await page.browser.find("#submit").click()
            try await page.waitUntilDone()
        }
        #expect(try ranks(in: study) == ["Apples": 1, "Bananas": 2, "Cherries": 3])
    }

    @Test func marksForEveryAspect() async throws {
        var definition = ProjectDefinition(task: .rate)
        definition.aspects = [Aspect("helpful"), Aspect("honest"), Aspect("harmless")]
        let study = try await Study(definition, [NewItem("Who are you?", "I am an assistant.")])
        try await study.label { page in
            try await page.item()
            // Each key goes to the next aspect.
            try await page.browser.press("4", "2", "5")
            try await Screenshots.take("rating", of: page.browser)
            try await page.judge()
            try await page.waitUntilDone()
        }
        let opinion = try #require(try study.judgments().first).opinion
        #expect(opinion.verdicts == ["helpful": .marks([4]), "honest": .marks([2]), "harmless": .marks([5])])
    }

    @Test func thumbsByPointer() async throws {
        let study = try await Study(ProjectDefinition(task: .thumbs), [NewItem("Two and two?", "Four.")])
        try await study.label { page in
            try await page.item()
            try await page.browser.find(".choice.bad").click()
            try await Screenshots.take("thumbs", of: page.browser)
            try await page.browser.find("#submit").click()
            try await page.waitUntilDone()
        }
        #expect(try #require(try study.judgments().first).opinion.verdicts == ["": .thumbs([false])])
    }

    @Test func anEditedAnswer() async throws {
        let study = try await Study(ProjectDefinition(task: .edit), [NewItem("Capital of France?", "Lyon.")])
        try await study.label { page in
            try await page.item()
            try await page.browser.press("e")
            let editor = try await page.browser.find("[data-editor]")
            #expect(try await editor.property("value").string == "Lyon.")
            try await editor.fill(with: "Paris.")
            try await Screenshots.take("edit", of: page.browser)
            try await page.browser.press(.enter.withControl)
            try await page.waitUntilDone()
        }
        #expect(try #require(try study.judgments().first).opinion.edits == [0: "Paris."])
    }

    @Test func practiceSaysWhatWasExpected() async throws {
        let study = try await Study(
            ProjectDefinition(task: .compare), [NewItem("Work?", "One way", "Other way")])
        try study.write { writer in
            var practice = NewItem("Two and two?", "Four.", "Five.")
            practice.expected = Opinion(verdicts: ["": .better(0, strength: 1)])
            practice.explanation = "Sums are either right or wrong."
            try writer.addItems([practice], to: study.project.id, kind: .training)
        }
        try await study.label { page in
            try await page.item()
            let wrong: Key = try await page.answer("A").hasPrefix("Five") ? "4" : "6"
            try await page.browser.press(wrong, .enter)
            try await page.browser.waitForText("Sums are either right or wrong.")
            #expect(try await page.browser.text.contains("Another answer was expected"))
            try await Screenshots.take("practice", of: page.browser)
            try await page.browser.press(.enter)
            try await page.item()
            #expect(try await ["One way", "Other way"].contains(page.answer("A")))
            try await page.judge("5")
            try await page.waitUntilDone()
        }
    }
}
