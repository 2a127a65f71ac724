import Datasets
import Rewards

/// A held-out choice between two, with what the reward model and length alone make of it: a comparison or one that a ranking
/// implies, two marks on one scale, or a thumb.
struct JudgedOutcome {
    /// The position of its row among the prepared ones.
    let row: Int
    /// Of what was chosen, by the head that the row is about: the difference of two scores, or a thumb's score less its offset.
    let logOdds: Double
    /// The same of a choice by length alone; nil where the model brings no baseline that knows it.
    let lengthLogOdds: Double?
    /// Mean tokens of the answers.
    let tokens: Double
    /// Sequences of the row, the chosen one first; one of a thumb and of two marks.
    let chosen: Int
    let other: Int?
}

/// Prepared rows with everything that a reward model says about their answers.
struct ScoredJudgments {
    let rows: [SourcedRow<JudgmentRow>]
    let judgments: [TokenizedJudgment]
    /// As many as `judgments`, for each of their sequences; nil where one is longer than the context.
    let scores: [[RewardScores]?]
    let description: RewardDescription

    func row(of judgment: Int) -> SourcedRow<JudgmentRow> { rows[judgments[judgment].row] }

    /// The head that a row is about: the view of its own group, and its aspect.
    private func head(of judgment: Int) -> (view: Int, aspect: Int) {
        let context = judgments[judgment].context
        let group = description.groups.flatMap { groups in
            (groups.column == .group ? context.group : context.annotator).flatMap(groups.names.firstIndex)
        }
        return (group.map { $0 + 1 } ?? 0, context.aspect.flatMap(description.aspects.firstIndex) ?? 0)
    }

    private func score(_ judgment: Int, _ sequence: Int) -> Double? {
        let head = head(of: judgment)
        return scores[judgment].map { $0[sequence].means(ofView: head.view)[head.aspect] }
    }

    private func length(_ judgment: Int, _ sequence: Int) -> Int {
        judgments[judgment].sequences[sequence].count
    }

    // MARK: Outcomes

    /// All choices, in the order of the rows.
    var outcomes: [JudgedOutcome] {
        let single = judgments.indices.flatMap { choices($0) + [thumb($0)].compactMap(\.self) }
        let marks = zip(judgments.indices, judgments.indices.dropFirst()).compactMap(markedPair)
        return (single + marks).sorted { ($0.row, $0.chosen) < ($1.row, $1.chosen) }
    }

    private func choices(_ judgment: Int) -> [JudgedOutcome] {
        judgments[judgment].orderedPairs.compactMap { better, worse in
            outcome(judgment, chosen: (judgment, better), other: (judgment, worse), second: worse)
        }
    }

    private func outcome(
        _ row: Int, chosen: (Int, Int), other: (Int, Int), second: Int?
    ) -> JudgedOutcome? {
        guard let first = score(chosen.0, chosen.1), let last = score(other.0, other.1) else { return nil }
        let lengths = (length(chosen.0, chosen.1), length(other.0, other.1))
        return JudgedOutcome(
            row: row, logOdds: first - last,
            lengthLogOdds: (description.lengthBaseline ?? .longerIsBetter)
                .logOdds(tokensLonger: lengths.0 - lengths.1),
            tokens: Double(lengths.0 + lengths.1) / 2, chosen: chosen.1, other: second)
    }

    private func thumb(_ judgment: Int) -> JudgedOutcome? {
        let (view, aspect) = head(of: judgment)
        guard case .good(let isGood) = judgments[judgment].verdict, let score = score(judgment, 0),
            let offset = description.likelihood.thumbOffsets?[aspect]
        else { return nil }
        let leniency = view > 0 ? description.likelihood.groupLeniencies?[view - 1][aspect] ?? 0 : 0
        let sign: Double = isGood ? 1 : -1
        let tokens = length(judgment, 0)
        return JudgedOutcome(
            row: judgment, logOdds: sign * (score + leniency - offset),
            lengthLogOdds: description.lengthBaseline.map { sign * $0.thumbLogOdds(tokens: tokens) },
            tokens: Double(tokens), chosen: 0, other: nil)
    }

    /// Two rows that follow each other, with different marks on one scale for one aspect.
    private func markedPair(_ first: Int, _ second: Int) -> JudgedOutcome? {
        guard case .rated(let mark, let scale) = judgments[first].verdict,
            case .rated(let other, scale) = judgments[second].verdict, mark != other,
            judgments[first].context.aspect == judgments[second].context.aspect
        else { return nil }
        let (better, worse) = mark > other ? (first, second) : (second, first)
        return outcome(first, chosen: (better, 0), other: (worse, 0), second: nil)
    }
}
