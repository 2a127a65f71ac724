import Foundation

/// Prefers answers that get by with few words.
///
///     brevity = clamp(1 − ½ · log₂(words / enough), −1, 1)
///
/// then ``AnswerPenalties`` are taken off. Up to `enough` words all lengths are equally good: a policy gains nothing by
/// shrinking its answers to a bare "Yes". Beyond that every doubling costs one half.
public struct ConciseReward: Reward, Sendable {
    public let name = "concise"
    /// Words that an answer may have before length counts against it.
    public let enough: Int
    public let penalties: AnswerPenalties

    public init(enough: Int = 12, penalties: AnswerPenalties = AnswerPenalties()) {
        precondition(enough > 0, "enough is \(enough), expected at least 1")
        self.enough = enough
        self.penalties = penalties
    }

    public var description: String {
        "A program that stands in for people. It likes answers of at most \(enough) words, longer ones the less "
            + "the longer they are, and marks down an answer that is empty, repeats itself or does not finish. "
            + "It does not know whether an answer is true or to the point."
    }

    public func scores(of inputs: [RewardInput]) -> [Double?] {
        inputs.map { penalties.score($0, quality: brevity) }
    }

    private func brevity(of words: [String]) -> Double {
        let excess = max(1, Double(words.count) / Double(enough))
        return max(-1, 1 - 0.5 * log2(excess))
    }
}
