import Charts
import Statistics

extension Report {
    /// `report.html`: one file that needs no network and no script, for screen, phone and paper.
    public func html() -> String {
        ReportPage(report: self).page.source
    }
}

/// The report as a page. Each section is a function that gives `nil` when there is nothing to show.
struct ReportPage {
    let report: Report

    var page: HTML {
        let sections = [
            header, armsSection, makingSection, winRateSection, compositionSection, peopleSection,
            topicsSection, refusalSection,
            frontierSection, roadsSection, lengthSection, answersSection, rewardModelSection, curvesSection,
            explainedSection, runsSection, stagesSection, footer,
        ]
        return .page(title: report.title, sections.compactMap(\.self))
    }

    private var header: HTML? {
        let simulated = HTML.element(
            "p", ["class": "notice"],
            [
                .element("strong", "No person judged these answers. "),
                .text("The judge is “\(report.annotator.name)”. "), .text(report.annotator.description),
            ])
        let people = HTML.element(
            "p", ["class": "byline"], "Judged by \(report.annotator.name). \(report.annotator.description)")
        let warnings = report.warnings.map { HTML.element("p", ["class": "warning"], $0) }
        let size =
            report.arms.isEmpty
            ? "\(report.rewardModel?.comparisons ?? 0) held-out choices"
            : "\(report.arms.count) arms · \(report.prompts) held-out prompts"
        let byline =
            "\(report.created.formatted(.iso8601.year().month().day())) · \(size) · "
            + Self.duration(report.seconds)
        return .element(
            "header",
            [
                .element("p", ["class": "byline"], byline),
                .element("h1", report.title),
                .element("p", ["class": "lead"], report.summary.first ?? ""),
                .element("ul", ["class": "findings"], report.summary.dropFirst().map { .element("li", $0) }),
                .fragment(warnings),
                report.arms.isEmpty ? nil : report.annotator.isSimulated ? simulated : people,
            ].compactMap(\.self))
    }

    private var winRateSection: HTML? {
        report.winRateChart.map { chart in
            section("Who wins", [figure(chart), note([("Win rate", report.notes.winRate)])])
        }
    }

    private var frontierSection: HTML? {
        guard let frontier = report.frontierChart else { return nil }
        let explanation =
            "Up is better, left is closer to \(report.reference). A method is better than another when "
            + "it scores higher at the same distance; far to the right a score is often bought by exploiting the "
            + "judge."
        let spread = report.scoreChart.map { [figure($0)] } ?? []
        return section(
            "What was gained, and how far the model moved",
            [.element("p", explanation), figure(frontier)] + spread
                + [note([("Score", report.notes.score), ("KL", report.notes.kl)])])
    }

    private var curvesSection: HTML? {
        guard !report.curves.isEmpty else { return nil }
        let groups = report.curves.map { group in
            let charts = group.charts.map { chart in
                HTML.element("figure", [caption(chart), .chart(chart, width: 340)])
            }
            return HTML.element(
                "div",
                [
                    .element("h3", group.name), .element("p", group.explanation),
                    .element("div", ["class": "grid"], charts),
                ])
        }
        return section("Training, step by step", groups + [note([("Curves", report.notes.curves)])])
    }

    /// What the first and the last answers that a run explained were worth.
    private var explainedSection: HTML? {
        guard !report.explained.isEmpty else { return nil }
        let runs = report.explained.flatMap { run in
            [HTML.element("h3", run.name)] + ExplainedTokens(run.responses).articles
        }
        return section("Training, token by token", ExplainedTokens.explanation + runs)
    }

    private var stagesSection: HTML? {
        guard !report.stages.isEmpty else { return nil }
        let longest = report.stages.map(\.seconds).max() ?? 1
        let rows = report.stages.map { stage in
            let share = NumberStyle.fixed(stage.seconds / max(longest, 1e-9) * 100, decimals: 1)
            return HTML.element(
                "tr",
                [
                    .element("th", ["scope": "row"], stage.name),
                    .element("td", ["data-label": "what"], stage.detail),
                    .element(
                        "td", ["class": "number", "data-label": "time"],
                        [
                            .text(Self.duration(stage.seconds)),
                            .element(
                                "span", ["class": "meter"],
                                [.element("span", ["style": "width:\(share)%"], "")]),
                        ]),
                ])
        }
        let head = ["stage", "what", "time"].map { HTML.element("th", ["scope": "col"], $0) }
        return section(
            "Where the time went",
            [
                .element(
                    "table", ["class": "stages"],
                    [.element("thead", [.element("tr", head)]), .element("tbody", rows)]),
                note([("Time", report.notes.stages)]),
            ])
    }

    private var footer: HTML? {
        .element(
            "footer",
            [
                .element("h2", "Make this report again"), .element("pre", [.element("code", report.command)]),
                .element("p", "The same numbers, for programs: report.json beside this file. Made by Heed."),
            ])
    }
}

// MARK: - Parts that sections share

extension ReportPage {
    func section(_ title: String, _ content: [HTML]) -> HTML {
        .element("section", [.element("h2", title)] + content)
    }

    /// A chart drawn twice, for wide and for narrow pages; the style sheet shows one of them.
    func figure(_ chart: some Chart) -> HTML { .figure(chart) }

    func caption(_ chart: some Chart) -> HTML { .element("figcaption", chart.title) }

    func note(_ entries: [(term: String, text: String)]) -> HTML {
        let list = entries.flatMap { [HTML.element("dt", $0.term), .element("dd", $0.text)] }
        let command = HTML.element(
            "p", ["class": "command"], [.text("Command: "), .element("code", report.command)])
        return .element(
            "details", ["class": "note"],
            [.element("summary", "How this was measured"), .element("dl", list), command])
    }

    static func duration(_ seconds: Double) -> String {
        if seconds < 60 { return "\(NumberStyle.fixed(seconds, decimals: seconds < 10 ? 1 : 0)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
