import Datasets
import Foundation
import JSON

/// Which of a prompt's answers are compared with each other.
public enum PairSelection: String, Codable, CaseIterable, Sendable {
    /// Every answer against every other: K answers give K(K−1)/2 comparisons, the most that K answers can teach.
    case all
    /// The first with the second, the third with the fourth, …: no answer occurs twice, so the comparisons
    /// are independent.
    case disjoint
    /// The highest against the lowest score: one comparison per prompt, the one with the least doubt.
    case extremes

    /// Positions in `scores`.
    func pairs(of scores: [Double]) -> [(Int, Int)] {
        switch self {
        case .all:
            return scores.indices.flatMap { first in scores.indices.dropFirst(first + 1).map { (first, $0) } }
        case .disjoint:
            return stride(from: 0, to: scores.count - 1, by: 2).map { ($0, $0 + 1) }
        case .extremes:
            let ranked = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
            guard let best = ranked.first, let worst = ranked.last, best != worst else { return [] }
            return [(best, worst)]
        }
    }
}

/// Judges rows of sampled responses.
public struct AnnotationPlan {
    public let judge: PreferenceJudge
    public let pairs: PairSelection
    /// The content hash of the judge's card, which judgments carry; nil: it has none.
    public let card: String?

    public init(judge: PreferenceJudge, pairs: PairSelection = .all, card: String? = nil) {
        self.judge = judge
        self.pairs = pairs
        self.card = card
    }

    /// Asks a judge about the next batch of so many, or says what it said before: each verdict's numbers, nil where it could not
    /// be asked.
    public typealias Asking = (_ count: Int, _ judge: () throws -> [[Double]?]) throws -> [[Double]?]

    /// Comparisons, with what had to be left out.
    public struct Comparisons: Sendable {
        public internal(set) var rows: [ComparisonRow] = []
        /// Pairs of answers whose text is the same but for blanks around it: nothing to choose.
        public internal(set) var identicalPairs = 0
        /// Pairs of different answers with equal scores, or probabilities of a half: the judge has no preference.
        public internal(set) var tiedPairs = 0
        /// Those of them in which the two orders gave opposite verdicts that are equally sure: the judge prefers a place.
        public internal(set) var contradictedPairs = 0
        /// Pairs that a judge who sees both answers could not be asked about, as there was no room for them.
        public internal(set) var unjudgedPairs = 0
        /// Comparisons in which the other order gave the other verdict; nil for a judge who sees one answer at a time.
        public internal(set) var flippedPairs: Int?
    }

    /// The chosen pairs of every row as comparisons, in the order of the rows.
    ///
    /// - Parameters:
    ///   - asking: how a judge is asked who can compare answers; others are asked once for all.
    ///   - progress: told how many pairs, or answers, of how many such a judge has been asked about.
    /// - Throws: ``RewardError``, or what the reward, `asking` or `progress` throws.
    public func comparisons(
        of rows: [SourcedRow<ResponsesRow>], asking: Asking = { try $1() },
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> Comparisons {
        if let comparing = judge.comparing {
            return try comparisons(of: rows, by: comparing, asking, progress)
        }
        var result = Comparisons()
        for (row, answers) in zip(rows.map(\.row), try scoredAnswers(of: rows, asking, progress)) {
            for (first, second) in pairs.pairs(of: answers.map(\.score)) {
                if answers[first].input.isAlike(answers[second].input) {
                    result.identicalPairs += 1
                } else if answers[first].score == answers[second].score {
                    result.tiedPairs += 1
                } else {
                    result.rows.append(comparison(of: answers[first], and: answers[second], row))
                }
            }
        }
        return result
    }

    /// Every response with its score, in the order of the rows.
    ///
    /// - Parameters: as of ``comparisons(of:asking:progress:)``.
    /// - Throws: ``RewardError``, or what the reward, `asking` or `progress` throws.
    public func ratings(
        of rows: [SourcedRow<ResponsesRow>], asking: Asking = { try $1() },
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> [RatedRow] {
        try zip(rows.map(\.row), scoredAnswers(of: rows, asking, progress)).flatMap { row, answers in
            answers.map { scored in
                RatedRow(
                    prompt: row.prompt, response: row.prompt.answer(scored.input.text), rating: scored.score,
                    context: context(of: row), extra: extra(of: row, [:]))
            }
        }
    }

    func scoredAnswers(
        of rows: [SourcedRow<ResponsesRow>], _ asking: Asking, _ progress: (Int, Int) throws -> Void
    ) throws -> [[ScoredResponse]] {
        let inputs = rows.flatMap { $0.row.rewardInputs(at: $0.place) }
        // One call for the answers of all rows: a reward that is a model works in batches.
        var remaining = try
            (judge.comparing == nil ? judge.scored(inputs) : marked(inputs, asking, progress))[...]
        return rows.map { sourced in
            defer { remaining = remaining.dropFirst(sourced.row.responses.count) }
            return Array(remaining.prefix(sourced.row.responses.count))
        }
    }

    private func comparison(of first: ScoredResponse, and second: ScoredResponse, _ row: ResponsesRow)
        -> ComparisonRow
    {
        let (chosen, rejected) = judge.prefers(first, to: second) ? (first, second) : (second, first)
        return ComparisonRow(
            prompt: row.prompt,
            chosen: row.prompt.answer(chosen.input.text),
            rejected: row.prompt.answer(rejected.input.text),
            context: context(of: row),
            extra: extra(
                of: row,
                [
                    SimulatedJudgment.chosenScore: chosen.score,
                    SimulatedJudgment.rejectedScore: rejected.score,
                    SimulatedJudgment.probability: judge.probability(
                        ofScore: chosen.score, over: rejected.score),
                ]))
    }

    func context(of row: ResponsesRow) -> JudgmentContext {
        JudgmentContext(annotator: judge.reward.name, policy: row.policy)
    }

    /// The row's own further columns and those of a program's judgment, which take the place of another's.
    func extra(of row: ResponsesRow, _ numbers: KeyValuePairs<String, Double>) -> JSONObject {
        var extra = row.extra
        for name in SimulatedJudgment.all { extra[name] = nil }
        extra[SimulatedJudgment.mark] = true
        extra[SimulatedJudgment.card] = card.map(JSONValue.string)
        for (name, number) in numbers { extra[name] = .number(number) }
        return extra
    }
}

extension RewardInput {
    /// Whether two answers differ in nothing but blanks around them.
    func isAlike(_ other: RewardInput) -> Bool { text.trimmed == other.text.trimmed }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
