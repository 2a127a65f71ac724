/// What the distance between two values means.
public enum MeasurementScale: String, Codable, CaseIterable, Hashable, Sendable {
    /// Values are names: equal or not.
    case nominal
    /// Values have an order: two are as far apart as there are ratings between them.
    case ordinal
    /// Values are numbers: what counts is the square of their difference.
    case interval
}

extension CoincidenceMatrix {
    /// Krippendorff's α: one minus the disagreement that was observed over the disagreement expected by chance
    /// (*Computing Krippendorff's Alpha-Reliability*, 2011). Any number of raters, who need not have rated every unit.
    ///
    /// `1 − (n − 1) · Σ o δ² / Σ n n δ²` over pairs of values, with coincidences `o`, marginals `n` and the distance
    /// `δ²` of the scale. 1 is perfect, 0 is what chance gives, below 0 is systematic disagreement.
    ///
    /// - Returns: `nil` where nothing can be compared, or where all values are the same: without variation there is
    ///   nothing to be reliable about.
    public func krippendorffAlpha(_ scale: MeasurementScale) -> Double? {
        let marginals = marginals
        let distance = squaredDistance(scale, marginals: marginals)
        var observed = 0.0
        var expected = 0.0
        for row in values.indices {
            for column in values.indices where column > row {
                let distance = distance(row, column)
                observed += cells[row * values.count + column] * distance
                expected += marginals[row] * marginals[column] * distance
            }
        }
        return expected > 0 ? 1 - (valueCount - 1) * observed / expected : nil
    }

    private func squaredDistance(
        _ scale: MeasurementScale, marginals: [Double]
    ) -> (_ row: Int, _ column: Int) -> Double {
        switch scale {
        case .nominal:
            return { $0 == $1 ? 0 : 1 }
        case .interval:
            return { [values] in
                let difference = Double(values[$0] - values[$1])
                return difference * difference
            }
        case .ordinal:
            // The number of ratings up to the middle of each value: δ is the difference of two middles.
            var below = 0.0
            let middles = marginals.map { count in
                defer { below += count }
                return below + count / 2
            }
            return { (middles[$0] - middles[$1]) * (middles[$0] - middles[$1]) }
        }
    }
}
