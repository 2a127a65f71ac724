import Foundation

/// Prefers answers that say it in few words.
///
///     brevity = clamp(1 − ½ · log₂(words / enough), −1, 1)
///
/// then ``Flaws`` are taken off. Up to `enough` words all lengths are equally good: a policy gains nothing by
/// shrinking its answers to a bare "Yes". Beyond that every doubling costs one half.
public struct ConciseAnnotator: Annotator, Sendable {
    public let name = "concise"
    /// Words that an answer may have before length counts against it.
    public let enough: Int
    public let flaws: Flaws

    public init(enough: Int = 12, flaws: Flaws = Flaws()) {
        precondition(enough > 0, "enough is \(enough), expected at least 1")
        self.enough = enough
        self.flaws = flaws
    }

    public var description: String {
        "A program that stands in for people. It likes answers of at most \(enough) words, longer ones the less "
            + "the longer they are, and marks down an answer that is empty, repeats itself or does not finish. "
            + "It does not know whether an answer is true or to the point."
    }

    public func scores(of answers: [Answer]) -> [Double] {
        answers.map { flaws.score($0, quality: brevity) }
    }

    private func brevity(of words: [String]) -> Double {
        let excess = max(1, Double(words.count) / Double(enough))
        return max(-1, 1 - 0.5 * log2(excess))
    }
}
