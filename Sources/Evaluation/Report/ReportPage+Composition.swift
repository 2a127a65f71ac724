import Charts
import Statistics

extension ReportPage {
    /// What wins are made of besides what the answers say.
    var compositionSection: HTML? {
        let arms = report.challengers.flatMap(composition)
        guard !arms.isEmpty else { return nil }
        let explanation =
            "An answer that was cut off loses easily, and many judges pay for length. So wins are split by who ended before "
            + "the token budget did, and by whose answer is longer; the length-controlled rate is what a logistic model of the "
            + "difference in length expects at equal length."
        return section(
            "What wins are made of",
            [.element("p", explanation)] + arms + [note([("Composition", report.notes.composition)])])
    }

    private func composition(of arm: Report.Arm) -> [HTML] {
        guard let composition = arm.composition, let chart = report.endingChart(of: arm) else { return [] }
        var rows = composition.byEnding.map { row($0.side.ended(arm.name, report.reference), $0.rate) }
        if let same = composition.sameEnding {
            rows.append(row("both ended or both cut off", same))
        }
        rows += composition.byLength.map { row($0.side.isLonger(arm.name, report.reference), $0.rate) }
        rows.append(
            [
                "at equal length (model)", "–", "–", "–", "\(composition.count)",
                arm.lengthControlledWinRate?.text(.percent) ?? "cannot be told",
            ])
        return [figure(chart), .table(["\(arm.name) beside \(report.reference)"] + Self.head, rows)]
    }

    private static let head = ["won", "tied", "lost", "of", "win rate"]

    private func row(_ name: String, _ rate: WinRate) -> [String] {
        [
            name, "\(rate.wins)", "\(rate.ties)", "\(rate.losses)", "\(rate.count)",
            rate.rate.text(.percent),
        ]
    }

    /// How long answers are, and whether length is paid for.
    var lengthSection: HTML? {
        let charts =
            (report.lengthChart.map { [figure($0)] } ?? [])
            + (report.scoreAgainstLengthChart.map { [figure($0)] } ?? [])
        return charts.isEmpty ? nil : section("Length", charts)
    }

    /// Where prompts have topics: on which of them an arm wins.
    var topicsSection: HTML? {
        let compared = report.challengers.filter { $0.topics != nil }
        guard !compared.isEmpty else { return nil }
        let charts = compared.compactMap(report.topicChart).map(figure)
        let few = compared.first?.topics?.filter { !$0.isEnough }.map(\.topic) ?? []
        let rest =
            few.isEmpty
            ? []
            : [
                HTML.element(
                    "p", ["class": "hint"],
                    "Too few prompts (fewer than \(Report.TopicRate.enoughPrompts)) for a rate: "
                        + few.joined(separator: ", ") + ".")
            ]
        return section("By topic", charts + rest + [note([("By topic", report.notes.topics)])])
    }
}
