/// A penalty that grows over the last tokens of an answer's budget, from 0 to -1 (Yu et al., "DAPO", 2025, equation 13):
///
///     score = 0                                     up to max − cache tokens
///           = (max − cache − length) / cache        up to max
///           = −1                                    beyond
///
/// What it measures: tokens, the stop token included. What it misses: everything they say. How it can be gamed: by being
/// brief, which is why it belongs beside a verifier. An answer whose tokens nobody counted has no score.
struct OverlongReward: Verifier {
    let name = "overlong"
    let maximum: Int
    let cache: Int

    /// - Parameter cache: from 1 to `maximum`.
    init(maximum: Int, cache: Int) { (self.maximum, self.cache) = (maximum, cache) }

    var description: String {
        "A program that marks answers down from \(maximum - cache) tokens on, and by 1 from \(maximum) on. It does not "
            + "know what they say."
    }

    func score(_ input: RewardInput) -> Double? {
        input.tokenCount.map { min(0, max(-1, Double(maximum - cache - $0) / Double(cache))) }
    }

    func canScore(answersTo question: RewardInput) -> Bool { true }

    func obstacle(to input: RewardInput) -> String { "expected an answer whose tokens are recorded" }
}
