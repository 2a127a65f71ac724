import Foundation

/// How often predictions of a given confidence come true.
///
/// A preference has no natural first answer, so each prediction is turned towards the answer that the model favours:
/// the confidence is 0.5…1, and the outcome is whether the annotator agreed.
public struct CalibrationCurve: Codable, Hashable, Sendable {
    public struct Bin: Codable, Hashable, Sendable {
        public var lower: Double
        public var upper: Double
        public var count: Int
        /// The mean predicted confidence of the bin's pairs.
        public var confidence: Double
        /// The share of them in which the annotator agreed, with a 95 % Wilson interval.
        public var accuracy: Estimate
    }

    /// Bins that hold at least one prediction, in rising order.
    public let bins: [Bin]
    /// Σ over bins of (share of the pairs) · |accuracy − confidence|: the expected calibration error of Naeini,
    /// Cooper and Hauskrecht (*Obtaining Well Calibrated Probabilities Using Bayesian Binning*, 2015).
    public let expectedError: Double

    private enum CodingKeys: String, CodingKey {
        case bins
        case expectedError = "expected_calibration_error"
    }

    /// - Parameter chosenProbabilities: for each pair, the predicted probability of the answer that the annotator
    ///   chose.
    /// - Returns: `nil` when there are no pairs.
    public init?(chosenProbabilities: [Double], binCount: Int = 5) {
        precondition(binCount > 0, "binCount is \(binCount), expected at least 1")
        guard !chosenProbabilities.isEmpty else { return nil }
        let width = 0.5 / Double(binCount)
        var members = [[Double]](repeating: [], count: binCount)
        for probability in chosenProbabilities {
            let confidence = max(probability, 1 - probability)
            members[min(Int((confidence - 0.5) / width), binCount - 1)].append(probability)
        }
        bins = members.enumerated().compactMap { index, probabilities in
            Bin(probabilities, lower: 0.5 + Double(index) * width, width: width)
        }
        let total = Double(chosenProbabilities.count)
        expectedError = bins.reduce(0) { sum, bin in
            sum + Double(bin.count) / total * abs(bin.accuracy.mean - bin.confidence)
        }
    }

    /// - Parameter scoreDifferences: chosen minus rejected score; the prediction is its logistic function.
    public init?(scoreDifferences: [Double], binCount: Int = 5) {
        self.init(chosenProbabilities: scoreDifferences.map(logistic), binCount: binCount)
    }
}

extension CalibrationCurve.Bin {
    fileprivate init?(_ chosenProbabilities: [Double], lower: Double, width: Double) {
        guard !chosenProbabilities.isEmpty else { return nil }
        let count = chosenProbabilities.count
        // A prediction of exactly one half agrees with the annotator half of the time.
        let agreed = chosenProbabilities.reduce(0) { $0 + Outcome(score: $1, against: 0.5).value }
        self.init(
            lower: lower, upper: lower + width, count: count,
            confidence: chosenProbabilities.reduce(0) { $0 + max($1, 1 - $1) } / Double(count),
            accuracy: Estimate(mean: agreed / Double(count), interval: wilsonInterval(agreed, of: count)))
    }
}

/// The 95 % interval of a share (Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*,
/// 1927): inside 0…1 and sensible for a handful of trials.
public func wilsonInterval(_ successes: Double, of trials: Int) -> ClosedRange<Double> {
    precondition(trials > 0, "a share of \(trials) trials has no interval")
    let normalQuantile = 1.959_963_984_540_054
    let count = Double(trials)
    let share = successes / count
    let square = normalQuantile * normalQuantile
    let centre = (share + square / (2 * count)) / (1 + square / count)
    let reach =
        normalQuantile / (1 + square / count)
        * (share * (1 - share) / count + square / (4 * count * count)).squareRoot()
    return max(0, centre - reach)...min(1, centre + reach)
}

/// The mean of −log p(what happened), in nats; ln 2 = 0.693 is what a coin reaches.
///
/// - Returns: `nil` when there are no predictions.
public func logLoss(ofProbabilities probabilities: [Double]) -> Double? {
    probabilities.isEmpty ? nil : probabilities.reduce(0) { $0 - log($1) } / Double(probabilities.count)
}

/// The loss of Bradley and Terry's model, the mean of −log σ(chosen − rejected), in nats, without overflow for any
/// difference.
///
/// - Returns: `nil` when there are no pairs.
public func bradleyTerryLogLoss(scoreDifferences: [Double]) -> Double? {
    guard !scoreDifferences.isEmpty else { return nil }
    let total = scoreDifferences.reduce(0) { $0 + max(0, -$1) + log1p(exp(-abs($1))) }
    return total / Double(scoreDifferences.count)
}

private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
