/// Prefers answers in kind words.
///
/// The warmth of an answer is the sum of its words' valences over what a warm answer of its length has, held
/// inside −1…1:
///
///     warmth = clamp(Σ valence(word) / (fullWarmth · max(words, shortLength)), −1, 1)
///
/// then ``AnswerPenalties`` are taken off. What a policy trained on this score could try, and why it does not pay:
///
/// - *repeating a happy word*: a word counts once, where it first occurs, while all of its occurrences lengthen the
///   answer;
/// - *heaping happy words*: at one kind word in five the score is full, and more of them earn nothing;
/// - *going on and on*: the sum is divided by the length, and an answer that meets the token budget is cut off;
/// - *a single "Great!"*: an answer shorter than `shortLength` words is divided as if it had that many;
/// - *emoticons, capitals, exclamation marks*: they are no words.
///
/// A word within three words after a negation counts against its sense, at the 0.74 that VADER measured.
public struct WarmReward: Reward, Sendable {
    /// The valence per word that earns the full score: one word in five with the valence 2, that of "glad".
    static let fullWarmth = 0.4
    static let shortLength = 20
    private static let negatedShare = -0.74
    private static let negations: Set<String> = ["not", "no", "never", "without", "cannot", "nor", "neither"]

    public let name = "warm"
    public let lexicon: ValenceLexicon
    public let penalties: AnswerPenalties

    public init(lexicon: ValenceLexicon, penalties: AnswerPenalties = AnswerPenalties()) {
        self.lexicon = lexicon
        self.penalties = penalties
    }

    public var description: String {
        "A program that stands in for people. It likes answers in kind words (a lexicon of \(lexicon.count) words "
            + "rated by people, each counted once and relative to length), and marks down an answer that is empty, "
            + "repeats itself or does not finish. It does not know whether an answer is true or to the point."
    }

    public func scores(of inputs: [RewardInput]) -> [Double?] {
        inputs.map { penalties.score($0, quality: warmth) }
    }

    private func warmth(of words: [String]) -> Double {
        var counted: Set<String> = []
        var total = 0.0
        for (position, word) in words.enumerated() {
            guard let valence = lexicon[word], counted.insert(word).inserted else { continue }
            let isNegated = words[max(0, position - 3)..<position].contains(where: Self.isNegation)
            total += isNegated ? Self.negatedShare * valence : valence
        }
        let full = Self.fullWarmth * Double(max(words.count, Self.shortLength))
        return min(max(total / full, -1), 1)
    }

    private static func isNegation(_ word: String) -> Bool {
        negations.contains(word) || word.hasSuffix("n't")
    }
}
