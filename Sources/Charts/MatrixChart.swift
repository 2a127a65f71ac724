import Statistics

/// Every row with every column: an interval on a small axis in each cell, beside the value at which nothing is won or lost. On
/// narrow pages the name of a row stands above its cells.
public struct MatrixChart: Chart, Codable, Hashable {
    public struct Cell: Codable, Hashable, Sendable {
        public var row: Int
        public var column: Int
        public var estimate: Estimate
        /// The colour and mark.
        public var style: Int
        /// Written above the interval.
        public var note: String

        public init(row: Int, column: Int, estimate: Estimate, style: Int, note: String) {
            (self.row, self.column, self.estimate) = (row, column, estimate)
            (self.style, self.note) = (style, note)
        }
    }

    private static let rowHeight = 46.0
    private static let nameWidth = 150.0
    private static let gap = 14.0
    private static let narrowWidth = 500.0

    public var title: String
    public var summary: String
    public var rows: [String]
    public var columns: [String]
    public var axis: Axis
    /// The value at which nothing is won or lost.
    public var guide: Double
    public var cells: [Cell]

    public init(
        title: String, summary: String, rows: [String], columns: [String], axis: Axis, guide: Double,
        cells: [Cell]
    ) {
        (self.title, self.summary, self.rows, self.columns) = (title, summary, rows, columns)
        (self.axis, self.guide, self.cells) = (axis, guide, cells)
    }

    private func isNarrow(_ width: Double) -> Bool { width < Self.narrowWidth }

    private func height(ofRowIn width: Double) -> Double { Self.rowHeight + (isNarrow(width) ? 20 : 0) }

    public func height(forWidth width: Double) -> Double {
        24 + Double(rows.count) * height(ofRowIn: width) + 42
    }

    public func draw(on canvas: inout Canvas) {
        let isNarrow = isNarrow(canvas.width)
        let left = isNarrow ? 6 : Self.nameWidth
        let width = (canvas.width - left - 6) / Double(max(1, columns.count)) - Self.gap
        let scale = Scale(
            axis, fitting: cells.flatMap(\.estimate.extent) + [guide])
        let start = { (column: Int) in left + Double(column) * (width + Self.gap) }
        let place = { (column: Int, value: Double) in start(column) + scale.position(of: value) * width }
        let (height, bottom) = (height(ofRowIn: canvas.width), canvas.height - 42)
        for (column, name) in columns.enumerated() {
            canvas.text(name, at: Point(x: start(column), y: 14), class: "name")
            let x = place(column, guide)
            canvas.line(from: Point(x: x, y: 22), to: Point(x: x, y: bottom + 4), class: "guide")
            for tick in scale.ticks(about: max(2, Int(width / 75))) {
                let x = place(column, tick.value)
                // Labels of neighbouring columns stay apart.
                let share = (x - start(column)) / width
                let anchor: Canvas.Anchor = share < 0.05 ? .start : share > 0.95 ? .end : .middle
                canvas.text(tick.label, at: Point(x: x, y: bottom + 18), anchor: anchor, class: "tick")
            }
        }
        for (row, name) in rows.enumerated() {
            let top = 24 + Double(row) * height
            canvas.line(
                from: Point(x: 0, y: top), to: Point(x: canvas.width, y: top), class: "grid")
            canvas.text(
                name, at: Point(x: isNarrow ? 6 : 0, y: isNarrow ? top + 16 : top + 28), class: "name halo")
        }
        for cell in cells where rows.indices.contains(cell.row) && columns.indices.contains(cell.column) {
            let middle = 24 + Double(cell.row + 1) * height - 12
            draw(cell, at: middle, start(cell.column), { place(cell.column, $0) }, on: &canvas)
        }
        canvas.text(
            axis.label, at: Point(x: canvas.width - 6, y: canvas.height - 6), anchor: .end,
            class: "axis-label")
    }

    private func draw(
        _ cell: Cell, at middle: Double, _ left: Double, _ place: (Double) -> Double, on canvas: inout Canvas
    ) {
        canvas.text(cell.note, at: Point(x: left, y: middle - 13), class: "halo")
        guard axis.canShow(cell.estimate.mean) else { return }
        if let (low, high) = axis.interval(of: cell.estimate) {
            canvas.line(
                from: Point(x: place(low), y: middle), to: Point(x: place(high), y: middle),
                class: "interval \(SeriesStyle.colour(cell.style))")
        }
        canvas.mark(cell.style, at: Point(x: place(cell.estimate.mean), y: middle), radius: 4)
    }
}
