/// What makes an answer bad whatever the annotator likes: it says nothing, it repeats itself, it does not finish.
///
/// A policy is optimised against these scores, so no taste may outweigh a flaw: an answer that is cut off loses as
/// much as lies between an indifferent answer and the best one, and an empty answer scores as low as any answer can.
public struct Flaws: Codable, Hashable, Sendable {
    /// Taken from the score of an answer that the token budget cut off.
    public var unfinishedPenalty: Double
    /// Taken from the score of an answer of which half the three-word runs or more have been there before; a smaller
    /// share costs in proportion.
    public var repetitionPenalty: Double

    public init(unfinishedPenalty: Double = 1, repetitionPenalty: Double = 1) {
        self.unfinishedPenalty = unfinishedPenalty
        self.repetitionPenalty = repetitionPenalty
    }

    /// The score of an answer whose taste is worth `quality`, a number in −1…1 that is asked for only if there are
    /// words to judge.
    func score(_ answer: Answer, quality: ([String]) -> Double) -> Double {
        let words = words(in: answer.text)
        guard !words.isEmpty else { return -1 - unfinishedPenalty - repetitionPenalty }
        let repetition = min(1, 2 * repeatedShare(ofNGrams: 3, in: words))
        return quality(words) - repetitionPenalty * repetition - (answer.isFinished ? 0 : unfinishedPenalty)
    }
}
