import Feedback
import Testing
import WebDriver

/// A hand on the keyboard, from the first item to the last.
@Suite(Chromium.isThere) struct KeyboardTests {
    @Test func comparisonsWithoutAMouse() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(5))
        try await study.label { page in
            // Left by far, and what comes next is there without a reload.
            try await page.item()
            let best = try await page.answer("A")
            try await page.judge("1")
            // A tie, with words.
            let second = try await page.item()
            try await page.browser.press("5", "r")
            try await page.browser.type("They say the same.")
            try await page.browser.press(.enter.withControl)
            // Along the scale: the first arrow is the middle, the second one step to the right.
            try await page.item(after: second)
            let better = try await page.answer("B")
            try await page.judge(.right, .right)
            // Nothing is wrong with B; A nobody should see.
            try await page.item()
            let unsafe = try await page.answer("A")
            try await page.judge("a", "u")
            try await page.item()
            try await page.judge("0")
            try await page.waitUntilDone()

            let judgments = try study.judgments()
            try #require(judgments.count == 5)
            let verdicts = judgments.compactMap { $0.opinion.verdicts[""] }
            try #require(verdicts.count == 4)
            #expect(try verdicts[0].winner(in: study, judgments[0].item) == best)
            #expect(verdicts[0].strength == 4)
            #expect(verdicts[1] == .tie)
            #expect(judgments[1].opinion.reason == "They say the same.")
            #expect(try verdicts[2].winner(in: study, judgments[2].item) == better)
            #expect(verdicts[2].strength == 1)
            let flags = judgments[3].opinion.flags
            #expect(try flags.map { try study.text(judgments[3].item, $0.key) } == [unsafe])
            #expect(flags.values.first == [.unsafe])
            #expect(verdicts[3] == .bothBad)
        }
    }

    @Test func undoReplacesTheLastAnswer() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(3))
        try await study.label { page in
            let first = try await page.item()
            try await page.judge("1")
            let second = try await page.item(after: first)
            try await page.browser.press("z")
            #expect(try await page.item(after: second) == first)
            #expect(try await page.chosen() == ["A is significantly better"])
            try await page.judge("5")
            #expect(try await page.item(after: first) == second)
            try await page.judge("5")
            try await page.judge("5")
            try await page.waitUntilDone()
        }
        let judgments = try study.judgments()
        #expect(judgments.count == 3 && judgments.allSatisfy { $0.opinion.verdicts == ["": .tie] })
        #expect(judgments.map(\.revision).sorted() == [1, 1, 2])
    }

    @Test func undoGoesBackFurther() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(4))
        try await study.label { page in
            let first = try await page.item()
            try await page.judge("1")
            let second = try await page.item(after: first)
            try await page.judge("1")
            let third = try await page.item(after: second)
            try await page.browser.press("z")
            #expect(try await page.item(after: third) == second)
            try await page.browser.press("z")
            #expect(try await page.item(after: second) == first)
            try await page.judge("5")
            // Forward again, through what was passed on the way back.
            #expect(try await page.item(after: first) == second)
            try await page.browser.press(.escape)
            #expect(try await page.item(after: second) == third)
            try await page.judge("1")
            try await page.judge("1")
            try await page.waitUntilDone()
        }
        let judgments = try study.judgments()
        #expect(judgments.map(\.revision).sorted() == [1, 1, 1, 2])
        #expect(judgments.filter { $0.opinion.verdicts == ["": .tie] }.map(\.revision) == [2])
    }

    @Test func nothingIsSubmittedBeforeAChoice() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(1))
        try await study.label { page in
            let item = try await page.item()
            try await page.browser.press(.enter)
            try await page.browser.waitForText("Choose first")
            #expect(try await page.item() == item)
        }
        #expect(try study.judgments().isEmpty)
    }

    @Test func instructionsAndKeysAreOneKeyAway() async throws {
        var definition = ProjectDefinition(task: .compare)
        definition.guidelines = "# What good is\n\nPrefer what is *true*."
        let study = try await Study(definition, NewItem.pairs(1))
        try await study.label { page in
            let browser = page.browser
            // Whoever has not seen them sees them first.
            _ = try await browser.find("#instructions[open]")
            try await browser.waitForText("What good is")
            try await browser.press(.escape)
            try await page.item()
            #expect(try await browser.all("dialog[open]").isEmpty)
            try await browser.press("?")
            _ = try await browser.find("#instructions[open]")
            try await Screenshots.take("instructions", of: browser)
            try await browser.press(.escape)
            try await browser.press("k")
            _ = try await browser.find("#keys[open]")
            try await Screenshots.take("keys", of: browser)
            try await browser.press(.escape)
            try await page.judge("1")
            try await page.waitUntilDone()
        }
        #expect(try study.judgments().count == 1)
    }

    @Test func skippedItemsDoNotComeBack() async throws {
        let study = try await Study(ProjectDefinition(task: .compare), NewItem.pairs(2))
        try await study.label { page in
            let first = try await page.item()
            try await page.browser.press("s")
            try await page.item(after: first)
            try await page.judge("1")
            try await page.waitUntilDone()
        }
        #expect(try study.judgments().count == 1)
    }
}

extension ItemVerdict {
    var strength: Int? { if case .better(_, let strength) = self { strength } else { nil } }

    /// What the better answer says.
    func winner(in study: Study, _ item: Item.ID) throws -> String? {
        guard case .better(let position, _) = self else { return nil }
        return try study.text(item, position)
    }
}
