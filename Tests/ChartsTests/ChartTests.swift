import Foundation
import Statistics
import TestSupport
import Testing

@testable import Charts

@Suite struct ChartTests {
    private static let hostile = "<script>\"a\" & 'b' ]]></text>\u{0}\u{8}"

    static let charts: [any Chart] = [
        LineChart(
            title: hostile, summary: hostile, horizontal: Axis(hostile), vertical: Axis(hostile),
            series: [
                .init(
                    name: hostile, style: 0, x: [1, 2, 3, 4], y: [1, nil, .nan, 4],
                    band: .init(low: [0, nil, nil, 3], high: [2, nil, nil, 5])),
                .init(
                    name: "b", style: 7, x: (0..<3000).map(Double.init), y: (0..<3000).map { sin(Double($0)) }
                ),
            ], guide: 0.5),
        LineChart(
            title: "empty", summary: "", horizontal: Axis(""), vertical: Axis("", spacing: .logarithmic),
            series: []),
        FrontierChart(
            title: hostile, summary: hostile, horizontal: Axis("KL", spacing: .squareRoot),
            vertical: Axis(hostile),
            arms: [
                .init(
                    name: hostile, style: 0, x: Estimate(mean: 0), y: Estimate(mean: 1, low: 0.5, high: 1.5)),
                .init(
                    name: "far", style: 1, x: Estimate(mean: 9, low: 8, high: 10), y: Estimate(mean: 2),
                    path: [
                        .init(x: 1, y: 1), .init(x: -0.2, y: 1), .init(x: .nan, y: 2), .init(x: 5, y: 1.7),
                    ]),
            ]),
        BarChart(
            title: hostile, summary: hostile, axis: Axis("", style: .percent, domain: 0...1),
            bars: [
                .init(name: hostile, style: 1, value: Estimate(mean: 0.7, low: 0.6, high: 0.8)),
                .init(name: "unsure", style: 2, value: Estimate(mean: 0.2)),
            ], baseline: 0.5),
        HistogramChart(
            title: hostile, summary: hostile, horizontal: Axis("score"),
            groups: [
                .init(name: hostile, style: 0, values: [1, 2, 3, .infinity]),
                .init(name: "b", style: 1, values: []),
            ]),
        StackedBarChart(
            title: hostile, summary: hostile,
            parts: [
                .init(name: hostile, style: 1, fill: .solid), .init(name: "tie", style: 1, fill: .open),
                .init(name: "loss", style: 0, fill: .hatched),
            ],
            bars: [
                .init(name: hostile, note: hostile, counts: [3, 1, 900]),
                .init(name: "none", note: "", counts: [0, 0, 0]),
            ]),
        MatrixChart(
            title: hostile, summary: hostile, rows: [hostile, "b"], columns: [hostile, "by b"],
            axis: Axis("share", style: .percent, domain: 0...1), guide: 0.5,
            cells: [
                .init(
                    row: 0, column: 1, estimate: Estimate(mean: 0.7, low: 0.6, high: 0.8), style: 1,
                    note: hostile),
                .init(row: 1, column: 0, estimate: Estimate(mean: .nan), style: 2, note: "–"),
                .init(row: 7, column: 9, estimate: Estimate(mean: 0.5), style: 0, note: "nowhere"),
            ]),
        MatrixChart(
            title: "empty", summary: "", rows: [], columns: [], axis: Axis(""), guide: 0, cells: []),
        StackedBarChart(title: "empty", summary: "", parts: [], bars: []),
        ScatterChart(
            title: hostile, summary: hostile, horizontal: Axis(hostile), vertical: Axis("score"),
            groups: [
                .init(name: hostile, style: 0, x: [1, 2, .infinity], y: [0.5, .nan, 1]),
                .init(name: "b", style: 3, x: [], y: []),
            ]),
        ScatterChart(title: "empty", summary: "", horizontal: Axis(""), vertical: Axis(""), groups: []),
        FittedChart(
            title: hostile, summary: hostile, horizontal: Axis("√KL", including: [0]),
            vertical: Axis(hostile),
            groups: [
                .init(
                    name: hostile, style: 0,
                    points: [
                        .init(
                            name: hostile, x: Estimate(mean: 1, low: 0.5, high: 2),
                            y: Estimate(mean: 1, low: 0, high: 2)),
                        .init(name: "lost", x: Estimate(mean: .nan), y: Estimate(mean: 1)),
                    ], curve: [.init(x: 0, y: 0), .init(x: .nan, y: 1), .init(x: 2, y: 1.2)],
                    turn: Estimate(mean: 1.5, low: 0.2)),
                .init(name: "far", style: 1, points: [], turn: Estimate(mean: 99)),
            ]),
        FittedChart(title: "empty", summary: "", horizontal: Axis(""), vertical: Axis(""), groups: []),
    ]

