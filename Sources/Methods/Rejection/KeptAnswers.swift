import Datasets
import Foundation
import JSON
import Rewards
import Statistics

/// The answers of a round with their scores, which are nil where the reward gave none.
struct ScoredAnswers {
    let round: Int
    let rows: [ResponsesRow]
    /// Of each row's answers.
    let scores: [[Double?]]

    private static let column = "score"

    init(round: Int, rows: [ResponsesRow], scores: [[Double?]]) {
        (self.round, self.rows, self.scores) = (round, rows, scores)
    }

    /// Asks a reward about all answers of a file in one call: one that is a model works in batches.
    init(round: Int, scoring file: URL, by reward: any Reward) throws {
        let sourced = try JSONLines(file).load(ResponsesRow.self)
        rows = sourced.map(\.row)
        var remaining = try reward.checkedScores(of: sourced.flatMap { $0.row.rewardInputs(at: $0.place) })[
            ...]
        scores = rows.map { row in
            defer { remaining = remaining.dropFirst(row.responses.count) }
            return Array(remaining.prefix(row.responses.count))
        }
        self.round = round
    }

    /// The highest score of each row that has any.
    var best: [Double] { scores.compactMap { $0.compactMap(\.self).max() } }

    /// What ``write(to:)`` left.
    init(round: Int, contentsOf file: URL) throws {
        rows = try JSONLines(file).load(ResponsesRow.self).map(\.row)
        scores = rows.map { $0.responses.map { $0.extra[Self.column]?.number } }
        self.round = round
    }

    /// Rows as sampling writes them, with a `score` in each answer.
    func write(to file: URL) throws {
        let writer = try JSONLinesWriter(file)
        for (row, scores) in zip(rows, scores) {
            var row = row
            for (index, score) in scores.enumerated() {
                row.responses[index].extra[Self.column] = score.map(JSONValue.number) ?? .null
            }
            try writer.append(row)
        }
        try writer.finish()
    }
}

/// The answers that a round learns from.
struct KeptAnswers {
    struct Answer: Equatable {
        /// The position of its prompt.
        let prompt: Int
        let text: String
        let score: Double
        /// Whose policy wrote it.
        let round: Int
    }

    /// Those of a prompt together, its best first.
    let answers: [Answer]
    /// Prompts without any.
    let promptsWithout: Int

    /// - Parameter rounds: the answers to choose from, those of one prompt at the same position in all of them.
    init(of rounds: [ScoredAnswers], _ configuration: Rejection.Configuration) {
        let prompts = rounds.first?.rows.indices ?? 0..<0
        let best = prompts.map { Self.best(of: $0, in: rounds, configuration) }
        answers = best.flatMap(\.self)
        promptsWithout = best.count(where: \.isEmpty)
    }

    /// Among equal scores the newest round's come first, then those written first.
    private static func best(
        of prompt: Int, in rounds: [ScoredAnswers], _ configuration: Rejection.Configuration
    ) -> [Answer] {
        let candidates = rounds.reversed().flatMap { round in
            zip(round.rows[prompt].responses, round.scores[prompt]).compactMap { response, score -> Answer? in
                guard let score, score >= configuration.minimumScore ?? -.infinity, !response.text.isEmpty,
                    response.finish != .length || configuration.keepsCutOff
                else { return nil }
                return Answer(prompt: prompt, text: response.text, score: score, round: round.round)
            }
        }
        var seen: Set<String> = []
        let ranked = candidates.enumerated().sorted {
            ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
        }
        return Array(
            ranked.map(\.element).filter { seen.insert($0.text).inserted }.prefix(configuration.keep))
    }

    /// That answers of score 0 are learned, where 0 is the least that the reward gives, as of a verifier for what is wrong; nil
    /// elsewhere.
    ///
    /// - Parameter round: the scores among which the lowest is looked for.
    func warning(of round: ScoredAnswers) -> String? {
        let scores = round.scores.joined().compactMap(\.self)
        let worthless = answers.count { $0.score == 0 }
        guard worthless > 0, scores.allSatisfy({ $0 >= 0 }) else { return nil }
        let least = scores.filter { $0 > 0 }.min()
        return
            "round \(round.round): \(worthless) of the \(answers.count) answers that are learned score 0, the least there is: "
            + (least.map { "leave them out with --min-score \(NumberStyle.plain.text($0))" }
                ?? "no answer of the round scores more; raise --n, or take easier prompts or another reward, and --min-score")
    }

    /// Demonstrations, with what the chat template is told beside each prompt.
    func write(to file: URL, prompts: [ResponsesRow]) throws {
        let writer = try JSONLinesWriter(file)
        for answer in answers {
            let row = prompts[answer.prompt]
            var extra = row.prompt.isConversation ? TemplateColumns.columns(in: row.extra) : [:]
            extra["kept_score"] = .number(answer.score)
            extra["kept_round"] = .integer(answer.round)
            try writer.append(
                CompletionRow(prompt: row.prompt, completion: row.prompt.answer(answer.text), extra: extra))
        }
        try writer.finish()
    }
}
