import Foundation

/// The interval of a mean that may be looked at after every value, and stopped at, without losing its guarantee: with
/// probability `confidence` the true mean lies in *all* intervals of the sequence at once.
///
/// An ordinary 95 % interval holds at one moment that was chosen beforehand. Whoever looks again and again and stops
/// when it leaves one half out will stop wrongly far more often than once in twenty.
///
/// This is the hedged betting sequence of Waudby-Smith and Ramdas (*Estimating Means of Bounded Random Variables by
/// Betting*, 2024, theorem 3 and equation 26): a mean `m` stays in as long as nobody who bets against it, with stakes that
/// depend only on earlier values, has multiplied their capital by `2 / (1 − confidence)`.
///
/// - Parameter values: independent draws between 0 and 1, in the order in which they came.
/// - Returns: the mean so far and its interval, 0…1 at first; `nil` without values.
public func alwaysValidEstimate(of values: [Double], confidence: Double = 0.95) -> Estimate? {
    precondition(confidence > 0 && confidence < 1, "confidence is \(confidence), expected inside 0…1")
    precondition(values.allSatisfy((0...1).contains), "values must lie in 0…1")
    guard !values.isEmpty else { return nil }
    let mean = Moments(values).mean
    let stakes = predictableStakes(on: values, confidence: confidence)
    let limit = log(2 / (1 - confidence))
    return Estimate(
        mean: mean,
        low: lowestMean(values, stakes, limit: limit, below: mean),
        // Above and below are mirror images.
        high: 1 - lowestMean(values.map { 1 - $0 }, stakes, limit: limit, below: 1 - mean))
}

/// `√(2 log(2/α) / (σ² t log(t + 1)))` with the variance `σ²` of the values before.
private func predictableStakes(on values: [Double], confidence: Double) -> [Double] {
    var sum = 0.5
    var squares = 0.25
    return values.enumerated().map { index, value in
        let time = Double(index + 1)
        let variance = squares / time
        sum += value
        let deviation = value - sum / (time + 1)
        squares += deviation * deviation
        return (2 * log(2 / (1 - confidence)) / (variance * time * log(time + 1))).squareRoot()
    }
}

/// The smallest mean that those who bet on a larger one cannot rule out; their capital falls as it rises.
private func lowestMean(_ values: [Double], _ stakes: [Double], limit: Double, below mean: Double) -> Double {
    var ruledOut = 0.0
    var possible = mean
    for _ in 0..<30 {
        let middle = (ruledOut + possible) / 2
        if logCapital(values, stakes, against: middle) >= limit {
            ruledOut = middle
        } else {
            possible = middle
        }
    }
    return ruledOut
}

/// A stake never risks more than half of the capital.
private func logCapital(_ values: [Double], _ stakes: [Double], against mean: Double) -> Double {
    guard mean > 0 else { return values.contains { $0 > 0 } ? .infinity : 0 }
    let largest = 0.5 / mean
    var logarithm = 0.0
    var capital = 1.0
    for (value, stake) in zip(values, stakes) {
        capital *= 1 + min(stake, largest) * (value - mean)
        if capital > 1e100 || capital < 1e-100 {
            logarithm += log(capital)
            capital = 1
        }
    }
    return logarithm + log(capital)
}
