/// How little an answer repeats itself, from 0 to 1: 1 − the share of its n-grams of words that occurred
/// before (``repeatedShare(ofNGrams:in:)``).
///
/// What it measures: loops and formulas said again. What it misses: the same in other words; an answer
/// shorter than n words repeats nothing. How it can be gamed: by brevity.
struct RepetitionReward: Verifier {
    let name = "repetition"
    let size: Int

    /// - Parameter size: n, at least 1.
    init(size: Int = 3) { self.size = size }

    var description: String {
        "A program that likes answers whose runs of \(size) words occur once. It does not know what they say."
    }

    func score(_ input: RewardInput) -> Double? {
        1 - repeatedShare(ofNGrams: size, in: words(in: input.text))
    }
}
