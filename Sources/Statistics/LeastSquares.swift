/// Linear least squares by the normal equations, for a few features.
public enum LeastSquares {
    /// Of features scaled to the same length: less tells them apart no longer.
    private static let smallestPivot = 1e-10

    /// The coefficients with which the sum of features comes closest to the targets.
    ///
    /// - Parameters:
    ///   - features: of each observation, as many every time; a constant term is a feature that is always 1.
    ///   - targets: one for each observation.
    /// - Returns: nil where several coefficients would do as well, as with fewer observations than features.
    public static func coefficients(features: [[Double]], targets: [Double]) -> [Double]? {
        precondition(features.count == targets.count, "\(features.count) rows for \(targets.count) targets")
        guard let size = features.first?.count, size > 0 else { return nil }
        let scales = (0..<size).map { column in
            features.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
        }
        guard scales.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        var products = SquareMatrix(size: size)
        var right = [Double](repeating: 0, count: size)
        for (row, target) in zip(features, targets) {
            let scaled = zip(row, scales).map(/)
            for first in 0..<size {
                right[first] += scaled[first] * target
                for second in 0..<size { products[first, second] += scaled[first] * scaled[second] }
            }
        }
        var lowered = products
        for index in 0..<size { lowered[index, index] -= smallestPivot }
        guard lowered.solve(right) != nil else { return nil }
        return products.solve(right).map { zip($0, scales).map(/) }
    }
}
