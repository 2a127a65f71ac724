/// What makes an answer bad whatever the reward likes: it says nothing, it repeats itself, it does not finish.
///
/// A policy is optimised against these scores, so no taste may outweigh a flaw: an answer that is cut off loses as
/// much as lies between an indifferent answer and the best one, and an empty answer scores as low as any answer can.
public struct AnswerPenalties: Codable, Hashable, Sendable {
    /// Taken from the score of an answer that the token budget cut off.
    public var unfinished: Double
    /// Taken from the score of an answer of which half the three-word runs or more have occurred before; a smaller
    /// share costs in proportion.
    public var repetition: Double

    public init(unfinished: Double = 1, repetition: Double = 1) {
        self.unfinished = unfinished
        self.repetition = repetition
    }

    /// The score of an answer whose taste is worth `quality`, a number in −1…1 that is asked for only if there are
    /// words to judge.
    func score(_ answer: RewardInput, quality: ([String]) -> Double) -> Double {
        let words = words(in: answer.text)
        guard !words.isEmpty else { return -1 - unfinished - repetition }
        let repeated = min(1, 2 * repeatedShare(ofNGrams: 3, in: words))
        return quality(words) - repetition * repeated - (answer.isFinished ? 0 : unfinished)
    }
}
