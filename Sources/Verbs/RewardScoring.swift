import Datasets
import Files
import JSON
import Models
import Rewards
import Runs
import Settings
import Statistics
import Training

/// `heed score --reward`: what rewards think of given answers, a row for each, in their order.
///
/// A row is `{"score", "rewards": {NAME: …}}`, null where a reward could not score; of rows with several
/// responses also `row` and `response`, both counted from 0.
enum RewardScoring {
    /// Answers that rewards are shown at once: a model among them works in batches.
    private static let chunk = 256

    static func run(_ configuration: ScoreConfiguration, context: RunContext) throws -> ScoreResult {
        let sources = try context.rewards.sources(configuration.rewards.selection, on: context.computation)
        let file = try context.outputFile()
        let rows = try JSONLines(
            configuration.data, setting: "data", chatPrompts: configuration.chatPrompts
        ).load(AnsweredRow.self)
        let answers = try rows.flatMap { try Answer.all(of: $0) }
        let unsaid = answers.filter { !$0.saysHowItEnded }.count
        if unsaid > 0 {
            context.progress.note(
                "\(unsaid) of \(answers.count) answers do not say whether they ended (a column \"finish\", \"stop\" or "
                    + "\"length\", as heed sample writes it): they are taken to have ended")
        }
        let rewards = try sources.load()
        let bar = context.progress.begin("scoring", total: answers.count)
        var summary = Summary()
        try Scoring.write(to: file) { writer in
            for part in answers.chunked(chunk) {
                try Interruption.check(.startsOver)
                let table = try RewardTable(of: part.map(\.input), by: rewards)
                for (index, (answer, total)) in zip(part, table.totals).enumerated() {
                    let scores = table.columns.map { (name: $0.name, score: $0.scores[index]) }
                    try writer.append(columns(answer, total, scores))
                    summary.add(answer, total, scores)
                }
                summary.add(passesOf: part, table)
                bar.update(summary.rows)
            }
        }
        bar.finish()
        return summary.result(output: file.path, seed: context.seeds.derived("intervals").value)
    }

    private static func columns(
        _ answer: Answer, _ total: Double?, _ scores: [(name: String, score: Double?)]
    ) -> [(name: String, value: JSONValue)] {
        func json(_ score: Double?) -> JSONValue { score.map { .number($0) } ?? .null }
        let own: [(name: String, value: JSONValue)] = [
            ("score", json(total)),
            ("rewards", .object(JSONObject(scores.map { (key: $0.name, value: json($0.score)) }))),
        ]
        guard let response = answer.response else { return own }
        return own + [("row", .integer(answer.row)), ("response", .integer(response))]
    }

    /// An answer, and where in the file it stands.
    private struct Answer {
        let input: RewardInput
        let row: Int
        /// Nil where it is the only one of its row.
        let response: Int?
        let saysHowItEnded: Bool

        static func all(of sourced: SourcedRow<AnsweredRow>) throws -> [Answer] {
            switch sourced.row {
            case .responses(let row):
                return row.rewardInputs(at: sourced.place).enumerated().map {
                    Answer(input: $1, row: sourced.index, response: $0, saysHowItEnded: true)
                }
            case .completion(let row):
                let finish = row.extra["finish"]?.string.flatMap(Response.Finish.init)
                let input = RewardInput(
                    prompt: row.prompt, text: try row.completion.answer(at: sourced.place),
                    isFinished: finish != .length,
                    columns: PromptRow(prompt: row.prompt, extra: row.extra).columnsForRewards,
                    place: sourced.place)
                return [
                    Answer(
                        input: input, row: sourced.index, response: nil, saysHowItEnded: finish != nil)
                ]
            }
        }
    }

    /// What the result says of all rows.
    private struct Summary {
        private(set) var rows = 0
        private var totals: [Double] = []
        private var byReward: [String: [Double]] = [:]

        private var tokens: [Int] = []
        private var finished = 0
        private var passes = PassCounts()

        mutating func add(_ answer: Answer, _ total: Double?, _ scores: [(name: String, score: Double?)]) {
            rows += 1
            if let total { totals.append(total) }
            for case (let name, let score?) in scores { byReward[name, default: []].append(score) }
            if let count = answer.input.tokenCount { tokens.append(count) }
            if answer.input.isFinished { finished += 1 }
        }

        mutating func add(passesOf answers: ArraySlice<Answer>, _ table: RewardTable) {
            passes.add(table, rows: answers.map(\.row))
        }

        func result(output: String, seed: UInt64) -> ScoreResult {
            var result = ScoreResult(
                output: output, rows: rows, meanScore: totals.isEmpty ? nil : Moments(totals).mean,
                rewards: byReward.mapValues { Moments($0).mean }, unscored: rows - totals.count)
            result.passAt = passes.rates(seed: seed)
            // Of answers that were sampled, which alone have tokens and an end.
            if rows > 0, tokens.count == rows {
                result.meanTokens = mean(of: tokens.map(Double.init))
                result.finished = Double(finished) / Double(rows)
            }
            return result
        }
    }
}

extension Text {
    /// What the assistant says: the text, or the only message.
    fileprivate func answer(at place: Place) throws -> String {
        switch self {
        case .plain(let text): return text
        case .messages(let messages):
            guard messages.count == 1 else {
                throw DataError(
                    at: place, expected: "one message in \"completion\"", found: "\(messages.count)",
                    remedy: "leave the last answer there, and put the messages before it into the prompt")
            }
            return messages[0].content
        }
    }
}
