import Statistics

/// How often a prediction of a given confidence came true, against the diagonal, on which it always does as predicted.
public struct CalibrationChart: Chart, Codable, Hashable {
    public var title: String
    public var summary: String
    public var curve: CalibrationCurve
    public var style: Int

    public init(title: String, summary: String, curve: CalibrationCurve, style: Int) {
        self.title = title
        self.summary = summary
        self.curve = curve
        self.style = style
    }

    public func height(forWidth width: Double) -> Double { min(max(240, width * 0.8), 380) }

    /// The area of a mark grows with the number of its pairs.
    public func draw(on canvas: inout Canvas) {
        let lowest = curve.bins.compactMap(\.accuracy.low).min() ?? 0.5
        let frame = PlotFrame(
            in: canvas,
            horizontal: Scale(Axis("predicted confidence", style: .percent, domain: 0.5...1), fitting: []),
            vertical: Scale(
                Axis("annotator agreed", style: .percent, domain: max(0, min(0.5, lowest - 0.02))...1),
                fitting: []))
        frame.drawAxes(on: &canvas)
        canvas.line(from: frame.point(0.5, 0.5), to: frame.point(1, 1), class: "guide")
        canvas.path(
            [curve.bins.map { frame.point($0.confidence, $0.accuracy.mean) }],
            class: SeriesStyle.line(style, amongSeveral: false))
        let largest = Double(curve.bins.map(\.count).max() ?? 1)
        for bin in curve.bins {
            if let low = bin.accuracy.low, let high = bin.accuracy.high {
                canvas.line(
                    from: frame.point(bin.confidence, low), to: frame.point(bin.confidence, high),
                    class: "interval \(SeriesStyle.colour(style))")
            }
            let percent = NumberStyle.percent
            canvas.mark(
                style, at: frame.point(bin.confidence, bin.accuracy.mean),
                radius: 3.5 + 4 * (Double(bin.count) / largest).squareRoot(),
                note: "predicted \(percent.text(bin.confidence)), agreed \(percent.text(bin.accuracy.mean)) "
                    + "of \(bin.count) pairs")
        }
    }
}
