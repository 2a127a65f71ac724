import Foundation

/// A point in user units, from the upper left corner.
struct Point: Hashable, Sendable {
    var x: Double
    var y: Double
}

/// Collects the elements of one SVG drawing. What an element looks like is said by classes (``ChartStyle``), so that
/// a page can show the same drawing in light, dark and print.
public struct Canvas {
    enum Anchor: String { case start, middle, end }

    public let width: Double
    public let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(from start: Point, to end: Point, class name: String) {
        body += "<line class=\"\(name)\" x1=\"\(number(start.x))\" y1=\"\(number(start.y))\" "
        body += "x2=\"\(number(end.x))\" y2=\"\(number(end.y))\"/>\n"
    }

    mutating func rectangle(
        _ corner: Point, width: Double, height: Double, radius: Double = 0, class name: String
    ) {
        body += "<rect class=\"\(name)\" x=\"\(number(corner.x))\" y=\"\(number(corner.y))\" "
        body +=
            "width=\"\(number(max(width, 0)))\" height=\"\(number(max(height, 0)))\" rx=\"\(number(radius))\"/>\n"
    }

    /// A broken line through each run of points: a gap in the data stays a gap.
    mutating func path(_ runs: [[Point]], closed: Bool = false, class name: String) {
        let data = runs.filter { !$0.isEmpty }.map { run in
            "M" + run.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L") + (closed ? "Z" : "")
        }
        guard !data.isEmpty else { return }
        body += "<path class=\"\(name)\" d=\"\(data.joined())\"/>\n"
    }

    mutating func text(
        _ text: String, at point: Point, anchor: Anchor = .start, class name: String = "text",
        turned: Bool = false
    ) {
        let turn = turned ? " transform=\"rotate(-90 \(number(point.x)) \(number(point.y)))\"" : ""
        body += "<text class=\"\(name)\" x=\"\(number(point.x))\" y=\"\(number(point.y))\" "
        body += "text-anchor=\"\(anchor.rawValue)\"\(turn)>\(escapedMarkup(text))</text>\n"
    }

    /// A mark of the series' own shape, so that colour is never the only difference. `note` appears under the pointer.
    mutating func mark(_ series: Int, at point: Point, radius: Double, note: String? = nil) {
        let shape = MarkShape.of(series).outline(at: point, radius: radius)
        let title = note.map { "<title>\(escapedMarkup($0))</title>" } ?? ""
        let data = shape.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
        let path =
            shape.isEmpty
            ? "<circle cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"\(number(radius))\">\(title)</circle>"
            : "<path d=\"M\(data)Z\">\(title)</path>"
        body += "<g class=\"mark \(SeriesStyle.colour(series))\">\(path)</g>\n"
    }

    func svg(title: String, summary: String, style: String = "") -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 \(number(width)) \(number(height))" \
        width="\(number(width))" height="\(number(height))">
        <title>\(escapedMarkup(title))</title>
        <desc>\(escapedMarkup(summary))</desc>
        \(style)\(body)</svg>
        """
    }

    /// About how wide a text is drawn in the charts' sans-serif font.
    static func width(of text: String, size: Double = 12) -> Double {
        text.reduce(0) { width, character in
            switch character {
            case "i", "l", "j", ".", ",", ":", "'", "|", "t", "f", "r", " ": width + size * 0.32
            case "m", "w", "M", "W", "%", "@": width + size * 0.88
            case _ where character.isUppercase: width + size * 0.68
            default: width + size * 0.56
            }
        }
    }

    private func number(_ value: Double) -> String {
        precondition(value.isFinite, "a coordinate is \(value)")
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

/// The outline of a series' marks. There is one more than there are colours: series of one colour differ in their marks.
enum MarkShape: CaseIterable {
    case circle, square, triangle, diamond, cross, pentagon, hangingTriangle

    static func of(_ series: Int) -> MarkShape { allCases[series % allCases.count] }

    /// The corners; none for a circle. Areas are about equal.
    func outline(at centre: Point, radius: Double) -> [Point] {
        switch self {
        case .circle: []
        case .square: polygon(4, centre, radius * 1.25, turn: 0.125)
        case .triangle: polygon(3, centre, radius * 1.4, turn: -0.25)
        case .diamond: polygon(4, centre, radius * 1.3, turn: 0)
        case .cross: cross(centre, radius * 1.2)
        case .pentagon: polygon(5, centre, radius * 1.15, turn: -0.25)
        case .hangingTriangle: polygon(3, centre, radius * 1.4, turn: 0.25)
        }
    }

    private func polygon(_ corners: Int, _ centre: Point, _ radius: Double, turn: Double) -> [Point] {
        (0..<corners).map { corner in
            let angle = 2 * Double.pi * (Double(corner) / Double(corners) + turn)
            return Point(x: centre.x + radius * cos(angle), y: centre.y + radius * sin(angle))
        }
    }

    private func cross(_ centre: Point, _ radius: Double) -> [Point] {
        let arm = radius * 0.38
        let quarter = [Point(x: arm, y: -radius), Point(x: arm, y: -arm), Point(x: radius, y: -arm)]
        return (0..<4).flatMap { turns in
            quarter.map { corner in
                (0..<turns).reduce(corner) { point, _ in Point(x: -point.y, y: point.x) }
            }
        }.map { Point(x: centre.x + $0.x, y: centre.y + $0.y) }
    }
}
