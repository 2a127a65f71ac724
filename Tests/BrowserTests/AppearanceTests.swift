import Datasets
import Feedback
import Testing
import Tokenization
import WebDriver

/// Readable on a phone, in the dark, from right to left; and whatever a model writes stays text.
@Suite(Chromium.isThere) struct AppearanceTests {
    private static let tasks = LabellingTask.allCases.filter { $0 != .chat }

    /// Long words, wide code, a wide table: what makes pages scroll sideways.
    private static let wide = """
        Here is a table and a program, with \(String(repeating: "W", count: 120)) in between.

        | one | two | three | four | five | six | seven | eight |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | \(Array(repeating: "a wide cell", count: 8).joined(separator: " | ")) |

        ```python
        def f(\(Array(repeating: "argument", count: 30).joined(separator: ", "))): pass
        ```

        1. First, a [link](https://example.com/\(String(repeating: "path/", count: 40)))
        2. Second, `\(String(repeating: "code", count: 40))`
        """

    private func definition(_ task: LabellingTask) -> ProjectDefinition {
        var definition = ProjectDefinition(task: task)
        definition.allowsEdit = task != .edit
        if task == .rate { definition.aspects = [Aspect("helpful"), Aspect("honest"), Aspect("harmless")] }
        return definition
    }

    private func item(_ task: LabellingTask) -> NewItem {
        let others: [String] =
            switch task {
            case .compare, .chat: ["A short one."]
            case .rank: ["A short one.", "Another short one."]
            case .rate, .thumbs, .edit: []
            }
        return NewItem(
            prompt: .plain("What do you think of this?"),
            responses: ([Self.wide] + others).map { ItemResponse(text: $0) })
    }

    @Test(arguments: tasks) func aPhoneNeverScrollsSideways(task: LabellingTask) async throws {
        let study = try await Study(definition(task), [item(task)])
        try await study.label { page in
            try await page.browser.becomePhone(width: 320, height: 640)
            try await page.item()
            try await Screenshots.take("phone-\(task)", of: page.browser)
            try await page.browser.run("scrollTo(0, document.documentElement.scrollHeight)")
            try await Screenshots.take("phone-\(task)-below", of: page.browser)
            let width = try await page.browser.run(
                "scrollTo(1000, 0); return [scrollX, document.documentElement.scrollWidth]")
            #expect(width.array?.compactMap(\.number) == [0, 320])
            try await page.browser.becomePhone(width: 320, height: 640, isTouched: false)
            #expect(try await page.browser.run("return document.documentElement.scrollWidth").integer == 320)
            try await page.browser.becomePhone(width: 320, height: 640)
            // Nothing that can be chosen is cut off.
            let choices = try await page.browser.run(
                """
                return [...document.querySelectorAll("#work .choice")].map(element => element.getBoundingClientRect())
                    .filter(box => box.left < 0 || box.right > 320).length;
                """)
            #expect(choices.integer == 0)
            // What is to be pressed by a finger is large enough for it.
            let small = try await page.browser.run(
                """
                return [...document.querySelectorAll("#work .choice, #submit")].filter(element => {
                    const box = element.getBoundingClientRect();
                    return box.width > 0 && (box.height < 32 || box.width < 24);
                }).map(element => element.textContent);
                """)
            #expect(small.array?.isEmpty == true, "\(small)")
        }
    }

    @Test(arguments: tasks) func theReadersColoursAreKept(task: LabellingTask) async throws {
        let study = try await Study(definition(task), [item(task)])
        try await study.label { page in
            try await page.item()
            let brightness = """
                const colour = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
                return Math.max(...colour.slice(0, 3));
                """
            try await Screenshots.take("light-\(task)", of: page.browser)
            #expect(try await page.browser.run(brightness).number ?? 0 > 200)
            try await page.browser.becomeDark()
            try await Screenshots.take("dark-\(task)", of: page.browser)
            #expect(try await page.browser.run(brightness).number ?? 255 < 60)
        }
    }

