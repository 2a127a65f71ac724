import Charts
import Statistics

extension GroupsReport {
    /// Who wins and who loses under whose policy.
    var chart: MatrixChart? {
        guard !cells.isEmpty else { return nil }
        let names = (policies.map(\.name), groups.map(\.name))
        return MatrixChart(
            title: "How much better off each group is than with the start",
            summary: cells.map { "\($0.policy), by \($0.group): \($0.winRate.text(.percent))." }
                .joined(separator: " "),
            rows: names.0, columns: names.1.map { "by \($0)" },
            axis: Axis("how often the policy's answer is preferred", style: .percent, domain: 0...1),
            guide: 0.5,
            cells: cells.compactMap { cell in
                guard let row = names.0.firstIndex(of: cell.policy),
                    let column = names.1.firstIndex(of: cell.group)
                else { return nil }
                return MatrixChart.Cell(
                    row: row, column: column, estimate: cell.winRate, style: cell.style, note: cell.note)
            })
    }

    /// What the picture says, from the numbers.
    var sentences: [String] {
        let sides = policies.map { policy in
            let cells = groups.compactMap { cell(policy.name, $0.name) }
            func named(_ verdict: StudyReport.Verdict) -> [String] {
                cells.filter { $0.verdict == verdict }.map(\.group)
            }
            let parts = [("better off", named(.better)), ("worse off", named(.worse))]
                .filter { !$0.1.isEmpty }.map { "\($0.1.listed) \($0.1.count == 1 ? "is" : "are") \($0.0)" }
            return "Under \(policy.name) "
                + (parts.isEmpty
                    ? "no group is settled to be better or worse off" : parts.joined(separator: ", "))
                + "."
        }
        guard let worst = shares.min(by: { $0.winRate < $1.winRate }) else { return sides }
        return sides + [
            "Worst off under \(pooled) is \(worst.group) (\(NumberStyle.percent.text(worst.winRate)) on the validation "
                + "prompts); the policy for the worst-off learned from judgments of which "
                + shares.map { "\(NumberStyle.percent.text($0.share)) are of \($0.group)" }.listed + "."
        ]
    }
}

extension GroupsReport.Cell {
    fileprivate var style: Int { verdict == .better ? 1 : verdict == .worse ? 2 : 0 }

    fileprivate var note: String {
        NumberStyle.percent.text(winRate.mean) + (verdict == .better ? " ▲" : verdict == .worse ? " ▼" : "")
    }
}

extension StudyPage {
    /// Whose preferences were learned, and who gains by it.
    var groupsSection: HTML? {
        guard let groups = report.groups, let chart = groups.chart else { return nil }
        let definitions = groups.policies.flatMap {
            [
                HTML.element("dt", "\($0.name), trained \(counted($0.seeds, "time"))"),
                .element("dd", $0.description),
            ]
        }
        let people = groups.groups.flatMap { [HTML.element("dt", $0.name), .element("dd", $0.description)] }
        let parts: [HTML?] = [
            .element(
                "p",
                "The arm \(groups.arm), learned from the judgments of each group, of all, and of all with more weight for the "
                    + "group that the policy of all serves least. A column is a group's own judge; right of the dashed line the "
                    + "group is better off than with \(report.reference). ▲ and ▼: settled at the level "
                    + "\(NumberStyle.percent.text(report.analysis.level)) after Holm's correction for all cells."
            ),
            figure(chart),
            .element("ul", ["class": "findings"], groups.sentences.map { .element("li", $0) }),
            shiftsPart(groups), groups.habits.map(habitsPart),
            details("What each policy and each group is", .element("dl", definitions + people)),
        ]
        return section("Whose preferences", parts.compactMap(\.self))
    }

    private func shiftsPart(_ groups: GroupsReport) -> HTML? {
        guard !groups.shifts.isEmpty else { return nil }
        let rows = groups.shifts.map {
            [$0.group, $0.correlation.text(.plain), NumberStyle.percent.text($0.explained)]
        }
        return .fragment([
            .element("h3", "Whose shift the policy of all follows"),
            .element(
                "p",
                "For each of \(report.reference)'s answers to the held-out prompts: by how much \(groups.pooled) makes it more "
                    + "probable, against by how much the group's own policy does. The square of the correlation is the share of "
                    + "the first that the second explains; shares of groups that want alike overlap."),
            .table(["group", "correlation", "explained"], rows),
        ])
    }

    private func habitsPart(_ habits: JudgmentHabits) -> HTML {
        func text(_ estimate: Estimate?, _ style: NumberStyle = .percent) -> String {
            estimate?.text(style) ?? "–"
        }
        let raters = habits.raters.map { rater in
            [
                rater.annotator.map { "\(rater.group): \($0)" } ?? rater.group, "\(rater.judgments)",
                text(rater.longer), text(rater.first), text(rater.flipped),
            ]
        }
        let pairs = habits.pairs.map {
            [
                "\($0.first) and \($0.second)", "\($0.compared)", text($0.agreement),
                text($0.corrected, .plain),
            ]
        }
        return .fragment([
            .element("h3", "Habits of those who judged"),
            .element(
                "p",
                "Whatever answers say, some choose the longer or the first one. The corrected agreement is what is left of the "
                    + "raw one beyond what such habits alone explain: 1 is all, 0 as much as two who only have these habits, less "
                    + "than 0 that the groups want opposite things. –: rows do not say, or habits explain everything."
            ),
            .table(
                ["who", "judgments", "chose the longer", "chose the first shown", "turned by the order"],
                raters),
            .table(["groups", "judgments of the same answers", "agreement", "corrected"], pairs),
        ])
    }
}
