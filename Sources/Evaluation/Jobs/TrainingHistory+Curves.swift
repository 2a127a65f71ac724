import Charts
import Runs
import Statistics
import Training

extension TrainingHistory {
    /// The curves that matter for the run's method; nil where it logged none of them.
    var curves: Report.CurveGroup? {
        guard let guide else { return nil }
        let charts = guide.curves.compactMap(chart) + BestOfCurve.charts(of: bestOf)
        guard !charts.isEmpty else { return nil }
        return Report.CurveGroup(name: name, explanation: guide.explanation, charts: charts)
    }

    private func chart(_ curve: TrainingGuide.Curve) -> LineChart? {
        let series = curve.metrics.enumerated().compactMap { index, metric -> LineChart.Series? in
            let points = records.compactMap { record in
                record[metric].map { (place: Double(curve.course.place(of: record)), value: $0) }
            }
            guard !points.isEmpty else { return nil }
            return LineChart.Series(
                name: metric, style: index + 1, x: points.map(\.place), y: points.map(\.value))
        }
        guard !series.isEmpty else { return nil }
        let summary = series.map { line in
            let values = line.y.compactMap(\.self).map(NumberStyle.plain.text)
            return "\(line.name): from \(values.first ?? "–") to \(values.last ?? "–")."
        }
        return LineChart(
            title: curve.title, summary: summary.joined(separator: " "),
            horizontal: Axis(curve.course.rawValue),
            vertical: Axis(curve.unit), series: series, guide: curve.baseline)
    }
}

extension TrainingGuide.Curve.Course {
    fileprivate func place(of record: MetricsRecord) -> Int {
        switch self {
        case .step: record.step
        case .tokens: record.tokens
        }
    }
}
