import Charts
import Statistics

extension ReportPage {
    /// What was maximised against what was wanted, road by road.
    var roadsSection: HTML? {
        guard let frontier = report.frontier else { return nil }
        let explanation =
            "Each road leads away from \(report.reference): the checkpoints of a run, or the best of more and more "
            + "answers. \(frontier.proxy) was maximised or stands in for what was; \(frontier.gold) is what was wanted. Where the "
            + "second falls while the first rises, the proxy is exploited. Dashed uprights mark the turn with its interval."
        let charts = frontier.roadCharts.map { chart in
            HTML.element("figure", [caption(chart), .chart(chart, width: 340)])
        }
        let findings = frontier.summary.map { HTML.element("li", $0) }
        return section(
            "How far the proxy can be trusted",
            [
                .element("p", explanation), .element("ul", ["class": "findings"], findings),
                figure(frontier.goldChart), .element("div", ["class": "grid"], charts),
                fits(frontier),
                note([("Roads", report.notes.frontier), ("KL", report.notes.kl)]),
            ])
    }

    private func fits(_ frontier: Report.Frontier) -> HTML {
        let rows = frontier.roads.flatMap { road in
            [(frontier.proxy, road.proxy), (frontier.gold, road.gold)].map { reward, fit -> [String] in
                let form = road.form == .bestOfN ? "d (α − β d)" : "d (α − β log d)"
                guard let fit else { return [road.name, reward, form, "–", "–", "–"] }
                let turn = fit.turn.map {
                    $0.text(.plain) + (fit.isExtrapolated ? ", beyond every station" : "")
                }
                return [
                    road.name, reward, form, fit.alpha.text(.plain), fit.beta.text(.plain), turn ?? "none",
                ]
            }
        }
        return .facts(["road", "reward", "gain, d = √KL", "α", "β", "turns at d"], rows)
    }
}
