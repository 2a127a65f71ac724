/// Generalized advantage estimation of one response (Schulman et al., "High-Dimensional Continuous Control Using
/// Generalized Advantage Estimation", 2016, equations 11 and 16).
///
/// Beyond the last token there is nothing: the value there is 0.
/// - Parameters:
///   - rewards: one per response token, [R].
///   - values: the critic's prediction before each token, [R].
///   - discount: γ.
///   - lambda: λ.
/// - Returns: advantages and returns (advantage + value), [R] each, neither whitened.
public func generalizedAdvantages(
    rewards: [Double], values: [Double], discount: Double, lambda: Double
) -> (advantages: [Double], returns: [Double]) {
    precondition(rewards.count == values.count, "\(rewards.count) rewards for \(values.count) values")
    var advantages = [Double](repeating: 0, count: rewards.count)
    var (nextValue, nextAdvantage) = (0.0, 0.0)
    for step in rewards.indices.reversed() {
        let error = rewards[step] + discount * nextValue - values[step]
        advantages[step] = error + discount * lambda * nextAdvantage
        (nextValue, nextAdvantage) = (values[step], advantages[step])
    }
    return (advantages, zip(advantages, values).map(+))
}

/// Values of many responses scaled to unit variance together (unbiased), and to mean zero when `shiftingMean`.
/// Fewer than two values have no variance and stay as they are.
public func whitened(_ rows: [[Double]], shiftingMean: Bool = true) -> [[Double]] {
    let all = rows.joined()
    let count = Double(all.count)
    guard count > 1 else { return rows }
    let mean = all.reduce(0, +) / count
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let scale = 1 / (variance + 1e-8).squareRoot()
    let shift = shiftingMean ? 0 : mean
    return rows.map { row in row.map { ($0 - mean) * scale + shift } }
}
