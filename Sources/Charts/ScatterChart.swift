import Statistics

/// One mark for each of many things, such as the score of every answer against its length.
public struct ScatterChart: Chart, Codable, Hashable {
    public struct Group: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var x: [Double]
        /// As many as `x`.
        public var y: [Double]

        public init(name: String, style: Int, x: [Double], y: [Double]) {
            precondition(x.count == y.count, "group '\(name)' has \(x.count) x for \(y.count) y")
            self.name = name
            self.style = style
            self.x = x
            self.y = y
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
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(horizontal, fitting: groups.flatMap(\.x)),
            vertical: Scale(vertical, fitting: groups.flatMap(\.y)), legend: legend)
        legend.draw(on: &canvas)
        frame.drawAxes(on: &canvas)
        for group in groups {
            for (x, y) in zip(group.x, group.y) where frame.canShow(x, y) {
                canvas.mark(group.style, at: frame.point(x, y), radius: 4)
            }
        }
    }

    private var legend: Legend { Legend(groups.map { ($0.style, $0.name) }, sample: .mark) }
}
