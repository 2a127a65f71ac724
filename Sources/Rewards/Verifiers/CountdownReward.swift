/// Whether an answer is an equation that makes the target of the numbers, each used once: 1 or 0, or `credit`
/// where it uses the numbers and misses the target (0.1 in TinyZero).
///
/// What it measures: the content of `<answer>`, otherwise the last line that is not empty, by
/// ``CountdownEquation``, exactly. What it misses: how it was found. How it can be gamed: with `credit`, by
/// any equation of the numbers.
struct CountdownReward: Verifier {
    let name = "countdown"
    let numbers: TruthColumn
    let target: TruthColumn
    let isStrict: Bool
    let credit: Double

    init(
        numbers: String = "numbers", target: String = "target", isStrict: Bool = false, credit: Double = 0
    ) {
        self.numbers = TruthColumn(numbers, reader: "countdown", option: "numbers")
        self.target = TruthColumn(target, reader: "countdown", option: "target")
        (self.isStrict, self.credit) = (isStrict, credit)
    }

    var description: String {
        "A program that computes an answer's equation and compares it with the columns "
            + "\"\(numbers.name)\" and \"\(target.name)\" of the prompt's row. It does not know how it was found."
    }

    var truths: [TruthColumn] { [numbers, target] }

    func score(_ input: RewardInput) throws -> Double? {
        let (numbers, target) = (try numbers.integers(in: input), try target.integer(in: input))
        guard let text = AnswerText.answer(in: input.text) else { return 0 }
        let line = text.split(whereSeparator: \.isNewline).last { !$0.trimmed.isEmpty }
        guard let line, let equation = CountdownEquation(line, isStrict: isStrict),
            equation.numbers.sorted() == numbers.sorted(), !isStrict || !equation.hasUnarySign
        else { return 0 }
        return equation.value == Rational(target) ? 1 : credit
    }
}
