import Statistics

/// How values are spread: an outline over the columns of each group, which are filled with its pattern.
public struct HistogramChart: Chart, Codable, Hashable {
    public struct Group: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var values: [Double]

        public init(name: String, style: Int, values: [Double]) {
            self.name = name
            self.style = style
            self.values = values
        }
    }

    public var title: String
    public var summary: String
    /// What the values are.
    public var horizontal: Axis
    public var groups: [Group]

    public init(title: String, summary: String, horizontal: Axis, groups: [Group]) {
        self.title = title
        self.summary = summary
        self.horizontal = horizontal
        self.groups = groups
    }

    public func height(forWidth width: Double) -> Double {
        min(max(190, width * 0.45), 340) + legend.height(forWidth: width)
    }

    /// Heights are shares of the group's values, so that groups of different sizes can be compared.
    public func draw(on canvas: inout Canvas) {
        let shown = groups.map { $0.values.filter(horizontal.canShow) }
        let edges =
            HistogramBins.roundEdges(for: shown.flatMap(\.self), atMost: Int(canvas.width / 18)) ?? [0, 1]
        let shares = shown.map { values in
            HistogramBins(of: values, edges: edges).counts.map { Double($0) / Double(max(values.count, 1)) }
        }
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(horizontal, fitting: edges, withAir: false),
            vertical: Scale(
                Axis("share of answers", style: .percent, including: [0]), fitting: shares.flatMap(\.self)),
            legend: legend)
        legend.draw(on: &canvas)
        frame.drawAxes(on: &canvas)
        for (group, shares) in zip(groups, shares) {
            let outline = outline(of: shares, edges: edges, in: frame)
            for (share, ends) in zip(shares, zip(edges, edges.dropFirst())) {
                let column = Box(
                    left: frame.x(ends.0), right: frame.x(ends.1), top: frame.y(share), bottom: frame.y(0))
                canvas.area(column, series: group.style)
            }
            canvas.path([outline], class: SeriesStyle.line(group.style, amongSeveral: groups.count > 1))
        }
    }

    private var legend: Legend { Legend(groups.map { ($0.style, $0.name) }, sample: .area) }

    private func outline(of shares: [Double], edges: [Double], in frame: PlotFrame) -> [Point] {
        let steps = zip(shares, zip(edges, edges.dropFirst())).flatMap { share, ends in
            [frame.point(ends.0, share), frame.point(ends.1, share)]
        }
        guard let first = edges.first, let last = edges.last else { return steps }
        return [frame.point(first, 0)] + steps + [frame.point(last, 0)]
    }
}
