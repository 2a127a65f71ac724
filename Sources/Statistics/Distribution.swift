/// The value below which a share `fraction` of `values` lies, by linear interpolation between order statistics
/// (definition 7 of Hyndman and Fan, *Sample Quantiles in Statistical Packages*, 1996).
///
/// - Returns: `nil` when there are no values.
public func quantile(_ fraction: Double, of values: [Double]) -> Double? {
    precondition((0...1).contains(fraction), "quantile \(fraction) is outside 0…1")
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let position = fraction * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
}
