/// The plain average.
///
/// - Returns: `nil` when there are no values.
public func mean(of values: some Collection<Double>) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// Mean and unbiased standard deviation of the values that are there; 0 where there are too few.
public struct Moments: Hashable, Sendable {
    public let mean: Double
    public let deviation: Double

    public init(_ values: some Collection<Double?>) { self.init(values.compactMap(\.self)) }

    public init(_ values: some Collection<Double>) {
        let mean = Statistics.mean(of: values) ?? 0
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    }
}

/// The value below which a share `fraction` of `values` lies, by linear interpolation between order statistics
/// (definition 7 of Hyndman and Fan, *Sample Quantiles in Statistical Packages*, 1996).
///
/// - Returns: `nil` when there are no values.
public func quantile(_ fraction: Double, of values: [Double]) -> Double? {
    precondition((0...1).contains(fraction), "quantile \(fraction) is outside 0…1")
    precondition(!values.contains(where: \.isNaN), "a quantile of values that are not all numbers")
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let position = fraction * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
}
