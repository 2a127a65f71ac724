/// Whether an answer is the truth's text: 1 or 0.
///
/// What it measures: equality of texts, blanks at the ends taken off and others counted as one, thoughts
/// taken off. What it misses: every other way to say the same. How it can be gamed: not at all; a list of
/// candidates is no text equal to one of them.
struct ExactReward: Verifier {
    let name = "exact"
    let truth: TruthColumn
    let ignoresCase: Bool

    init(column: String = TruthColumn.standard, ignoresCase: Bool = false) {
        truth = TruthColumn(column, reader: "exact")
        self.ignoresCase = ignoresCase
    }

    var description: String {
        "A program that compares answers with the column \"\(truth.name)\" of the prompt's row, letter by "
            + "letter. It does not know other words for the same."
    }

    var truths: [TruthColumn] { [truth] }

    func score(_ input: RewardInput) throws -> Double? {
        let gold = folded(try truth.text(in: input)[...])
        guard !gold.isEmpty else { return nil }
        guard let answer = AnswerText.answer(in: input.text) else { return 0 }
        return folded(answer) == gold ? 1 : 0
    }

    private func folded(_ text: Substring) -> String {
        let text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return ignoresCase ? text.lowercased() : text
    }

    func obstacle(to input: RewardInput) -> String { truth.obstacle(to: input, expected: "text") }
}
