import Charts
import Statistics

extension ReportPage {
    /// Every arm with every number; on a phone each arm becomes a card.
    var armsSection: HTML? {
        guard !report.arms.isEmpty else { return nil }
        let columns = Self.columns.filter { column in report.arms.contains { column.value($0) != nil } }
        let head = HTML.element(
            "tr",
            [.element("th", ["scope": "col"], "arm")]
                + columns.map { column in
                    .element(
                        "th", ["scope": "col", "class": "number"],
                        [
                            .text(column.title),
                            .element("span", ["class": "hint"], column.hint),
                        ])
                })
        let rows = report.arms.map { arm in
            HTML.element(
                "tr", ["class": "s\(report.style(of: arm) % SeriesStyle.count)"],
                [
                    .element(
                        "th", ["scope": "row"], [.element("span", ["class": "swatch"], ""), .text(arm.name)])
                ]
                    + columns.map { cell($0, arm) })
        }
        return section(
            "The arms at a glance",
            [
                .element("table", ["class": "arms"], [.element("thead", [head]), .element("tbody", rows)])
            ] + report.arms.compactMap(choice) + [
                note(columns.map { ($0.title, report.notes[keyPath: $0.note]) })
            ])
    }

    /// How an arm's answers were chosen, and how far that is from the model that wrote them.
    private func choice(_ arm: Report.Arm) -> HTML? {
        arm.bestOf.map { best in
            let found = best.klOfChoice.map { "\($0.text(.plain)) nats" } ?? "not measured"
            return .element(
                "p",
                "\(arm.name): the best of \(best.n) answers by \(best.chosenBy). Choosing moved \(found), estimated from "
                    + "how often answers scored alike; log n − (n − 1)/n = \(NumberStyle.plain.text(best.klBound)) nats is an "
                    + "upper bound.")
        }
    }

    private struct Column {
        let title: String
        let hint: String
        let text: (Double) -> String
        let note: KeyPath<Report.Notes, String>
        let value: (Report.Arm) -> Estimate?
        /// Whether the change from the reference is of interest.
        let showsChange: Bool
    }

    private static var columns: [Column] {
        [
            Column(
                title: "win rate", hint: "50 % = no difference", text: NumberStyle.percent.text,
                note: \.winRate,
                value: \.winRate, showsChange: false),
            Column(
                title: "at equal length", hint: "win rate by model", text: NumberStyle.percent.text,
                note: \.lengthControlledWinRate, value: \.lengthControlledWinRate, showsChange: false),
            Column(
                title: "score", hint: "higher is better", text: decimals(2), note: \.score,
                value: \.score, showsChange: false),
            Column(
                title: "reward model", hint: "its score", text: decimals(2), note: \.rewardModelScore,
                value: \.rewardModelScore, showsChange: false),
            Column(
                title: "KL", hint: "nats moved", text: decimals(2), note: \.kl,
                value: \.kl, showsChange: false),
            Column(
                title: "length", hint: "tokens", text: decimals(1), note: \.length,
                value: { certain($0.length) }, showsChange: true),
            Column(
                title: "finished", hint: "answers that end", text: NumberStyle.percent.text, note: \.eosRate,
                value: { certain($0.eosRate) }, showsChange: false),
            Column(
                title: "distinct-2", hint: "variety", text: decimals(3), note: \.distinct2,
                value: { certain($0.distinct2) }, showsChange: true),
            Column(
                title: "perplexity", hint: "lower is better", text: decimals(1),
                note: \.perplexity,
                value: { certain($0.perplexity) }, showsChange: true),
        ]
    }

    private static func decimals(_ count: Int) -> (Double) -> String {
        { NumberStyle.fixed($0, decimals: count) }
    }

    private static func certain(_ value: Double?) -> Estimate? { value.map { Estimate(mean: $0) } }

    private func cell(_ column: Column, _ arm: Report.Arm) -> HTML {
        let isReference = arm.name == report.reference
        guard let value = column.value(arm), !(isReference && column.title == "win rate") else {
            let word = isReference ? "reference" : "not measured"
            return .element("td", ["class": "number absent", "data-label": column.title], word)
        }
        var content: [HTML] = [.element("span", ["class": "value"], column.text(value.mean))]
        if let low = value.low, let high = value.high {
            let range = "\(column.text(low)) to \(column.text(high))"
            content.append(.element("span", ["class": "hint"], range))
        } else if column.showsChange, !isReference, let start = report.referenceArm.flatMap(column.value),
            let change = change(value.mean, start.mean)
        {
            content.append(.element("span", ["class": "hint"], signedPercent(change)))
        }
        return .element("td", ["class": "number", "data-label": column.title], content)
    }
}
