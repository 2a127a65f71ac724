import Foundation

/// What the lengths of two answers alone say about which one is preferred: p(first over second) = σ(w·(l₁ − l₂)).
///
/// People and annotators tend to prefer longer answers (Singhal et al., *A Long Way to Go: Investigating Length
/// Correlations in RLHF*, 2023), so a reward model says something about quality only as far as it beats this one number.
/// There is no intercept: which answer is called the first means nothing.
public struct LengthBaseline: Codable, Hashable, Sendable {
    /// w, the log-odds that one token more is worth; negative where the shorter answer is preferred.
    public let weight: Double

    public init(weight: Double) { self.weight = weight }

    /// The likeliest weight for comparisons whose outcome is known.
    ///
    /// A normal prior of unit width on the weight of a typical difference keeps it finite where length decides every
    /// comparison; against n comparisons it counts about as much as four.
    ///
    /// - Parameter differences: length of the chosen minus that of the rejected answer, one a comparison.
    /// - Returns: nil where no comparison has answers of different lengths.
    public init?(fitting differences: [Double]) {
        let squares = differences.reduce(0) { $0 + $1 * $1 }
        guard squares > 0 else { return nil }
        let typical = (squares / Double(differences.count)).squareRoot()
        let scaled = differences.map { $0 / typical }
        let slope = { (weight: Double) in
            scaled.reduce(-weight) { $0 + $1 / (1 + exp(weight * $1)) }
        }
        // The log-posterior is strictly concave: its slope falls through 0 once, where no slope of the data is steeper.
        var (low, high) = (-Double(scaled.count), Double(scaled.count))
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if slope(middle) > 0 { low = middle } else { high = middle }
        }
        self.init(weight: (low + high) / 2 / typical)
    }

    /// Its stand-in for the difference of two scores, to be judged as a reward model's is.
    public func scoreDifferences(of lengthDifferences: [Double]) -> [Double] {
        lengthDifferences.map { $0 * weight }
    }
}
