import Rewards
import Statistics

/// Measures of how much a set of answers repeats itself. The elements are words or token ids.
public enum Diversity {
    /// The mean over sequences of the share of n-grams that occurred earlier in the same sequence.
    ///
    /// - Returns: `nil` when no sequence has n elements.
    public static func meanRepetition<Element: Hashable>(_ n: Int, of sequences: [[Element]]) -> Double? {
        mean(of: sequences.filter { $0.count >= n }.map { repeatedShare(ofNGrams: n, in: $0) })
    }

    /// The share of answers whose text equals another answer's: 1 when one answer serves all prompts.
    ///
    /// - Returns: `nil` when there are no answers.
    public static func duplicateShare(of answers: [String]) -> Double? {
        guard !answers.isEmpty else { return nil }
        let counts = Dictionary(grouping: answers, by: \.self).mapValues(\.count)
        let duplicated = counts.values.filter { $0 > 1 }.reduce(0, +)
        return Double(duplicated) / Double(answers.count)
    }
}