    @Test(arguments: charts.indices, [240.0, 340, 940])
    func drawsWellFormedMarkupInsideItsFrame(index: Int, width: Double) throws {
        let chart = Self.charts[index]
        let drawing = try #require(ParsedMarkup(chart.standaloneSVG(width: width)))
        #expect(drawing.elements["script"] == nil)
        #expect(drawing.elements["desc"] == 1)
        #expect(drawing.viewBox.hasPrefix("0 0 \(Int(width)) "))
        #expect(!drawing.text.contains("nan"))
    }

    private static let smallest = Double.leastNonzeroMagnitude
    private static let loggedNumbers: [[Double]] = [
        [-1e308, 1e308], [1.7e308, 1.6e308], [smallest, 0], [1e16, 1e16 + 2], [1, 1 + 1e-16], [.nan, 1e300],
        [1e100, -1e100], [1e-300, smallest * 1000], [.infinity, -.infinity], [9.2e18, 1],
    ]

    /// Numbers that a run can log: of a loss that grows beyond all bounds, or that differs in its last digit alone.
    @Test(arguments: loggedNumbers) func drawsAnyNumbers(_ values: [Double]) throws {
        let estimates = values.map { Estimate(mean: $0, low: values.first, high: values.last) }
        let axes = [Axis.Spacing.linear, .squareRoot, .logarithmic].map { Axis("", spacing: $0) }
        var charts: [any Chart] = [
            HistogramChart(
                title: "", summary: "", horizontal: axes[0],
                groups: [.init(name: "", style: 0, values: values)])
        ]
        for axis in axes {
            charts += [
                LineChart(
                    title: "", summary: "", horizontal: axis, vertical: axis,
                    series: [.init(name: "", style: 0, x: values, y: values)], guide: values[0]),
                BarChart(
                    title: "", summary: "", axis: axis,
                    bars: estimates.map { .init(name: "", style: 0, value: $0) }, baseline: 0.5),
                FittedChart(
                    title: "", summary: "", horizontal: axis, vertical: axis,
                    groups: [
                        .init(
                            name: "", style: 0, points: estimates.map { .init(name: "", x: $0, y: $0) },
                            curve: values.map { .init(x: $0, y: $0) }, turn: estimates[0])
                    ]),
                FrontierChart(
                    title: "", summary: "", horizontal: axis, vertical: axis,
                    arms: estimates.map { .init(name: "", style: 0, x: $0, y: $0) }),
            ]
        }
        for chart in charts {
            let text = try #require(ParsedMarkup(chart.standaloneSVG(width: 340))).text
            #expect(!text.contains("nan") && !text.contains("inf"))
        }
    }

    @Test func calibrationShowsEveryBin() throws {
        let curve = try #require(CalibrationCurve(chosenProbabilities: [0.95, 0.9, 0.2, 0.55, 0.7]))
        let chart = CalibrationChart(title: "c", summary: "s", curve: curve, style: 1)
        let drawing = try #require(ParsedMarkup(chart.svg(width: 340)))
        #expect(drawing.elements["title"] == 1 + curve.bins.count)
    }

