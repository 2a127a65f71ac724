/// The rectangle between two axes: draws grid, ticks and labels, and says where a data point lies.
struct PlotFrame {
    private static let rowSpacing = 32.0
    private static let columnSpacing = 62.0

    let horizontal: Scale
    let vertical: Scale
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double

    /// Leaves room for the tick labels of both axes, the axis labels, and `legend` rows at the top.
    init(in canvas: Canvas, horizontal: Scale, vertical: Scale, legend: Legend = Legend([])) {
        self.horizontal = horizontal
        self.vertical = vertical
        top = legend.height(forWidth: canvas.width) + (vertical.axis.label.isEmpty ? 8 : 30)
        bottom = canvas.height - (horizontal.axis.label.isEmpty ? 24 : 42)
        let labels = vertical.ticks(about: Self.tickCount(along: bottom - top, spacing: Self.rowSpacing))
        left = 12 + (labels.map { Canvas.width(of: $0.label, size: 11) }.max() ?? 0)
        right = canvas.width - 12
    }

    func x(_ value: Double) -> Double { left + horizontal.position(of: value) * (right - left) }

    func y(_ value: Double) -> Double { bottom - vertical.position(of: value) * (bottom - top) }

    func point(_ x: Double, _ y: Double) -> Point { Point(x: self.x(x), y: self.y(y)) }

    func canShow(_ x: Double, _ y: Double) -> Bool { horizontal.axis.canShow(x) && vertical.axis.canShow(y) }

    func drawAxes(on canvas: inout Canvas) {
        for tick in vertical.ticks(about: Self.tickCount(along: bottom - top, spacing: Self.rowSpacing)) {
            let y = y(tick.value)
            canvas.line(from: Point(x: left, y: y), to: Point(x: right, y: y), class: "grid")
            canvas.text(tick.label, at: Point(x: left - 6, y: y + 4), anchor: .end, class: "tick")
        }
        canvas.line(from: Point(x: left, y: bottom), to: Point(x: right, y: bottom), class: "axis")
        for tick in horizontal.ticks(about: Self.tickCount(along: right - left, spacing: Self.columnSpacing))
        {
            let x = x(tick.value)
            canvas.line(from: Point(x: x, y: bottom), to: Point(x: x, y: bottom + 4), class: "axis")
            canvas.text(tick.label, at: Point(x: x, y: bottom + 17), anchor: .middle, class: "tick")
        }
        if !vertical.axis.label.isEmpty {
            canvas.text(vertical.axis.label, at: Point(x: 0, y: top - 17), class: "axis-label")
        }
        if !horizontal.axis.label.isEmpty {
            canvas.text(
                horizontal.axis.label, at: Point(x: right, y: canvas.height - 6), anchor: .end,
                class: "axis-label")
        }
    }

    private static func tickCount(along length: Double, spacing: Double) -> Int {
        min(max(2, Int(length / spacing)), 8)
    }
}

/// Names beside the marks of their series, in rows above the plot.
struct Legend {
    private static let rowHeight = 20.0
    private let entries: [(series: Int, name: String)]
    private let sample: Sample

    /// What of a series is shown beside its name.
    enum Sample { case line, mark, area }

    /// A single series needs no legend: the title says what it is.
    init(_ entries: [(series: Int, name: String)], sample: Sample = .line) {
        self.entries = entries.count > 1 ? entries : []
        self.sample = sample
    }

    func height(forWidth width: Double) -> Double {
        guard let last = layout(forWidth: width).last else { return 0 }
        return last.y + Self.rowHeight - 6
    }

    func draw(on canvas: inout Canvas) {
        for (entry, place) in zip(entries, layout(forWidth: canvas.width)) {
            let middle = place.y - 4
            if sample == .area {
                canvas.area(
                    Box(left: place.x, right: place.x + 22, top: middle - 6, bottom: middle + 6),
                    series: entry.series)
            }
            if sample != .mark {
                canvas.line(
                    from: Point(x: place.x, y: middle), to: Point(x: place.x + 22, y: middle),
                    class: SeriesStyle.line(entry.series, amongSeveral: true))
            }
            if sample != .area {
                canvas.mark(entry.series, at: Point(x: place.x + 11, y: middle), radius: 3.5)
            }
            canvas.text(entry.name, at: Point(x: place.x + 28, y: place.y))
        }
    }

    /// The left end of each entry's base line.
    private func layout(forWidth width: Double) -> [Point] {
        var places: [Point] = []
        var next = Point(x: 0, y: 14)
        for entry in entries {
            let needed = 28 + Canvas.width(of: entry.name) + 14
            if next.x > 0 && next.x + needed > width { next = Point(x: 0, y: next.y + Self.rowHeight) }
            places.append(next)
            next.x += needed
        }
        return places
    }
}
