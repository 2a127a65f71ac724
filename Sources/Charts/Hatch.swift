/// Lines that fill an area, a pattern for each series: areas stay apart where colours do not, in grey and on paper.
enum Hatch: CaseIterable {
    case plain, rising, falling, level, upright, crossed

    private static let spacing = 6.0

    static func of(_ series: Int) -> Hatch { allCases[series % allCases.count] }

    /// The lines inside `box`. They lie on one grid for the whole drawing, so that neighbouring boxes join.
    func lines(in box: Box) -> [[Point]] {
        guard box.right > box.left, box.bottom > box.top else { return [] }
        switch self {
        case .plain: return []
        case .rising:
            return Self.grid(from: box.left + box.top, to: box.right + box.bottom).map { sum in
                let ends = [max(box.left, sum - box.bottom), min(box.right, sum - box.top)]
                return ends.map { Point(x: $0, y: sum - $0) }
            }
        case .falling:
            return Self.grid(from: box.top - box.right, to: box.bottom - box.left).map { rise in
                let ends = [max(box.left, box.top - rise), min(box.right, box.bottom - rise)]
                return ends.map { Point(x: $0, y: $0 + rise) }
            }
        case .level:
            return Self.grid(from: box.top, to: box.bottom).map { y in
                [Point(x: box.left, y: y), Point(x: box.right, y: y)]
            }
        case .upright:
            return Self.grid(from: box.left, to: box.right).map { x in
                [Point(x: x, y: box.top), Point(x: x, y: box.bottom)]
            }
        case .crossed: return Hatch.rising.lines(in: box) + Hatch.falling.lines(in: box)
        }
    }

    private static func grid(from low: Double, to high: Double) -> [Double] {
        stride(from: (low / spacing).rounded(.up), through: (high / spacing).rounded(.down), by: 1).map {
            $0 * spacing
        }
    }
}

extension Canvas {
    /// An area of a series: a light tint of its colour under its pattern.
    mutating func area(_ box: Box, series: Int) {
        rectangle(
            Point(x: box.left, y: box.top), width: box.right - box.left, height: box.bottom - box.top,
            class: "column \(SeriesStyle.colour(series))")
        path(Hatch.of(series).lines(in: box), class: "hatch \(SeriesStyle.colour(series))")
    }
}
