/// Whether an answer is the same number as the truth: 1 or 0.
///
/// What it measures: as ``MathReward`` finds and reads answers, but numbers alone, equal exactly or within
/// `tolerance`, a share of the truth's size. A term that is still to be worked out is no number: whoever repeats
/// the question 3 + 5 has not answered it. What it misses: everything that is no single number. How it can be
/// gamed: as ``MathReward``.
struct NumericReward: Verifier {
    let name = "number"
    let truth: TruthColumn
    /// 0: equal.
    let tolerance: Double

    init(column: String = TruthColumn.standard, tolerance: Double = 0) {
        truth = TruthColumn(column, reader: "number")
        self.tolerance = tolerance
    }

    var description: String {
        "A program that compares the number of an answer with the column \"\(truth.name)\" of the prompt's "
            + "row. It does not know how an answer was reached."
    }

    var truths: [TruthColumn] { [truth] }

    func score(_ input: RewardInput) throws -> Double? {
        guard let gold = AnswerFinder.value(in: try truth.text(in: input))?.number else { return nil }
        guard let text = AnswerText.answer(in: input.text),
            let answer = AnswerFinder.value(in: text)?.number
        else { return 0 }
        let difference = (answer.double - gold.double).magnitude
        return answer.isEqual(to: gold) || difference <= tolerance * gold.double.magnitude ? 1 : 0
    }

    func obstacle(to input: RewardInput) -> String { truth.obstacle(to: input, expected: "a number") }
}

extension MathValue {
    /// A single number that is written out, or what a symbol is said to be.
    var number: Quantity? {
        switch self {
        case .scalar(let expression): expression.isWrittenOut ? expression.value() : nil
        case .relations: lastSide?.number
        case .set(let members): members.count == 1 ? members[0].number : nil
        case .text, .tuple, .interval, .union, .matrix: nil
        }
    }
}
