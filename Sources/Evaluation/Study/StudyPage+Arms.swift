import Charts
import Foundation
import Statistics

extension StudyPage {
    /// How often the arm of a row was preferred to the arm of a column, by every judge.
    var matrixSection: HTML? {
        let names = report.arms.filter { arm in
            report.comparisons.contains { $0.first == arm.name || $0.second == arm.name }
        }.map(\.name)
        guard names.count > 1 else { return nil }
        let tables = report.judges.flatMap { judge in
            [HTML.element("h3", "By \(judge.name)"), matrix(names, judge.name)]
        }
        return section(
            "Everyone against everyone",
            [
                .element(
                    "p",
                    "How often the answers of the row's arm are preferred to those of the column's, below it the same at equal "
                        + "length. ▲ and ▼: better and worse after Holm's correction for \(report.planned.count) "
                        + "comparisons at the level \(NumberStyle.percent.text(report.analysis.level)); ≈: alike within "
                        + "\(NumberStyle.percent.text(report.analysis.smallestEffect)), the smallest effect of interest; no sign: "
                        + "not settled\(report.planned.count < report.comparisons.count ? ", or not planned" : "")."
                )
            ] + tables)
    }

    private func matrix(_ names: [String], _ judge: String) -> HTML {
        let head = HTML.element(
            "tr",
            [.element("th", ["scope": "col"], "")]
                + names.map { .element("th", ["scope": "col", "class": "number"], $0) })
        let rows = names.map { row in
            HTML.element(
                "tr",
                [.element("th", ["scope": "row"], row)]
                    + names.map { cell(report.comparison(row, $0, judge: judge), against: $0) })
        }
        return .element(
            "table", ["class": "arms matrix"],
            [.element("thead", [head]), .element("tbody", rows)])
    }

    private func cell(_ comparison: StudyReport.Comparison?, against name: String) -> HTML {
        guard let comparison else {
            return .element("td", ["class": "number absent", "data-label": name], "–")
        }
        let sign =
            switch comparison.verdict {
            case .better: "\u{A0}▲"
            case .worse: "\u{A0}▼"
            case .alike: "\u{A0}≈"
            case .undecided: ""
            }
        let percent = NumberStyle.percent
        let controlled = comparison.lengthControlled.map { percent.text($0.mean) } ?? "not told"
        return .element(
            "td", ["class": "number", "data-label": name, "title": comparison.winRate.text(.percent)],
            [
                .element(
                    "span", ["class": "value"],
                    percent.text(comparison.winRate.mean).replacingOccurrences(of: " ", with: "\u{A0}") + sign
                ),
                .element("span", ["class": "hint"], controlled),
            ])
    }

    /// Every arm with every number; on a phone each arm becomes a card.
    var armsSection: HTML? {
        let plain = NumberStyle.plain
        func text(_ value: Double?, _ style: NumberStyle = .plain) -> String { value.map(style.text) ?? "–" }
        let rows = report.arms.map { arm in
            [
                arm.name + (arm.isExploratory ? " (exploratory)" : ""),
                arm.name == report.reference ? "–" : "\(arm.seeds)", text(arm.score?.mean),
                text(arm.kl), text(arm.length), text(arm.eosRate, .percent), text(arm.distinct2),
                text(arm.perplexity), arm.proxyAgreement?.text(.percent) ?? "–",
            ]
        }
        let head = [
            "arm", "trainings", "score", "KL, nats", "tokens", "ended", "distinct-2", "perplexity",
            "proxy tells the truth",
        ]
        let told = report.challengers.filter { $0.proxyAgreement != nil }.min {
            ($0.proxyAgreement?.mean ?? 1) < ($1.proxyAgreement?.mean ?? 1)
        }
        let lowest = told.map {
            HTML.element(
                "p",
                "The last column is how often the reward model and \(report.annotator) put an answer of the arm and one of "
                    + "\(report.reference) in the same order: one half is a coin's. It is lowest for \($0.name), "
                    + "\(plain.text(($0.proxyAgreement?.mean ?? 0) * 100)) %.")
        }
        let descriptions = report.arms.flatMap {
            [HTML.element("dt", $0.name), .element("dd", $0.description)]
        }
        return section(
            "The arms",
            [.table(head, rows)] + [lowest].compactMap(\.self)
                + [details("What each arm is", .element("dl", descriptions))])
    }

    /// The first answers of the first training of each arm, in the order of the file.
    var answersSection: HTML? {
        let prompts = (report.arm(report.reference)?.samples ?? []).map(\.prompt)
        guard !prompts.isEmpty else { return nil }
        let articles = prompts.map { prompt in
            let answers = report.arms.compactMap { arm -> HTML? in
                guard let sample = arm.samples.first(where: { $0.prompt == prompt }) else { return nil }
                let score = sample.score.map {
                    HTML.inline("span", ["class": "number"], [.text(NumberStyle.plain.text($0))])
                }
                return .element(
                    "div",
                    ["class": "answer s\(report.style(of: arm.name) % SeriesStyle.count)"],
                    [
                        .element(
                            "p", ["class": "answer-head"],
                            [.element("span", ["class": "swatch"], ""), .text(arm.name)]
                                + [score].compactMap(\.self)),
                        .element(
                            "p", ["class": "model-text"],
                            sample.text + (sample.isFinished ? "" : " …")),
                    ])
            }
            return HTML.element(
                "article",
                [.element("p", ["class": "prompt"], prompt), .element("div", ["class": "answers"], answers)])
        }
        return section(
            "Answers, in the order of the prompts",
            [
                .element(
                    "p",
                    "Of the first training of each arm; nothing is picked. The number is \(report.annotator)'s."
                )
            ]
                + articles)
    }
}
