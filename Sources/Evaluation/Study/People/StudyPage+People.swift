import Charts
import Statistics

extension StudyReport {
    /// How strong people found the arms, on each aspect.
    var peopleChart: BarChart? {
        guard let people, !people.strengths.isEmpty else { return nil }
        return BarChart(
            title: "How strong people found the arms",
            summary: people.strengths.map { "\($0.arm), \($0.aspect): \($0.strength.text(.plain))." }
                .joined(separator: " "),
            axis: Axis("strength in log-odds", including: [0]),
            bars: people.strengths.map {
                BarChart.Bar(
                    name: "\($0.arm), \($0.aspect)", style: style(of: $0.arm), value: $0.strength)
            }, baseline: 0)
    }
}

extension StudyPeople {
    /// How far people are, and whether they may stop.
    public var progress: String {
        let asked =
            "\(NumberStyle.people(people)) voted on \(complete) of \(duels) duels; \(settled) of \(planned) planned comparisons "
            + "are settled by the aspect \(aspects.first ?? "")"
        return asked
            + (mayStop ? ": they may stop." : ". This may be looked at, and stopped at, after any vote.")
    }
}

extension StudyPage {
    /// What people said, where they were asked.
    var peopleSection: HTML? {
        guard let people = report.people, people.votes > 0 else { return nil }
        let rows = people.pairs.map { pair in
            let sign =
                pair.verdict == .better
                ? " ▲" : pair.verdict == .worse ? " ▼" : pair.verdict == .alike ? " ≈" : ""
            return [
                "\(pair.first) against \(pair.second)", pair.aspect, "\(pair.duels)",
                pair.winRate.text(.percent) + sign,
            ]
        }
        let parts: [HTML?] = [
            .element(
                "p",
                "People saw two answers to one prompt without names. \(people.progress) Duels were chosen to tell most about the "
                    + "ranking, \(NumberStyle.percent.text(people.randomShare)) of them by chance. Intervals hold at every moment and "
                    + "for all pairs and aspects at once."),
            report.peopleChart.map(figure),
            .table(["arms", "aspect", "duels", "preferred, with an interval valid at any time"], rows),
        ]
        return section("What people say", parts.compactMap(\.self))
    }
}
