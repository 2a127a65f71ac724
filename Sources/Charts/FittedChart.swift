import Statistics

/// What was measured at several distances, with intervals in both directions, the curve that was fitted to it, and where
/// that curve turns.
public struct FittedChart: Chart, Codable, Hashable {
    public struct Group: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var points: [Measurement]
        /// Stations of the curve, close enough to be joined by lines; none where nothing could be fitted.
        public var curve: [FrontierChart.Station]
        /// Where along the horizontal axis the curve turns; nil where it does not.
        public var turn: Estimate?

        public init(
            name: String, style: Int, points: [Measurement], curve: [FrontierChart.Station] = [],
            turn: Estimate? = nil
        ) {
            self.name = name
            self.style = style
            self.points = points
            self.curve = curve
            self.turn = turn
        }
    }

    public struct Measurement: Codable, Hashable, Sendable {
        /// What is shown under the pointer.
        public var name: String
        public var x: Estimate
        public var y: Estimate

        public init(name: String, x: Estimate, y: Estimate) {
            (self.name, self.x, self.y) = (name, x, y)
        }
    }

    public var title: String
    public var summary: String
    public var horizontal: Axis
    public var vertical: Axis
    public var groups: [Group]

    public init(title: String, summary: String, horizontal: Axis, vertical: Axis, groups: [Group]) {
        self.title = title
        self.summary = summary
        self.horizontal = horizontal
        self.vertical = vertical
        self.groups = groups
    }

    public func height(forWidth width: Double) -> Double {
        min(max(230, width * 0.5), 400) + legend.height(forWidth: width)
    }

    public func draw(on canvas: inout Canvas) {
        let points = groups.flatMap(\.points)
        let curves = groups.flatMap(\.curve)
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(horizontal, fitting: points.flatMap(\.x.extent) + curves.map(\.x)),
            vertical: Scale(vertical, fitting: points.flatMap(\.y.extent) + curves.map(\.y)),
            legend: legend)
        legend.draw(on: &canvas)
        for group in groups { drawTurn(of: group, in: frame, on: &canvas) }
        frame.drawAxes(on: &canvas)
        for group in groups { drawCurve(of: group, in: frame, on: &canvas) }
        for group in groups { drawPoints(of: group, in: frame, on: &canvas) }
    }

    private var legend: Legend { Legend(groups.map { ($0.style, $0.name) }) }

    /// A line at the turn on a column as wide as its interval, as far as the axis reaches.
    private func drawTurn(of group: Group, in frame: PlotFrame, on canvas: inout Canvas) {
        let domain = frame.horizontal.domain
        guard let turn = group.turn, domain.contains(turn.mean) else { return }
        let left = frame.x(max(turn.low ?? turn.mean, domain.lowerBound))
        let right = frame.x(min(turn.high ?? domain.upperBound, domain.upperBound))
        canvas.rectangle(
            Point(x: left, y: frame.top), width: right - left, height: frame.bottom - frame.top,
            class: "column \(SeriesStyle.colour(group.style))")
        let x = frame.x(turn.mean)
        canvas.line(
            from: Point(x: x, y: frame.top), to: Point(x: x, y: frame.bottom), class: "guide")
    }

    private func drawCurve(of group: Group, in frame: PlotFrame, on canvas: inout Canvas) {
        let stations = group.curve.filter { frame.canShow($0.x, $0.y) }.map { frame.point($0.x, $0.y) }
        canvas.path([stations], class: SeriesStyle.line(group.style, amongSeveral: groups.count > 1))
    }

    private func drawPoints(of group: Group, in frame: PlotFrame, on canvas: inout Canvas) {
        let style = "interval \(SeriesStyle.colour(group.style))"
        for point in group.points where frame.canShow(point.x.mean, point.y.mean) {
            let centre = frame.point(point.x.mean, point.y.mean)
            if let (low, high) = vertical.interval(of: point.y) {
                canvas.line(
                    from: Point(x: centre.x, y: frame.y(low)),
                    to: Point(x: centre.x, y: frame.y(high)), class: style)
            }
            if let (low, high) = horizontal.interval(of: point.x) {
                canvas.line(
                    from: Point(x: frame.x(low), y: centre.y),
                    to: Point(x: frame.x(high), y: centre.y), class: style)
            }
            let values = "\(point.x.text(horizontal.style)), \(point.y.text(vertical.style))"
            canvas.mark(group.style, at: centre, radius: 4, note: "\(group.name), \(point.name): \(values)")
        }
    }
}
