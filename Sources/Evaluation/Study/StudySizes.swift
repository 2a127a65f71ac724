import Charts
import Files
import Foundation
import Statistics

/// The same study of several models beside each other: what holds whatever the model.
public struct StudySizes: Encodable {
    /// One study.
    public struct Model: Encodable {
        public let name: String
        /// Its own page, below the folder of all.
        public let page: String
        public let summary: [String]
        /// Of every arm against its own start, by the first judge.
        public let winRates: [String: Estimate]

        private enum CodingKeys: String, CodingKey {
            case name, page, summary
            case winRates = "win_rates"
        }
    }

    /// Two arms that a planned comparison says something of in each study.
    public struct Pair: Encodable {
        public let first: String
        public let second: String
        /// By model.
        public let verdicts: [String: StudyReport.Verdict]
        /// Whether all of them say the same, and something.
        public let holds: Bool
    }

    public let title: String
    public let command: String
    public let models: [Model]
    /// In the order of the first study.
    public let arms: [String]
    public let pairs: [Pair]

    /// - Parameter reports: by the name of the model, in the order of the file; at least one.
    public init(title: String, command: String, _ reports: [(name: String, report: StudyReport)]) {
        (self.title, self.command) = (title, command)
        models = reports.map { name, report in
            Model(
                name: name, page: "\(name)/\(StudyInput.page)", summary: report.summary,
                winRates: Dictionary(
                    uniqueKeysWithValues: report.challengers.compactMap { arm in
                        arm.winRate.map { (arm.name, $0) }
                    }))
        }
        let first = reports.first?.report
        arms = first?.challengers.map(\.name) ?? []
        pairs = (first?.planned.filter { $0.judge == first?.annotator } ?? []).map { planned in
            let verdicts = reports.compactMap { name, report in
                report.comparison(planned.first, planned.second, judge: report.annotator).map {
                    (name, $0.verdict)
                }
            }
            let said = Set(verdicts.map(\.1))
            return Pair(
                first: planned.first, second: planned.second,
                verdicts: Dictionary(uniqueKeysWithValues: verdicts),
                holds: verdicts.count == reports.count && said.count == 1 && said != [.undecided])
        }
    }

    /// `study.html` and `study.json` beside the folders of the studies.
    public func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: folder.appending(path: "study.json"))
        try AtomicFile.write(Data(page.source.utf8), to: folder.appending(path: StudyInput.page))
    }

    /// What holds with every model, in a sentence.
    public var sentence: String {
        let held = pairs.filter(\.holds)
        guard !held.isEmpty else {
            return
                "Of \(pairs.count) planned comparisons none is settled in the same way with all \(models.count) models."
        }
        let words = held.map { pair in
            switch pair.verdicts.values.first {
            case .better: "\(pair.first) is better than \(pair.second)"
            case .worse: "\(pair.first) is worse than \(pair.second)"
            default: "\(pair.first) and \(pair.second) are alike"
            }
        }
        return
            "With all \(models.count) models \(words.listed); \(held.count) of \(pairs.count) planned comparisons are settled "
            + "in the same way."
    }

    // MARK: The page

    private var chart: MatrixChart {
        let cells = models.enumerated().flatMap { column, model in
            arms.enumerated().compactMap { row, arm in
                model.winRates[arm].map { rate in
                    MatrixChart.Cell(
                        row: row, column: column, estimate: rate, style: column + 1,
                        note: NumberStyle.percent.text(rate.mean))
                }
            }
        }
        return MatrixChart(
            title: "Win rate against the model's own start",
            summary: models.map { model in
                "\(model.name): "
                    + arms.compactMap { arm in model.winRates[arm].map { "\(arm) \($0.text(.percent))" } }
                    .joined(separator: ", ") + "."
            }.joined(separator: " "),
            rows: arms, columns: models.map(\.name),
            axis: Axis("how often the arm's answer is preferred", style: .percent, domain: 0...1), guide: 0.5,
            cells: cells)
    }

    private var page: HTML {
        let header = HTML.element(
            "header",
            [
                .element("p", ["class": "byline"], "\(models.count) models · the same study of each"),
                .element("h1", title), .element("pre", [.element("code", command)]),
                .element("p", ["class": "lead"], sentence),
            ])
        let links = models.map { model in
            HTML.element(
                "section",
                [
                    .element("h2", model.name),
                    .element("ul", ["class": "findings"], model.summary.map { .element("li", $0) }),
                    .element(
                        "p", [.inline("a", ["href": model.page], [.text("The whole study of \(model.name)")])]
                    ),
                ])
        }
        let table = HTML.table(
            ["comparison"] + models.map(\.name),
            pairs.map { pair in
                ["\(pair.first) against \(pair.second)"]
                    + models.map { pair.verdicts[$0.name]?.rawValue ?? "–" }
            })
        let together = HTML.element(
            "section",
            [
                .element("h2", "What holds whatever the model"), .figure(chart),
                .element(
                    "p",
                    "Each study is decided by itself, after its own correction for the number of comparisons."
                ),
                table,
            ])
        return .page(title: title, [header, together] + links)
    }
}
