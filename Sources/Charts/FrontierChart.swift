import Statistics

/// What an arm reached against how far it moved: a labelled point with intervals for each arm, and the path by which
/// it came there.
public struct FrontierChart: Chart, Codable, Hashable {
    public struct Arm: Codable, Hashable, Sendable {
        public var name: String
        public var style: Int
        public var x: Estimate
        public var y: Estimate
        /// Stations on the way to the point, in order, if they were measured.
        public var path: [Station]

        public init(name: String, style: Int, x: Estimate, y: Estimate, path: [Station] = []) {
            self.name = name
            self.style = style
            self.x = x
            self.y = y
            self.path = path
        }
    }

    public struct Station: Codable, Hashable, Sendable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    public var title: String
    public var summary: String
    public var horizontal: Axis
    public var vertical: Axis
    public var arms: [Arm]

    public init(title: String, summary: String, horizontal: Axis, vertical: Axis, arms: [Arm]) {
        self.title = title
        self.summary = summary
        self.horizontal = horizontal
        self.vertical = vertical
        self.arms = arms
    }

    public func height(forWidth width: Double) -> Double { min(max(270, width * 0.55), 440) }

    public func draw(on canvas: inout Canvas) {
        let stations = arms.flatMap(\.path)
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(horizontal, fitting: arms.flatMap { $0.x.extent } + stations.map(\.x)),
            vertical: Scale(vertical, fitting: arms.flatMap { $0.y.extent } + stations.map(\.y)))
        let shown = arms.filter { frame.canShow($0.x.mean, $0.y.mean) }
        frame.drawAxes(on: &canvas)
        for arm in shown { drawPath(of: arm, in: frame, on: &canvas) }
        for arm in shown { drawPoint(of: arm, in: frame, on: &canvas) }
        var labels = LabelPlacement(frame: frame, avoiding: shown.flatMap { obstacles($0, frame) })
        for arm in shown {
            let place = labels.place(arm.name, at: frame.point(arm.x.mean, arm.y.mean))
            canvas.text(arm.name, at: place.point, anchor: place.anchor, class: "name halo")
        }
    }

    private func drawPath(of arm: Arm, in frame: PlotFrame, on canvas: inout Canvas) {
        let points = arm.path.filter { frame.canShow($0.x, $0.y) }.map { frame.point($0.x, $0.y) }
        guard !points.isEmpty else { return }
        let end = frame.point(arm.x.mean, arm.y.mean)
        canvas.path([points + [end]], class: "line path \(SeriesStyle.colour(arm.style))")
        for point in points {
            canvas.rectangle(
                Point(x: point.x - 1.75, y: point.y - 1.75), width: 3.5, height: 3.5, radius: 1.75,
                class: "waypoint \(SeriesStyle.colour(arm.style))")
        }
    }

    private func drawPoint(of arm: Arm, in frame: PlotFrame, on canvas: inout Canvas) {
        let style = "interval \(SeriesStyle.colour(arm.style))"
        let centre = frame.point(arm.x.mean, arm.y.mean)
        if let (low, high) = vertical.interval(of: arm.y) {
            canvas.line(
                from: Point(x: centre.x, y: frame.y(low)), to: Point(x: centre.x, y: frame.y(high)),
                class: style)
        }
        if let (low, high) = horizontal.interval(of: arm.x) {
            canvas.line(
                from: Point(x: frame.x(low), y: centre.y), to: Point(x: frame.x(high), y: centre.y),
                class: style)
        }
        let note = "\(arm.name): \(arm.x.text(horizontal.style)), \(arm.y.text(vertical.style))"
        canvas.mark(arm.style, at: centre, radius: 6, note: note)
    }

    private func obstacles(_ arm: Arm, _ frame: PlotFrame) -> [Box] {
        let centre = frame.point(arm.x.mean, arm.y.mean)
        let (low, high) = vertical.interval(of: arm.y) ?? (arm.y.mean, arm.y.mean)
        let stations = arm.path.filter { frame.canShow($0.x, $0.y) }.map { frame.point($0.x, $0.y) }
        return [
            Box(left: centre.x - 8, right: centre.x + 8, top: centre.y - 8, bottom: centre.y + 8),
            Box(left: centre.x - 2, right: centre.x + 2, top: frame.y(high), bottom: frame.y(low)),
        ] + stations.map { Box(left: $0.x - 2, right: $0.x + 2, top: $0.y - 2, bottom: $0.y + 2) }
    }
}

extension Estimate {
    /// The values that an axis must reach to show the whole interval.
    var extent: [Double] { [low, mean, high].compactMap(\.self) }
}

struct Box {
    var left: Double
    var right: Double
    var top: Double
    var bottom: Double

    func overlap(with other: Box) -> Double {
        let width = min(right, other.right) - max(left, other.left)
        let height = min(bottom, other.bottom) - max(top, other.top)
        return width > 0 && height > 0 ? width * height : 0
    }
}

/// Puts names beside points, each at the side where it covers least of what is there already.
struct LabelPlacement {
    private let frame: PlotFrame
    private var taken: [Box]

    init(frame: PlotFrame, avoiding obstacles: [Box]) {
        self.frame = frame
        taken = obstacles
    }

    mutating func place(_ name: String, at point: Point) -> (point: Point, anchor: Canvas.Anchor) {
        let width = Canvas.width(of: name) * 1.08
        let candidates: [(Point, Canvas.Anchor)] = [
            (Point(x: point.x + 11, y: point.y + 4), .start), (Point(x: point.x - 11, y: point.y + 4), .end),
            (Point(x: point.x + 8, y: point.y - 10), .start),
            (Point(x: point.x + 8, y: point.y + 18), .start),
            (Point(x: point.x - 8, y: point.y - 10), .end), (Point(x: point.x - 8, y: point.y + 18), .end),
        ]
        let boxes = candidates.map { place, anchor in
            let left = anchor == .start ? place.x : place.x - width
            return Box(left: left, right: left + width, top: place.y - 11, bottom: place.y + 4)
        }
        let costs = boxes.map { box in
            let outside = max(0, frame.left - box.left) + max(0, box.right - frame.right - 10)
            return taken.reduce(outside * 100) { $0 + box.overlap(with: $1) }
        }
        let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        taken.append(boxes[best])
        return candidates[best]
    }
}
