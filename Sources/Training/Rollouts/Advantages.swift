import Statistics

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

/// What the differences between a prompt's responses are measured by.
public enum AdvantageScale: String, Codable, Sendable, CaseIterable {
    /// The deviation of the scores of one prompt's responses (Shao et al., "DeepSeekMath", 2024).
    case group
    /// The deviation of all scores of the batch.
    case batch
    /// The mean score of the prompt's responses, which weighs a prompt by how hard it is: of scores of 0 and 1 it makes the
    /// gradient of the likelihood of a right answer (MaxRL, arXiv 2602.02710). No score may be below 0.
    case mean
    /// Nothing: the difference itself (Liu et al., "Understanding R1-Zero-Like Training", 2025).
    case unscaled = "none"
}

/// What a response's score is compared with.
public enum AdvantageBaseline: String, Codable, Sendable, CaseIterable {
    /// The mean score of all responses to the prompt.
    case group
    /// The mean score of the others (Kool et al. 2019; RLOO).
    case others
    /// The score of the policy's most probable response (Li et al., "ReMax", 2024).
    case greedy
    /// Nothing (REINFORCE).
    case zero = "none"
}

/// How much better each response is than the mean of the responses to its prompt, over the deviation + 1e-4, or over that
/// mean, where it is 0 over nothing.
///
/// - Parameters:
///   - scores: of all responses, those to one prompt side by side; nil where a response could not be scored, which
///     leaves it out of mean and deviation.
///   - groupSize: G, responses to each prompt.
/// - Returns: one advantage a response, nil without a score.
public func groupRelativeAdvantages(
    scores: [Double?], groupSize: Int, scale: AdvantageScale = .group
) -> [Double?] {
    let batch = Moments(scores)
    return groups(of: scores, size: groupSize).flatMap { group in
        let moments = Moments(group)
        let divisor =
            switch scale {
            case .group: moments.deviation + 1e-4
            case .batch: batch.deviation + 1e-4
            case .mean: moments.mean == 0 ? 1.0 : moments.mean
            case .unscaled: 1.0
            }
        return group.map { score in score.map { ($0 - moments.mean) / divisor } }
    }
}

/// How much better each response is than the mean of the **other** responses to its prompt (Kool et al., "Buy 4 REINFORCE
/// Samples, Get a Baseline for Free!", 2019).
///
/// - Parameters: as of ``groupRelativeAdvantages(scores:groupSize:scale:)``.
/// - Returns: one advantage a response, nil without a score or without another response that has one.
public func leaveOneOutAdvantages(scores: [Double?], groupSize: Int) -> [Double?] {
    groups(of: scores, size: groupSize).flatMap { group -> [Double?] in
        let known = group.compactMap(\.self)
        guard known.count > 1 else { return group.map { _ in nil } }
        let total = known.reduce(0, +)
        return group.map { score in score.map { $0 - (total - $0) / Double(known.count - 1) } }
    }
}

/// Values shifted to mean 0 and divided by their deviation + 1e-4.
public func normalized(_ values: [Double?]) -> [Double?] {
    let moments = Moments(values)
    return values.map { value in value.map { ($0 - moments.mean) / (moments.deviation + 1e-4) } }
}

private func groups(of scores: [Double?], size: Int) -> [ArraySlice<Double?>] {
    precondition(
        scores.count.isMultiple(of: size), "\(scores.count) scores do not make groups of \(size)")
    return scores.chunked(size)
}
