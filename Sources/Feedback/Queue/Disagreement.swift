import Foundation
import Statistics

/// How far the members of a reward-model ensemble disagree on an item.
public enum Disagreement {
    /// What a vote is expected to tell about which member is right, in nats: the entropy of the members' mean prediction
    /// less their mean entropy (Houlsby and others, *Bayesian Active Learning for Classification and Preference Learning*,
    /// 2011). It is 0 where all members say the same, even if all of them say "either". Of several answers the pair counts
    /// that they disagree on most.
    ///
    /// - Parameter scores: for each member, its score of every answer.
    public static func priority(ofScores scores: [[Double]]) -> Double {
        let answers = scores.map(\.count).min() ?? 0
        var greatest = 0.0
        for first in 0..<answers {
            for second in 0..<first {
                let predictions = scores.map { 1 / (1 + exp($0[second] - $0[first])) }
                let mean = Moments(predictions).mean
                let meanEntropy = Moments(predictions.map(entropy)).mean
                greatest = max(greatest, entropy(mean) - meanEntropy)
            }
        }
        return greatest
    }

    /// Where only the members' standard deviation of every answer's score is known (`std` in the rows of
    /// `heed score`): that of the greatest difference of two, as though members erred on each answer by itself.
    ///
    /// - Returns: nil where fewer than two answers have one.
    public static func priority(ofDeviations deviations: [Double?]) -> Double? {
        let greatest = deviations.compactMap(\.self).filter(\.isFinite).sorted().suffix(2)
        guard greatest.count == 2 else { return nil }
        return greatest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    private static func entropy(_ probability: Double) -> Double {
        [probability, 1 - probability].reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
    }
}
