import Rewards
import Statistics

/// Measures of how much a set of answers repeats itself. The elements are words or token ids.
public enum Diversity {
    /// distinct-n (Li et al., *A Diversity-Promoting Objective Function for Neural Conversation Models*, 2016): the
    /// number of different n-grams over the number of all n-grams, counted over all sequences together. It falls
    /// when answers repeat themselves and when they repeat each other, and it falls with the amount of text: compare
    /// arms on the same prompts and the same budget.
    ///
    /// - Returns: `nil` when no sequence has n elements.
    public static func distinct<Element: Hashable>(_ n: Int, of sequences: [[Element]]) -> Double? {
        precondition(n > 0, "n is \(n), expected at least 1")
        var different: Set<ArraySlice<Element>> = []
        var count = 0
        for sequence in sequences where sequence.count >= n {
            for start in 0...(sequence.count - n) {
                different.insert(sequence[start..<start + n])
                count += 1
            }
        }
        return count == 0 ? nil : Double(different.count) / Double(count)
    }

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