    @Test func longSeriesKeepTheirExtremes() throws {
        var values = [Double?](repeating: 0, count: 1000)
        values[500] = 9
        values[501] = nil
        let series = LineChart.Series(name: "a", style: 0, x: (0..<1000).map(Double.init), y: values)
        let reduced = series.reduced(toAtMost: 100)
        #expect(reduced.x.count == 100)
        #expect(reduced.band?.high.compactMap(\.self).max() == 9)
        #expect(series.reduced(toAtMost: 1000) == series)
    }

    @Test func gapsBreakTheLine() throws {
        let chart = LineChart(
            title: "t", summary: "s", horizontal: Axis("x"), vertical: Axis("y"),
            series: [.init(name: "a", style: 0, x: [1, 2, 3, 4, 5], y: [1, 2, nil, 4, 5])])
        let path = try #require(
            chart.svg(width: 340).split(separator: "\n").first { $0.contains("class=\"line") })
        #expect(path.count { $0 == "M" } == 2)
    }

    @Test func labelsAvoidEachOther() {
        let scale = Scale(Axis("", domain: 0...1), fitting: [])
        let frame = PlotFrame(in: Canvas(width: 400, height: 300), horizontal: scale, vertical: scale)
        var labels = LabelPlacement(frame: frame, avoiding: [])
        let first = labels.place("first arm", at: frame.point(0.5, 0.5))
        let second = labels.place("second arm", at: frame.point(0.52, 0.5))
        #expect(first.anchor == .start)
        #expect(second.anchor == .end || abs(second.point.y - first.point.y) > 12)
        #expect(labels.place("at the edge", at: frame.point(1, 0.1)).anchor == .end)
    }

    @Test func markShapesDiffer() {
        let outlines = MarkShape.allCases.map { $0.outline(at: Point(x: 0, y: 0), radius: 5) }
        #expect(outlines.map(\.count) == [0, 4, 3, 4, 12, 5, 3])
        #expect(Set(outlines).count == outlines.count)
    }

    /// With more series than colours.
    @Test func noTwoOfManySeriesLookAlike() {
        let looks = (0..<12).map { "\(SeriesStyle.colour($0)) \(MarkShape.of($0))" }
        #expect(Set(looks).count == looks.count)
    }

    /// Patterns fill their box and nothing else, and no two are alike, so that areas stay apart in grey.
    @Test func patternsDifferAndStayInside() {
        let box = Box(left: 3, right: 41, top: 10, bottom: 35)
        let patterns = Hatch.allCases.map { $0.lines(in: box) }
        #expect(patterns[0].isEmpty && patterns.dropFirst().allSatisfy { $0.count > 3 })
        #expect(Set(patterns).count == Hatch.allCases.count)
        for point in patterns.joined().joined() {
            #expect((box.left...box.right).contains(point.x) && (box.top...box.bottom).contains(point.y))
        }
        #expect(Hatch.rising.lines(in: Box(left: 3, right: 3, top: 0, bottom: 5)).isEmpty)
    }

    /// Dashes of lines differ too.
    @Test func linesOfSeriesDifferWithoutColour() {
        let sheet = ChartStyle.sheet.description
        let dashes = (0..<SeriesStyle.count).map { series in
            sheet.firstRange(of: ".line.d\(series){").map { sheet[$0.upperBound...].prefix { $0 != "}" } }
                ?? ""
        }
        #expect(Set(dashes).count == SeriesStyle.count)
    }

    @Test func escapingLeavesNoMarkup() {
        #expect(
            escapedMarkup("<a href=\"x\">&amp;'</a>")
                == "&lt;a href=&quot;x&quot;&gt;&amp;amp;&#39;&lt;/a&gt;")
        #expect(escapedMarkup("tab\tline\nnul\u{0}esc\u{1B}") == "tab\tline\nnul\u{FFFD}esc\u{FFFD}")
        #expect(escapedMarkup("日本語 🌞") == "日本語 🌞")
    }
}
