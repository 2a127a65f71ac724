import Statistics

/// Estimates side by side as horizontal bars with intervals, such as win rates against the line of one half.
public struct BarChart: Chart, Codable, Hashable {
    public struct Bar: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var value: Estimate

        public init(name: String, style: Int, value: Estimate) {
            self.name = name
            self.style = style
            self.value = value
        }
    }

    private static let rowHeight = 50.0

    public var title: String
    public var summary: String
    public var axis: Axis
    public var bars: [Bar]
    /// Where the bars begin and a dashed line is drawn: 0.5 for win rates, so that a bar's length is what was gained.
    public var baseline: Double

    public init(title: String, summary: String, axis: Axis, bars: [Bar], baseline: Double) {
        self.title = title
        self.summary = summary
        self.axis = axis
        self.bars = bars
        self.baseline = baseline
    }

    public func height(forWidth width: Double) -> Double { Double(bars.count) * Self.rowHeight + 50 }

    public func draw(on canvas: inout Canvas) {
        let scale = Scale(axis, fitting: bars.flatMap { $0.value.extent } + [baseline])
        let left = 14.0
        let right = canvas.width - 14
        let bottom = canvas.height - 42
        let place = { (value: Double) in left + scale.position(of: value) * (right - left) }
        for tick in scale.ticks(about: max(2, Int((right - left) / 75))) {
            let x = place(tick.value)
            canvas.line(from: Point(x: x, y: 4), to: Point(x: x, y: bottom), class: "grid")
            canvas.text(tick.label, at: Point(x: x, y: bottom + 16), anchor: .middle, class: "tick")
        }
        for (row, bar) in bars.enumerated() where axis.canShow(bar.value.mean) {
            draw(bar, top: 4 + Double(row) * Self.rowHeight, from: left, to: right, place: place, on: &canvas)
        }
        let x = place(baseline)
        canvas.line(from: Point(x: x, y: 0), to: Point(x: x, y: bottom + 4), class: "guide")
        canvas.text(axis.label, at: Point(x: right, y: canvas.height - 6), anchor: .end, class: "axis-label")
    }

    private func draw(
        _ bar: Bar, top: Double, from left: Double, to right: Double, place: (Double) -> Double,
        on canvas: inout Canvas
    ) {
        let middle = top + 33
        canvas.text(bar.name, at: Point(x: left, y: top + 15), class: "name halo")
        canvas.text(bar.value.text(axis.style), at: Point(x: right, y: top + 15), anchor: .end, class: "halo")
        let ends = [place(bar.value.mean), place(baseline)]
        canvas.rectangle(
            Point(x: min(ends[0], ends[1]), y: middle - 8), width: abs(ends[0] - ends[1]), height: 16,
            radius: 2,
            class: "bar \(SeriesStyle.colour(bar.style))")
        guard let (low, high) = axis.interval(of: bar.value) else { return }
        canvas.line(
            from: Point(x: place(low), y: middle), to: Point(x: place(high), y: middle),
            class: "interval on-bar")
        for end in [low, high] {
            canvas.line(
                from: Point(x: place(end), y: middle - 5), to: Point(x: place(end), y: middle + 5),
                class: "interval on-bar")
        }
    }
}
