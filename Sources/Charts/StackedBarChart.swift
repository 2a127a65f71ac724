import Statistics

/// How many of each kind, as horizontal bars whose parts follow each other: wins, ties and losses by who ended.
public struct StackedBarChart: Chart, Codable, Hashable {
    /// How a part is filled: told apart without colour.
    public enum Fill: String, Codable, Hashable, Sendable { case solid, open, hatched }

    public struct Part: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var fill: Fill

        public init(name: String, style: Int, fill: Fill) {
            self.name = name
            self.style = style
            self.fill = fill
        }
    }

    public struct Bar: Codable, Hashable, Sendable {
        public var name: String
        /// At the other end of the line above the bar.
        public var note: String
        /// As many as there are parts.
        public var counts: [Int]

        public init(name: String, note: String, counts: [Int]) {
            self.name = name
            self.note = note
            self.counts = counts
        }
    }

    private static let rowHeight = 50.0
    private static let legendHeight = 26.0
    private static let swatch = 14.0

    public var title: String
    public var summary: String
    public var parts: [Part]
    public var bars: [Bar]

    public init(title: String, summary: String, parts: [Part], bars: [Bar]) {
        self.title = title
        self.summary = summary
        self.parts = parts
        self.bars = bars
    }

    public func height(forWidth width: Double) -> Double {
        Self.legendHeight + Double(bars.count) * Self.rowHeight + 4
    }

    public func draw(on canvas: inout Canvas) {
        drawLegend(on: &canvas)
        let longest = bars.map { $0.counts.reduce(0, +) }.max() ?? 1
        for (row, bar) in bars.enumerated() {
            let top = Self.legendHeight + Double(row) * Self.rowHeight
            canvas.text(bar.name, at: Point(x: 0, y: top + 17), class: "name halo")
            canvas.text(bar.note, at: Point(x: canvas.width, y: top + 17), anchor: .end, class: "halo")
            draw(bar, top: top + 24, unit: canvas.width / Double(max(longest, 1)), on: &canvas)
        }
    }

    private func draw(_ bar: Bar, top: Double, unit: Double, on canvas: inout Canvas) {
        var left = 0.0
        for (part, count) in zip(parts, bar.counts) where count > 0 {
            let box = Box(left: left, right: left + Double(count) * unit, top: top, bottom: top + 18)
            draw(part, box, on: &canvas)
            let label = String(count)
            if box.right - box.left > Canvas.width(of: label) + 8 {
                canvas.text(
                    label, at: Point(x: (box.left + box.right) / 2, y: top + 13), anchor: .middle,
                    class: part.fill == .solid ? "on-solid" : "halo")
            }
            left = box.right
        }
    }

    private func draw(_ part: Part, _ box: Box, on canvas: inout Canvas) {
        let colour = SeriesStyle.colour(part.style)
        let corner = Point(x: box.left, y: box.top)
        let (width, height) = (box.right - box.left, box.bottom - box.top)
        switch part.fill {
        case .solid: canvas.rectangle(corner, width: width, height: height, class: "solid \(colour)")
        case .open: break
        case .hatched: canvas.path(Hatch.rising.lines(in: box), class: "hatch \(colour)")
        }
        canvas.rectangle(corner, width: width, height: height, class: "outline \(colour)")
    }

    private func drawLegend(on canvas: inout Canvas) {
        var left = 1.0
        for part in parts {
            draw(part, Box(left: left, right: left + Self.swatch, top: 4, bottom: 15), on: &canvas)
            canvas.text(part.name, at: Point(x: left + Self.swatch + 6, y: 14))
            left += Self.swatch + 6 + Canvas.width(of: part.name) * 1.08 + 18
        }
    }
}
