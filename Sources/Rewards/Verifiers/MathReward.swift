/// Whether an answer is the same as the truth, as mathematics: 1 or 0.
///
/// What it measures: the answer that ``AnswerFinder`` finds in the response, thoughts taken off, equals the
/// truth by ``MathEquivalence``. What it misses: units, which are dropped, and words, which are never read.
/// How it can be gamed: an answer that is the bare last number of a text scores as well as one that was
/// derived; several boxes, a box without content and an answer that is taken back score 0.
struct MathReward: Verifier {
    let name: String
    let truth: TruthColumn
    /// Whether the last formula of a text is no answer by that alone.
    let isAnchored: Bool

    init(name: String = "math", column: String = TruthColumn.standard, isAnchored: Bool = false) {
        self.name = name
        truth = TruthColumn(column, reader: name)
        self.isAnchored = isAnchored
    }

    var description: String {
        "A program that compares answers with the column \"\(truth.name)\" of the prompt's row, as "
            + "mathematics. It does not know how an answer was reached."
    }

    var truths: [TruthColumn] { [truth] }

    func score(_ input: RewardInput) throws -> Double? {
        guard let gold = AnswerFinder.value(in: try truth.text(in: input)) else { return nil }
        guard let text = AnswerText.answer(in: input.text),
            let answer = AnswerFinder.value(in: text, isAnchored: isAnchored)
        else {
            return 0
        }
        return MathEquivalence.isEqual(gold, answer) ? 1 : 0
    }

    func obstacle(to input: RewardInput) -> String {
        truth.obstacle(to: input, expected: "a number or a formula")
    }
}
