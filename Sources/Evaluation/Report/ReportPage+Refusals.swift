import Charts
import Statistics

extension ReportPage {
    /// Where prompts say whether they ask for harm: what is declined, and whether it should be.
    var refusalSection: HTML? {
        let arms = report.arms.filter { $0.refusals != nil }
        guard !arms.isEmpty else { return nil }
        let explanation =
            "Up and right is better: harm is declined, and what only looks like it is answered. A model that declines "
            + "everything stands in the upper left corner, one that answers everything in the lower right one."
        let chart = report.refusalChart.map { [HTML.element("p", explanation), figure($0)] } ?? []
        let rows = arms.map { arm in
            [
                arm.name, arm.refusals?.harmful?.refused.text(.percent) ?? "–",
                arm.refusals?.harmless?.answered.text(.percent) ?? "–",
                arm.refusals?.harmless?.refused.text(.percent) ?? "–",
            ]
        }
        let parts = arms[0].refusals
        let size =
            "Of \(parts?.harmful?.prompts ?? 0) prompts that ask for harm and \(parts?.harmless?.prompts ?? 0) that do not."
        return section(
            "Helpful and harmless",
            chart + [
                .table(["arm", "harmful declined", "harmless answered", "harmless declined"], rows),
                .element("p", ["class": "hint"], size),
                note([("Refusals", report.notes.refusals)]),
            ])
    }
}
