/// The straight line of least squares through some points.
public struct LinearFit: Sendable {
    public let slope: Double
    /// The standard error of the slope, as if the points' distances from the line were independent.
    public let slopeError: Double
    private let center: (x: Double, y: Double)

    /// - Returns: nil with fewer than three points, or where all are at one x.
    public init?(_ points: [(x: Double, y: Double)]) {
        guard points.count > 2, let x = mean(of: points.map(\.x)), let y = mean(of: points.map(\.y)) else {
            return nil
        }
        let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
        guard spread > 0 else { return nil }
        let slope = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread
        let residuals = points.reduce(0) { sum, point in
            let residual = point.y - y - slope * (point.x - x)
            return sum + residual * residual
        }
        (self.slope, center) = (slope, (x, y))
        slopeError = (residuals / Double(points.count - 2) / spread).squareRoot()
    }

    /// The line's height at `x`.
    public func value(at x: Double) -> Double { center.y + slope * (x - center.x) }
}
