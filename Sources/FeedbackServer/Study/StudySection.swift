import Charts
import Feedback
import Statistics

/// A part of the live page: a table of the report with its explanation, and pictures of it.
struct StudySection: Sendable {
    var table: StudyTable
    var charts: [any Chart]
}

extension StudyReport {
    private static let mostBars = 12

    /// The tables of the report in their order, with charts where a picture says more.
    var sections: [StudySection] {
        tables.map { StudySection(table: $0, charts: charts(for: $0.name)) }
    }

    private func charts(for table: String) -> [any Chart] {
        switch table {
        case "progress": [progressChart].compactMap(\.self)
        case "win-rates": winRates.map(winRateChart)
        case "strengths": winRates.compactMap(strengthChart)
        case "agreement": [agreementChart].compactMap(\.self)
        case "groups": [groupChart].compactMap(\.self)
        case "pairs": [pairChart].compactMap(\.self)
        case "time": [timeChart].compactMap(\.self)
        case "bias": [biasChart].compactMap(\.self)
        default: []
        }
    }

    private var progressChart: LineChart? {
        guard let first = progress.hours.first?.start, progress.hours.count > 1 else { return nil }
        let hours = progress.hours.map { $0.start.timeIntervalSince(first) / 3_600 + 1 }
        let inDays = (hours.last ?? 0) > 72
        var total = 0
        let totals = progress.hours.map { hour in
            total += hour.judgments
            return Double(total)
        }
        return LineChart(
            title: "Judgments so far",
            summary: "\(total) judgments in \(progress.hours.count) hours in which anybody judged.",
            horizontal: Axis("\(inDays ? "days" : "hours") since the first judgment", including: [0]),
            vertical: Axis("judgments", including: [0]),
            series: [
                .init(
                    name: "judgments", style: 1, x: [0] + (inDays ? hours.map { $0 / 24 } : hours),
                    y: [0] + totals)
            ])
    }

    /// The interval that may be looked at any time where there is one: the page is looked at all the time.
    private func winRateChart(_ rates: WinRateReport) -> BarChart {
        let bars = rates.pairs.prefix(Self.mostBars).map { pair in
            BarChart.Bar(
                name: "\(rates.models[pair.first]) against \(rates.models[pair.second])", style: 1,
                value: pair.alwaysValid ?? Estimate(mean: pair.rate.rate.mean))
        }
        return BarChart(
            title: "How often each model is preferred" + rates.suffix,
            summary: bars.map { "\($0.name): \($0.value.text(.percent))" }.joined(separator: "; ") + ".",
            axis: Axis("preferred to the other", style: .percent, domain: 0...1), bars: Array(bars),
            baseline: 0.5)
    }

    private func strengthChart(_ rates: WinRateReport) -> BarChart? {
        guard let strengths = rates.strengths else { return nil }
        let order = strengths.indices.sorted { strengths[$0].mean > strengths[$1].mean }
        let bars = order.prefix(Self.mostBars).map {
            BarChart.Bar(name: rates.models[$0], style: $0 + 1, value: strengths[$0].rounded)
        }
        return BarChart(
            title: "Strengths" + rates.suffix,
            summary: bars.map { "\($0.name): \($0.value.text(.plain))" }.joined(separator: "; ") + ".",
            axis: Axis("log-odds over the average model"), bars: Array(bars), baseline: 0)
    }

    private var agreementChart: BarChart? {
        bars(
            "Krippendorff's α",
            agreement.compactMap { row in
                row.alpha.map { ((row.aspect.isEmpty ? "" : row.aspect + ": ") + row.measure.words, $0) }
            })
    }

    private var groupChart: BarChart? {
        bars(
            "κ within and between groups",
            groups.compactMap { row in
                row.kappa.map { (row.first == row.second ? row.first : "\(row.first) and \(row.second)", $0) }
            })
    }

    private var pairChart: BarChart? {
        bars(
            "The pairs that agree least, by Cohen's κ",
            pairs.compactMap { row in row.kappa.map { ("\(row.first) and \(row.second)", $0) } })
    }

    private func bars(_ title: String, _ values: [NamedEstimate]) -> BarChart? {
        guard !values.isEmpty else { return nil }
        let bars = values.prefix(Self.mostBars).map {
            BarChart.Bar(name: $0.name, style: 1, value: $0.value.rounded)
        }
        return BarChart(
            title: title,
            summary: bars.map { "\($0.name): \($0.value.text(.plain))" }.joined(separator: "; ") + ".",
            axis: Axis("0 is chance, 1 is perfect", including: [0, 1]), bars: Array(bars), baseline: 0)
    }

    private var timeChart: HistogramChart? {
        time.map { time in
            HistogramChart(
                title: "How long items took",
                summary: "Half of the items took less than \(NumberStyle.plain.text(time.median)) seconds.",
                horizontal: Axis("seconds", including: [0]),
                groups: [.init(name: "seconds", style: 1, values: time.seconds)])
        }
    }

    private var biasChart: BarChart? {
        let values: [NamedEstimate] = [
            position.map { ("the one shown first", $0.firstShown.share) },
            length.map { ("the longer one", $0.longer) },
        ].compactMap(\.self)
        guard !values.isEmpty else { return nil }
        return BarChart(
            title: "What is chosen",
            summary: values.map { "\($0.name): \($0.value.text(.percent))" }.joined(separator: "; ") + ".",
            axis: Axis("of the choices", style: .percent, domain: 0...1),
            bars: values.map { BarChart.Bar(name: $0.name, style: 2, value: $0.value) }, baseline: 0.5)
    }
}

private typealias NamedEstimate = (name: String, value: Estimate)

extension Estimate {
    /// To two decimals, as in the tables.
    fileprivate var rounded: Estimate {
        let round = { (value: Double) in (value * 100).rounded() / 100 }
        return Estimate(mean: round(mean), low: low.map(round), high: high.map(round))
    }
}

extension WinRateReport {
    fileprivate var suffix: String { aspect.isEmpty ? "" : ": \(aspect)" }
}
