import Statistics

/// Single values beside the estimate made of them, a row for each thing: trainings of a method beside its mean, trials beside
/// the one that was chosen.
public struct StripChart: Chart, Codable, Hashable {
    public struct Row: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var values: [Double]
        /// Drawn as a line under the values; nil where there is none.
        public var estimate: Estimate?
        /// What is written at the end of the row.
        public var note: String

        public init(name: String, style: Int, values: [Double], estimate: Estimate? = nil, note: String = "")
        {
            self.name = name
            self.style = style
            self.values = values
            self.estimate = estimate
            self.note = note
        }
    }

    private static let rowHeight = 44.0

    public var title: String
    public var summary: String
    public var axis: Axis
    public var rows: [Row]
    /// Where a dashed line is drawn.
    public var guide: Double?

    public init(title: String, summary: String, axis: Axis, rows: [Row], guide: Double? = nil) {
        self.title = title
        self.summary = summary
        self.axis = axis
        self.rows = rows
        self.guide = guide
    }

    public func height(forWidth width: Double) -> Double { Double(rows.count) * Self.rowHeight + 50 }

    public func draw(on canvas: inout Canvas) {
        let values = rows.flatMap { $0.values + ($0.estimate?.extent ?? []) }
        let scale = Scale(axis, fitting: values + [guide].compactMap(\.self))
        let (left, right, bottom) = (14.0, canvas.width - 14, canvas.height - 42)
        let place = { (value: Double) in left + scale.position(of: value) * (right - left) }
        for tick in scale.ticks(about: max(2, Int((right - left) / 75))) {
            let x = place(tick.value)
            canvas.line(from: Point(x: x, y: 4), to: Point(x: x, y: bottom), class: "grid")
            canvas.text(tick.label, at: Point(x: x, y: bottom + 16), anchor: .middle, class: "tick")
        }
        if let guide {
            let x = place(guide)
            canvas.line(from: Point(x: x, y: 0), to: Point(x: x, y: bottom + 4), class: "guide")
        }
        for (index, row) in rows.enumerated() {
            draw(row, top: 4 + Double(index) * Self.rowHeight, (left, right), place, on: &canvas)
        }
        canvas.text(axis.label, at: Point(x: right, y: canvas.height - 6), anchor: .end, class: "axis-label")
    }

    private func draw(
        _ row: Row, top: Double, _ ends: (left: Double, right: Double), _ place: (Double) -> Double,
        on canvas: inout Canvas
    ) {
        let middle = top + 31
        canvas.text(row.name, at: Point(x: ends.left, y: top + 15), class: "name halo")
        canvas.text(row.note, at: Point(x: ends.right, y: top + 15), anchor: .end, class: "halo")
        let style = "interval \(SeriesStyle.colour(row.style))"
        if let estimate = row.estimate, axis.canShow(estimate.mean) {
            if let (low, high) = axis.interval(of: estimate) {
                canvas.line(
                    from: Point(x: place(low), y: middle), to: Point(x: place(high), y: middle), class: style)
            }
            let x = place(estimate.mean)
            canvas.line(from: Point(x: x, y: middle - 9), to: Point(x: x, y: middle + 9), class: style)
        }
        for value in row.values where axis.canShow(value) {
            canvas.mark(row.style, at: Point(x: place(value), y: middle), radius: 3.5)
        }
    }
}
