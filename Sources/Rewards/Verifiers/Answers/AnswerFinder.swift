/// Finds what a text gives as its answer.
///
/// In this order, the last of several of a kind:
/// 1. `\boxed{…}`, or what follows "final answer is": whichever ends last. Boxes that differ are a list,
///    which no single truth equals. A box that is empty, open or no formula is no answer, and nothing else is
///    looked for.
/// 2. A text that is nothing but a formula.
/// 3. What follows "answer:", then what follows "answer".
/// 4. The last formula between dollar signs, expression or number; a number begins at a blank or behind `=`.
///
/// Words such as "not" right before it, or "is wrong" behind it, take an answer back; one behind "or" is one
/// of several.
struct AnswerFinder {
    /// Of a kind, from the end: nobody who has said so many things has given an answer.
    private static let maximumCandidates = 24

    private let text: FormulaText

    /// - Parameter isAnchored: whether an answer must be one by the first three rules.
    static func value(in text: some StringProtocol, isAnchored: Bool = false) -> MathValue? {
        AnswerFinder(text: FormulaText(text)).value(isAnchored: isAnchored)
    }

    private func value(isAnchored: Bool) -> MathValue? {
        let boxes = text.boxes()
        let stated = text.occurrences(of: "final answer").suffix(Self.maximumCandidates)
            .compactMap(text.statedAnswer)
        if let last = boxes.last, last.end >= stated.map(\.end).max() ?? 0 {
            return isTakenBack(boxes[0].start..<last.end) ? nil : value(ofBoxes: boxes)
        }
        if let value = firstValue(stated) { return value.found }
        if let whole = text.whole { return whole }
        let anchors = text.occurrences(of: "answer").suffix(Self.maximumCandidates)
        for needsColon in [true, false] {
            let ends = anchors.map { $0 + 6 }.filter { !needsColon || text.character($0) == ":" }
            if let value = firstValue(ends.flatMap(text.answers)) { return value.found }
        }
        return isAnchored ? nil : firstValue(text.formulas(limit: Self.maximumCandidates))?.found
    }

    /// What all boxes say, or a list of what they say; nil where the last is open, or one is no formula.
    private func value(ofBoxes boxes: [FormulaText.Box]) -> MathValue? {
        guard boxes.last?.content != nil else { return nil }
        let contents = boxes.compactMap { $0.content?.trimmed }.filter { !$0.isEmpty }
        let values = contents.compactMap { MathParser.value(of: $0.trimmingFormula(.tex), style: .tex) }
        guard let first = values.first, values.count == contents.count else { return nil }
        return values.allSatisfy { MathEquivalence.isEqual(first, $0) }
            ? first : .set(values.flatMap(\.members))
    }

    /// What was found, which may be an answer that is taken back.
    private struct Finding {
        let found: MathValue?
    }

    /// The one that ends last and can be read; of those the longest.
    private func firstValue(_ candidates: [FormulaText.Candidate]) -> Finding? {
        let sorted = candidates.sorted { ($0.end, $1.start) > ($1.end, $0.start) }
        for candidate in sorted.prefix(Self.maximumCandidates) {
            guard let value = candidate.value() else { continue }
            return Finding(found: isTakenBack(candidate.start..<candidate.end) ? nil : value)
        }
        return nil
    }

    private static let negations: Set<String> = [
        "not", "isn't", "isnt", "never", "cannot", "can't", "wasn't",
    ]
    private static let denials = [
        "is not the", "isn't the", "is not right", "isn't right", "is not correct", "isn't correct",
        "is wrong",
        "is incorrect", "is false", "cannot be",
    ]

    /// Whether one of the four words before it, or what follows, denies it in the same clause, or it is one
    /// of several.
    private func isTakenBack(_ range: Range<Int>) -> Bool {
        let before = text.words(before: range.lowerBound, limit: 4)
        let after = text.words(after: range.upperBound, limit: 3).joined(separator: " ")
        return before.contains(where: Self.negations.contains) || before.last == "or"
            || Self.denials.contains { after.hasPrefix($0) }
    }
}
