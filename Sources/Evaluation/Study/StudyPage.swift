import Charts
import Foundation
import Statistics

extension StudyReport {
    /// `study.html`: one file that needs no network and no script, for screen, phone and paper.
    public func html() -> String { StudyPage(report: self).page.source }
}

/// The report of a study as a page. Each section is nil when there is nothing to show.
struct StudyPage {
    let report: StudyReport

    var page: HTML {
        let sections = [
            header, seedsSection, peopleSection, matrixSection, roadsSection, aspectsSection, groupsSection,
            armsSection, capabilitiesSection, searchSection, costSection, rewardModelSection, answersSection,
            methodsSection,
        ]
        return .page(title: report.title, sections.compactMap(\.self))
    }

    private var header: HTML? {
        let trained = report.challengers.map(\.seeds).max() ?? 0
        let byline =
            "\(report.created.formatted(.iso8601.year().month().day())) · \(report.challengers.count) arms and "
            + "\(report.reference) · \(counted(trained, "training")) of each · \(report.prompts) held-out prompts · "
            + ReportPage.duration(report.seconds)
        return .element(
            "header",
            [
                .element("p", ["class": "byline"], byline),
                .element("h1", report.title),
                .element("pre", [.element("code", report.command)]),
                .element("p", ["class": "lead"], report.summary.first ?? ""),
                .element("ul", ["class": "findings"], report.summary.dropFirst().map { .element("li", $0) }),
                .fragment(warnings.map { .element("p", ["class": "warning"], $0) }),
                .element(
                    "p", ["class": "notice"],
                    [
                        .element("strong", whoJudged),
                        .text(" The judges are programs or models: \(judgesInWords)"),
                    ]),
            ])
    }

    private var whoJudged: String {
        guard let people = report.people, people.votes > 0 else { return "No person judged these answers." }
        return "\(people.progress)"
    }

    private var judgesInWords: String {
        report.judges.map { "\($0.name) (\($0.rewards.joined(separator: " + ")))" }
            .joined(separator: ", ") + ". \(report.annotator) decides."
    }

    /// What must be known before anything is believed.
    private var warnings: [String] {
        let failed = report.challengers.flatMap { arm in arm.failures.map { "\(arm.name) failed: \($0)" } }
        let changes = report.registration.changes
        let changed =
            changes.isEmpty
            ? [] : ["Changed since the registration, so exploratory: \(changes.joined(separator: "; "))."]
        let excess = report.challengers.filter { !$0.cost.excess.isEmpty }.map {
            "\($0.name) (\($0.cost.excess.joined(separator: ", ")))"
        }
        let overspent =
            excess.isEmpty ? [] : ["Spent more than the budget: \(excess.joined(separator: ", "))."]
        return changed + failed + report.failures.map { "Failed: \($0)" } + overspent
    }

    private var seedsSection: HTML? {
        report.seedsChart.map { chart in
            section(
                "Who wins, and how much training again matters",
                [
                    figure(chart),
                    .element(
                        "p",
                        "A line is the interval for other prompts and other trainings; marks are the trainings that were made."
                    ),
                ])
        }
    }

    private var roadsSection: HTML? {
        guard let chart = report.roadsChart else { return nil }
        let matched = report.matchedKL.map { kl in
            [
                HTML.element(
                    "p",
                    "At the same distance, \(NumberStyle.plain.text(kl)) nats, which at least half of the arms reach with all "
                        + "their trainings:"),
                .table(
                    ["arm", "gain there", "gain at the end", "distance at the end, nats"],
                    report.challengers.filter { !$0.path.isEmpty }.map { arm in
                        [
                            arm.name, arm.matchedGain?.text(.plain) ?? "does not go so far",
                            arm.path.last?.gain.text(.plain) ?? "–", arm.klInterval?.text(.plain) ?? "–",
                        ]
                    }),
            ]
        }
        return section(
            "What was gained at which distance",
            [
                .element(
                    "p",
                    "Left is closer to \(report.reference). Of two arms the better one gains more at the same distance; at the "
                        + "end of training one may just have gone further."), figure(chart),
            ] + (matched ?? []))
    }

    private var aspectsSection: HTML? {
        report.aspectsChart.map { chart in
            section(
                "Two things wanted at once",
                [.element("p", "Up and to the right is better by both judges."), figure(chart)])
        }
    }

    private var searchSection: HTML? {
        guard let chart = report.tuningChart else { return nil }
        let rows = report.challengers.flatMap { arm in
            arm.trials.map { trial in
                [
                    arm.name + (trial.isChosen ? " (chosen)" : ""), trial.settings, "\(trial.updates)",
                    trial.value.map(NumberStyle.plain.text) ?? "failed",
                ]
            }
        }
        return section(
            "How settings were chosen",
            [
                figure(chart),
                details("Every trial", .table(["arm", "settings", "updates", "criterion"], rows)),
            ])
    }

    private var costSection: HTML? {
        let plain = NumberStyle.plain
        let rows = report.challengers.map { arm in
            [
                arm.name, plain.text(arm.cost.updates), plain.text(arm.cost.trained),
                plain.text(arm.cost.sampled), arm.cost.seconds.map(ReportPage.duration) ?? "–",
                arm.cost.peakMemory.map { "\(plain.text(Double($0) / 1e9)) GB" } ?? "–",
                arm.trials.isEmpty
                    ? "nothing searched"
                    : plain.text(Double(arm.cost.search.trained + arm.cost.search.sampled)),
                arm.cost.searchSeconds.map(ReportPage.duration) ?? "–",
            ]
        }
        let head = [
            "arm", "updates", "tokens trained", "tokens sampled", "time", "peak memory",
            "tokens of the search", "time of the search",
        ]
        let budget = [
            report.budget.updates.map { "\($0) updates" }, report.budget.tokens.map { "\($0) tokens" },
            report.budget.seconds.map { ReportPage.duration($0) },
        ].compactMap(\.self)
        return section(
            "What it cost",
            [
                .element(
                    "p",
                    "Of one training, on average"
                        + (budget.isEmpty
                            ? "." : "; the budget of each is \(budget.joined(separator: ", ")).")),
                .table(head, rows),
            ])
    }

    private var rewardModelSection: HTML? {
        report.rewardModel.map { quality in
            section("The reward model", quality.summary.map { .element("p", $0) })
        }
    }

    private var methodsSection: HTML? {
        section("How it was done, and its limits", report.methods.map { .element("p", $0) })
    }
}

// MARK: - Parts that sections share

extension StudyPage {
    func section(_ title: String, _ content: [HTML]) -> HTML {
        .element("section", [.element("h2", title)] + content)
    }

    /// A chart drawn twice, for wide and for narrow pages; the style sheet shows one of them.
    func figure(_ chart: some Chart) -> HTML { .figure(chart) }

    func details(_ summary: String, _ content: HTML) -> HTML {
        .element("details", ["class": "note"], [.element("summary", summary), content])
    }

    func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