    @Test func textRunsTheWayItIsWritten() async throws {
        let study = try await Study(
            ProjectDefinition(task: .compare),
            [
                NewItem(
                    "ما هي عاصمة فرنسا؟", "عاصمة فرنسا هي **باريس**.\n\n1. نعم\n\n   حقا\n2. Paris",
                    "The capital of France is Paris.\n\n1. Yes")
            ])
        try await study.label { page in
            try await page.item()
            let direction = { (selector: String) in
                try await page.browser.run(
                    "return getComputedStyle(document.querySelector(arguments[0])).direction",
                    .string(selector)
                ).string
            }
            let arabic = try await page.letter(of: "باريس")
            #expect(try await direction("#answers [data-letter=\"\(arabic)\"] .content p") == "rtl")
            let english = arabic == "A" ? "B" : "A"
            // Numbers stand where the list leaves room for them.
            for part in ["ol", "ol > li:last-child"] {
                #expect(try await direction("#answers [data-letter=\"\(arabic)\"] .content \(part)") == "rtl")
                #expect(
                    try await direction("#answers [data-letter=\"\(english)\"] .content \(part)") == "ltr")
            }
            #expect(try await direction("#answers [data-letter=\"\(english)\"] .content p") == "ltr")
            #expect(try await direction("#prompt .content p") == "rtl")
            try await Screenshots.take("right-to-left", of: page.browser)
        }
    }

    /// What is said of four answers stands in their cards; the bar covers no more than it must.
    @Test(arguments: [LabellingTask.rank, .rate]) func theBarLeavesRoom(task: LabellingTask) async throws {
        var definition = ProjectDefinition(task: task)
        if task == .rate { definition.aspects = [Aspect("helpful"), Aspect("honest")] }
        let study = try await Study(
            definition, [NewItem("Which fruit?", "Apples", "Bananas", "Cherries", "Dates")])
        try await study.label(width: 1_280, height: 800) { page in
            try await page.item()
            let bar = try await page.browser.run("return document.querySelector('#panel').offsetHeight")
            #expect(bar.number ?? 800 < 120)
            let rows = try await page.browser.run(
                """
                return [...document.querySelectorAll("#answers [data-letter]")]
                    .filter(card => card.matches("article")).map(card => card.querySelectorAll("fieldset").length);
                """)
            #expect(rows.array?.compactMap(\.integer) == Array(repeating: task == .rate ? 2 : 1, count: 4))
        }
    }

    /// Everything that has ever run in a page that showed it.
    @Test func whatAModelWritesNeverRuns() async throws {
        let hostile = """
            <script>window.ran = "script"</script>
            <img src=x onerror="window.ran = 'onerror'"><svg onload="window.ran = 'onload'"></svg>
            <iframe srcdoc="<script>parent.ran = 'frame'</script>"></iframe>
            <a href="javascript:window.ran='link'">press me</a> [and me](javascript:window.ran='markdown')
            [and this](data:text/html,<script>alert(1)</script>) [entity](&#106;avascript:window.ran=1)
            ![picture](https://example.com/spy.png) <style>body { display: none }</style>
            ```"><script>window.ran = "fence"</script>
            code
            ```
            <form action="https://example.com"><input name=q></form> </article></main><h1>broken out</h1>
            """
        let prompt = Text.messages([
            Message(role: "user", content: hostile), Message(role: "assistant", content: hostile),
            Message(role: "user", content: "\u{202E}reversed \u{0000} <b>bold</b>"),
        ])
        let study = try await Study(
            ProjectDefinition(task: .compare),
            [
                NewItem(
                    prompt: prompt,
                    responses: [ItemResponse(text: hostile), ItemResponse(text: "javascript:alert(1)")])
            ])
        try await study.label { page in
            try await page.item()
            let browser = page.browser
            #expect(try await browser.run("return window.ran ?? null").isNull)
            #expect(try await browser.text.contains("window.ran = \"script\""))
            let foreign = "script, img, svg, iframe, style, form, input:not([type=radio]), h1"
            let elements = try await browser.run(
                """
                return [...document.querySelectorAll("#prompt, #answers")]
                    .flatMap(place => [...place.querySelectorAll(arguments[0])]).map(element => element.outerHTML);
                """, .string(foreign))
            #expect(elements.array?.isEmpty == true, "\(elements)")
            let links = try await browser.run(
                "return [...document.querySelectorAll('#answers a, #prompt a')].map(link => link.protocol)")
            #expect(links.array?.allSatisfy { ["http:", "https:"].contains($0.string ?? "") } == true)
            let fetched = try await browser.run(
                """
                return performance.getEntriesByType("resource").map(entry => entry.name)
                    .filter(name => !name.startsWith(location.origin));
                """)
            #expect(fetched.array?.isEmpty == true, "\(fetched)")
            try await Screenshots.take("hostile", of: browser)
            try await page.judge("1")
            try await page.waitUntilDone()
        }
    }

    /// Half a novel is cut to a height that leaves room, and there when it is wanted.
    @Test func longAnswersAreCutAndShown() async throws {
        let novel = (1...200).map { "Paragraph \($0) of a long answer." }.joined(separator: "\n\n")
        let study = try await Study(ProjectDefinition(task: .compare), [NewItem("Tell me.", novel, "No.")])
        try await study.label { page in
            try await page.item()
            let letter = try await page.letter(of: "Paragraph 1 ")
            let card = "#answers [data-letter=\"\(letter)\"]"
            let height = {
                try await page.browser.run("return document.querySelector('\(card)').offsetHeight").number
                    ?? 0
            }
            let cut = try await height()
            try await page.browser.find("\(card) .more").click()
            try await page.browser.wait(for: "the whole answer") { try await height() > 2 * cut }
        }
    }
}
