import Charts
import Rewards
import Statistics

extension ReportPage {
    /// How well the reward model predicts held-out judgments: as a whole, in parts, and where groups differ.
    var rewardModelSection: HTML? {
        guard let quality = report.rewardModel else { return nil }
        let list = facts(of: quality).flatMap { [HTML.element("dt", $0.0), .element("dd", $0.1)] }
        let calibration =
            report.calibrationChart.map { HTML.element("figure", [caption($0), .chart($0, width: 340)]) }
            ?? .element(
                "p", ["class": "hint"],
                "\(quality.comparisons) choices are too few for a calibration curve, which takes at least "
                    + "\(Report.calibratedChoices).")
        let overview = HTML.element("div", ["class": "split"], [.element("dl", list), calibration])
        let charts = ["aspect", "group", "shape", "length", "source"].compactMap(report.sliceChart).map(
            figure)
        return section(
            "The reward model",
            [overview, quality.overLength.map { .element("p", $0) }, report.marginChart.map(figure)]
                .compactMap(\.self) + charts
                + [sliceTable(quality), annotatorTable(quality)].compactMap(\.self) + disagreement(quality)
                + [note([("Reward model", report.notes.rewardModel)])])
    }

    private func facts(of quality: Report.RewardModelQuality) -> [(String, String)] {
        let (percent, plain) = (NumberStyle.percent, NumberStyle.plain)
        var facts = [("Accuracy on held-out choices", quality.accuracy.text(.percent))]
        if let highest = quality.highestAccuracy {
            facts.append(("The most that any model could reach", percent.text(highest)))
        }
        if let length = quality.lengthOnlyAccuracy {
            facts.append(("Choosing by length alone", length.text(.percent)))
        }
        if let difference = quality.accuracyOverLength {
            facts.append(("More than length alone", difference.points))
        }
        facts += [
            ("Held-out choices", String(quality.comparisons)),
            ("Log-loss (a coin: 0.693)", plain.text(quality.logLoss)),
        ]
        if let length = quality.lengthOnlyLogLoss {
            facts.append(("Log-loss of length alone", plain.text(length)))
        }
        if report.calibrationChart != nil {
            facts.append(("Expected calibration error", percent.text(quality.calibration.expectedError)))
        }
        if !quality.members.isEmpty {
            let members = quality.members.map { percent.text($0.mean) }.joined(separator: ", ")
            facts.append(("Members of the ensemble on their own", members))
        }
        return facts
    }

    private func sliceTable(_ quality: Report.RewardModelQuality) -> HTML? {
        guard !quality.slices.isEmpty else { return nil }
        let rows = quality.slices.map { slice in
            [
                "\(slice.kind): \(slice.name)", String(slice.comparisons), slice.accuracy.text(.percent),
                slice.lengthOnlyAccuracy?.text(.percent) ?? "not measured",
                NumberStyle.plain.text(slice.logLoss),
                slice.lengthOnlyLogLoss.map(NumberStyle.plain.text) ?? "not measured",
            ]
        }
        return .table(
            ["part", "choices", "agreement", "length alone", "log-loss", "log-loss of length"], rows)
    }

    private func annotatorTable(_ quality: Report.RewardModelQuality) -> HTML? {
        guard !quality.annotators.isEmpty else { return nil }
        return .table(
            ["annotator", "estimated errors", "judgments", "shared with others"],
            quality.annotators.map {
                [
                    $0.name, NumberStyle.percent.text($0.errorRate), String($0.judgments),
                    String($0.overlapping),
                ]
            })
    }

    // MARK: Groups

    private func disagreement(_ quality: Report.RewardModelQuality) -> [HTML] {
        guard let disagreement = quality.disagreement, let chart = report.disagreementChart else { return [] }
        return [
            .element("h3", "Where groups disagree most"), figure(chart),
            .element(
                "p",
                "The comparisons on which the groups’ heads are furthest apart. The numbers are the probabilities that "
                    + "a group’s people prefer the first answer."),
        ] + disagreement.examples.map(example)
    }

    private func example(_ example: GroupDisagreement.Example) -> HTML {
        let numbers = example.probabilities.sorted { $0.key < $1.key }
            .map { "\($0.key): \(NumberStyle.percent.text($0.value))" }.joined(separator: " · ")
        let answers = example.answers.map { answer in
            HTML.element(
                "div", ["class": "answer"], [.element("p", ["class": "model-text", "dir": "auto"], answer)])
        }
        return .element(
            "article",
            [
                .element("p", ["class": "prompt", "dir": "auto"], example.prompt),
                .element("div", ["class": "answers"], answers), .element("p", ["class": "hint"], numbers),
            ])
    }
}
