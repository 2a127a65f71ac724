import Statistics

/// Values that change along an axis, such as metrics over training steps.
public struct LineChart: Chart, Codable, Hashable {
    public struct Series: Codable, Hashable, Sendable {
        public var name: String
        /// Which colour, dash and mark it has; the same number means the same thing on a whole page.
        public var style: Int
        public var x: [Double]
        /// As many as `x`; `nil` is a gap, and so is a number that is not finite.
        public var y: [Double?]
        /// The lower and upper edge of a band around the line, as many as `x`.
        public var band: Band?

        public init(name: String, style: Int, x: [Double], y: [Double?], band: Band? = nil) {
            precondition(x.count == y.count, "series '\(name)' has \(x.count) x for \(y.count) y")
            precondition(
                band.map { $0.low.count == x.count && $0.high.count == x.count } ?? true, "the band's length")
            self.name = name
            self.style = style
            self.x = x
            self.y = y.map { value in value.flatMap { $0.isFinite ? $0 : nil } }
            self.band = band
        }
    }

    public struct Band: Codable, Hashable, Sendable {
        public var low: [Double?]
        public var high: [Double?]

        public init(low: [Double?], high: [Double?]) {
            self.low = low
            self.high = high
        }
    }

    public var title: String
    public var summary: String
    public var horizontal: Axis
    public var vertical: Axis
    public var series: [Series]
    /// A dashed line across the plot, such as chance or a budget.
    public var guide: Double?

    public init(
        title: String, summary: String, horizontal: Axis, vertical: Axis, series: [Series],
        guide: Double? = nil
    ) {
        self.title = title
        self.summary = summary
        self.horizontal = horizontal
        self.vertical = vertical
        self.series = series
        self.guide = guide
    }

    public func height(forWidth width: Double) -> Double {
        min(max(190, width * 0.5), 400) + legend.height(forWidth: width)
    }

    public func draw(on canvas: inout Canvas) {
        // A screen shows no more than one point a pixel; what lies between becomes a band.
        let drawn = series.map { $0.reduced(toAtMost: Int(canvas.width / 2)) }
        let values = drawn.flatMap { $0.y + ($0.band?.low ?? []) + ($0.band?.high ?? []) }.compactMap(\.self)
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(horizontal, fitting: drawn.flatMap(\.x), withAir: false),
            vertical: Scale(vertical, fitting: values + (guide.map { [$0] } ?? [])),
            legend: legend)
        legend.draw(on: &canvas)
        frame.drawAxes(on: &canvas)
        if let guide, frame.vertical.axis.canShow(guide) {
            let y = frame.y(guide)
            canvas.line(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), class: "guide")
        }
        for series in drawn { draw(series, in: frame, on: &canvas) }
    }

    private var legend: Legend { Legend(series.map { ($0.style, $0.name) }) }

    private func draw(_ series: Series, in frame: PlotFrame, on canvas: inout Canvas) {
        if let band = series.band {
            let runs = zip(runs(series.x, band.low, frame), runs(series.x, band.high, frame))
            canvas.path(
                runs.map { $0 + $1.reversed() }, closed: true,
                class: "band \(SeriesStyle.colour(series.style))")
        }
        let line = runs(series.x, series.y, frame)
        canvas.path(line, class: SeriesStyle.line(series.style, amongSeveral: self.series.count > 1))
        for run in line where run.count == 1 { canvas.mark(series.style, at: run[0], radius: 3) }
    }

    private func runs(_ x: [Double], _ y: [Double?], _ frame: PlotFrame) -> [[Point]] {
        var runs: [[Point]] = [[]]
        for (x, y) in zip(x, y) {
            if let y, frame.canShow(x, y) {
                runs[runs.count - 1].append(frame.point(x, y))
            } else if !(runs.last?.isEmpty ?? true) {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }
}

extension LineChart.Series {
    /// The means of neighbouring points, with a band from the lowest to the highest of them, where there are more
    /// points than `limit`.
    func reduced(toAtMost limit: Int) -> Self {
        guard x.count > limit, limit > 0 else { return self }
        var reduced = Self(name: name, style: style, x: [], y: [], band: LineChart.Band(low: [], high: []))
        let size = (x.count + limit - 1) / limit
        for range in x.indices.chunked(size) {
            let values = y[range].compactMap(\.self).filter(\.isFinite)
            reduced.x.append(Moments(x[range]).mean)
            reduced.y.append(mean(of: values))
            reduced.band?.low.append((band.map { $0.low[range].compactMap(\.self) } ?? values).min())
            reduced.band?.high.append((band.map { $0.high[range].compactMap(\.self) } ?? values).max())
        }
        return reduced
    }
}
