/// Whether the number behind `####` is the truth's: 1 or 0. The form is that of GSM8K (Cobbe et al., 2021),
/// whose truths are whole solutions that end in `#### 72`.
///
/// What it measures: equal numbers. Unless `strict`, an answer without the mark is read as ``NumericReward``
/// reads it, so that the score is about correctness; `format:style=gsm8k` scores the form apart. What it
/// misses: several marks with different numbers score 0. How it can be gamed: not by form; the number alone
/// suffices.
struct GSM8KReward: Verifier {
    let name = "gsm8k"
    let truth: TruthColumn
    /// Whether an answer needs the mark.
    let isStrict: Bool

    init(column: String = TruthColumn.standard, isStrict: Bool = false) {
        truth = TruthColumn(column, reader: "gsm8k")
        self.isStrict = isStrict
    }

    var description: String {
        "A program that compares the number behind #### with the column \"\(truth.name)\" of the prompt's "
            + "row. It does not know how an answer was reached."
    }

    static let mark = "####"

    var truths: [TruthColumn] { [truth] }

    func score(_ input: RewardInput) throws -> Double? {
        let gold = try truth.text(in: input)
        guard let gold = Self.marked(gold[...])?.first ?? AnswerFinder.value(in: gold)?.number else {
            return nil
        }
        guard let text = AnswerText.answer(in: input.text) else { return 0 }
        if let marked = Self.marked(text) {
            return !marked.isEmpty && marked.allSatisfy { $0.isEqual(to: gold) } ? 1 : 0
        }
        guard !isStrict, let answer = AnswerFinder.value(in: text)?.number else { return 0 }
        return answer.isEqual(to: gold) ? 1 : 0
    }

    /// The number behind each mark, on its line; nil without marks, empty where one has none.
    private static func marked(_ text: Substring) -> [Quantity]? {
        let parts = text.split(separator: mark, omittingEmptySubsequences: false).dropFirst()
        guard !parts.isEmpty else { return nil }
        let numbers = parts.map { part in
            AnswerFinder.value(in: part.trimmingPrefix { $0 == "#" || $0 == " " }.prefix { !$0.isNewline })?
                .number
        }
        return numbers.contains { $0 == nil } ? [] : numbers.compactMap { $0 }
    }

    func obstacle(to input: RewardInput) -> String {
        truth.obstacle(to: input, expected: "a number, perhaps behind ####,")
    }
}
