import Datasets
import Foundation
import JSON

/// An item that comes from elsewhere, with what people said about it there.
struct ImportedItem {
    var prompt: Text
    var responses: [ItemResponse]
    var judgments: [ImportedJudgment] = []
    var extra: JSONObject = [:]

    init(prompt: Text, responses: [ItemResponse], judgments: [ImportedJudgment] = [], extra: JSONObject = [:])
    {
        self.prompt = prompt
        self.responses = responses
        self.judgments = judgments
        self.extra = extra
    }
}

/// What a person said elsewhere.
struct ImportedJudgment {
    var annotator: String
    var group: String?
    var opinion: Opinion
    var seconds: Double
    /// Nil where nobody recorded it.
    var createdAt: Date?
    let place: Place

    /// A time as other tools write it, with or without fractions of a second.
    static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

// MARK: - Rows

extension ImportedItem {
    /// Rows of judgments, as trainers read them. Two answers are put in an order that does not depend on which was
    /// chosen, so that all rows about the same two are judgments of one item.
    init(_ sourced: SourcedRow<JudgmentRow>) throws {
        let (row, place) = (sourced.row, sourced.place)
        var opinion = Opinion()
        let aspect = row.context.aspect ?? ""
        guard let prompt = row.prompt ?? row.splitPrompt else {
            throw DataError(
                at: place, expected: "a prompt",
                found: "answers with nothing in common",
                remedy: "add the column \"prompt\"")
        }
        var texts = row.splitResponses.map(\.words)
        switch row {
        case .comparison(let row):
            let isInOrder = !texts[1].utf8.lexicographicallyPrecedes(texts[0].utf8)
            if !isInOrder { texts.swapAt(0, 1) }
            let degree = row.margin.map { 1 + Int(($0.clamped(to: 0...1) * 3).rounded()) } ?? 1
            opinion.verdicts[aspect] = .better(isInOrder ? 0 : 1, strength: degree)
        case .ranking(let row): opinion.verdicts[aspect] = .ranking(Self.competitionRanks(row.ranking))
        case .rating(let row):
            guard let mark = Int(exactly: row.rating) else {
                throw DataError(
                    at: place, expected: "a whole number in \"rating\"",
                    found: "\(row.rating)", remedy: "multiply ratings and scale, or fix the row")
            }
            opinion.verdicts[aspect] = .marks([mark])
        case .thumb(let row): opinion.verdicts[aspect] = .thumbs([row.label])
        }
        let policy = row.context.policy.map(Policy.init(labelled:))
        self.init(
            prompt: prompt, responses: texts.map { ItemResponse(text: $0, policy: policy) },
            judgments: [
                ImportedJudgment(
                    annotator: row.context.annotator ?? "imported", group: row.context.group,
                    opinion: opinion, seconds: row.extra["seconds"]?.number ?? 0,
                    createdAt: row.context.createdAt.flatMap(ImportedJudgment.date), place: place)
            ])
    }

    /// The lowest rank becomes 1, and each the number of better ones and one.
    private static func competitionRanks(_ ranks: [Int]) -> [Int] {
        ranks.map { rank in 1 + ranks.count { $0 < rank } }
    }
}

extension JudgmentRow {
    /// The prompt that both answers of a comparison begin with.
    fileprivate var splitPrompt: Text? {
        if case .comparison(let row) = self { row.splittingPrompt()?.prompt } else { nil }
    }

    fileprivate var splitResponses: [Text] {
        if case .comparison(let row) = self, let split = row.splittingPrompt() {
            return [split.chosen, split.rejected]
        }
        return responses
    }
}

extension Text {
    /// A text, or the last message of a conversation, which is what was answered.
    fileprivate var words: String {
        switch self {
        case .plain(let text): text
        case .messages(let messages): messages.last?.content ?? ""
        }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
