import Statistics

extension ReportPage {
    /// What every stage of training made of the one before it; nil where all arms were made from the reference.
    var makingSection: HTML? {
        let arms = report.armsInOrderOfMaking
        guard arms.contains(where: { $0.madeFrom != nil && $0.madeFrom != report.reference }) else {
            return nil
        }
        let measures = Self.measures.filter { measure in arms.contains { measure.value($0) != nil } }
        let rows = arms.map { arm in
            let before = arm.madeFrom.flatMap { name in arms.first { $0.name == name } }
            return [arm.name, before?.name ?? "–"] + measures.map { $0.text(arm, before) }
        }
        return section(
            "From stage to stage",
            [
                .element(
                    "p",
                    "Every model in the order of making, with what its training changed against the one that it began with. "
                        + "Their answers stand side by side below."),
                .table(["model", "made from"] + measures.map(\.title), rows),
                note(measures.map { ($0.title, report.notes[keyPath: $0.note]) }),
            ])
    }

    private struct Measure {
        let title: String
        let note: KeyPath<Report.Notes, String>
        let value: (Report.Arm) -> Double?
        let style: (Double) -> String
        /// Whether a change is a share of what was: not of scores, which may be 0.
        var isRatio = true

        /// The arm's number, and by how much it changed.
        func text(_ arm: Report.Arm, _ before: Report.Arm?) -> String {
            guard let number = value(arm) else { return "not measured" }
            let grown = isRatio ? change(number, before.flatMap(value)) : nil
            return style(number) + (grown.map { " (\(signedPercent($0)))" } ?? "")
        }
    }

    private static func decimals(_ count: Int) -> (Double) -> String {
        { NumberStyle.fixed($0, decimals: count) }
    }

    private static var measures: [Measure] {
        [
            Measure(title: "perplexity", note: \.perplexity, value: { $0.perplexity }, style: decimals(1)),
            Measure(
                title: "score", note: \.score, value: { $0.score?.mean }, style: decimals(2), isRatio: false),
            Measure(title: "length", note: \.length, value: { $0.length }, style: decimals(1)),
            Measure(
                title: "finished", note: \.eosRate, value: { $0.eosRate }, style: NumberStyle.percent.text,
                isRatio: false),
            Measure(title: "distinct-2", note: \.distinct2, value: { $0.distinct2 }, style: decimals(3)),
        ]
    }
}
