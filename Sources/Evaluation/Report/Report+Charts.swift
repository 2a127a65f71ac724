import Charts
import Statistics

extension Report {
    /// How often each arm beat the reference.
    public var winRateChart: BarChart? {
        let bars = challengers.compactMap { arm in
            arm.winRate.map { BarChart.Bar(name: arm.name, style: style(of: arm), value: $0) }
        }
        guard !bars.isEmpty else { return nil }
        return BarChart(
            title: "Win rate against \(reference)",
            summary: bars.map { "\($0.name): \($0.value.text(.percent))." }.joined(separator: " ")
                + " The dashed line at 50 % is no difference.",
            axis: Axis("share of prompts on which the arm was preferred", style: .percent, domain: 0...1),
            bars: bars, baseline: 0.5)
    }

    /// What each arm reached against how far it moved.
    public var frontierChart: FrontierChart? {
        let points = arms.compactMap { arm -> FrontierChart.Arm? in
            guard let kl = arm.kl ?? (arm.name == reference ? Estimate(mean: 0) : nil), let score = arm.score
            else { return nil }
            // Close to the reference an estimate can come out below zero, where a divergence never is; it is shown there.
            return FrontierChart.Arm(
                name: arm.name, style: style(of: arm), x: kl, y: score,
                path: arm.path.map { FrontierChart.Station(x: $0.kl, y: $0.score) })
        }
        guard points.count > 1 else { return nil }
        let plain = NumberStyle.plain
        return FrontierChart(
            title: "Score against distance from \(reference)",
            summary: points.map { "\($0.name): \(plain.text($0.x.mean)) nats, score \($0.y.text(.plain))." }
                .joined(separator: " "),
            horizontal: Axis("KL to \(reference), nats per answer (square-root scale)", spacing: .squareRoot),
            vertical: Axis("annotator's score"), arms: points)
    }

    /// How the annotator's scores of the arms' answers are spread.
    public var scoreChart: HistogramChart? {
        let groups = arms.compactMap { arm -> HistogramChart.Group? in
            let scores = arm.samples.compactMap(\.score)
            return scores.count < 20 ? nil : .init(name: arm.name, style: style(of: arm), values: scores)
        }
        guard !groups.isEmpty else { return nil }
        let medians = groups.compactMap { group in
            quantile(0.5, of: group.values).map { "\(group.name): median \(NumberStyle.plain.text($0))." }
        }
        return HistogramChart(
            title: "Scores of single answers", summary: medians.joined(separator: " "),
            horizontal: Axis("annotator's score"), groups: groups)
    }

    /// Ten for each of five bins: fewer draw a curve of chance.
    static let calibratedChoices = 50

    /// Nil where there are too few choices.
    public var calibrationChart: CalibrationChart? {
        guard let quality = rewardModel, quality.comparisons >= Self.calibratedChoices else { return nil }
        return CalibrationChart(
            title: "Calibration of the reward model",
            summary:
                "Expected calibration error \(NumberStyle.percent.text(quality.calibration.expectedError)) "
                + "over \(quality.comparisons) held-out comparisons. On the dashed line confidence and "
                + "agreement are equal.",
            curve: quality.calibration, style: 1)
    }
}
