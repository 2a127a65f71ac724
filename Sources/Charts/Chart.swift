/// A picture of data as a value: it can be stored, drawn at any width, and put on any page.
public protocol Chart: Sendable {
    var title: String { get }
    /// What the picture shows, in words, for those who cannot see it.
    var summary: String { get }
    /// The height that suits a width, both in pixels.
    func height(forWidth width: Double) -> Double
    func draw(on canvas: inout Canvas)
}

extension Chart {
    /// The drawing for a page that carries ``ChartStyle/sheet``. It never grows beyond `width`; draw it again at
    /// another width rather than scale it, and the text stays readable.
    public func svg(width: Double) -> String {
        drawn(width: width).svg(title: title, summary: summary)
    }

    /// The drawing as a file of its own.
    public func standaloneSVG(width: Double) -> String {
        drawn(width: width).svg(title: title, summary: summary, style: "<style>\(ChartStyle.sheet)</style>\n")
    }

    private func drawn(width: Double) -> Canvas {
        var canvas = Canvas(width: width, height: height(forWidth: width))
        draw(on: &canvas)
        return canvas
    }
}
