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

    /// Marks in all its judgments.
    var markCount: Int {
        judgments.flatMap(\.opinion.verdicts.values).reduce(0) { count, verdict in
            if case .marks(let marks) = verdict { count + marks.count } else { count }
        }
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

    /// - Parameters:
    ///   - seconds: how long it took, as it stands in the file.
    ///   - createdAt: a time as other tools write it, with or without fractions of a second.
    /// - Throws: `DataError` for what is no such thing.
    init(
        annotator: String, group: String? = nil, opinion: Opinion, seconds: JSONValue?, createdAt: JSONValue?,
        place: Place
    ) throws {
        self.annotator = annotator
        self.group = group
        self.opinion = opinion
        self.place = place
        self.seconds = try Self.seconds(seconds, at: place)
        self.createdAt = try Self.date(createdAt, at: place)
        try Self.check(opinion, at: place)
    }

    private static func seconds(_ value: JSONValue?, at place: Place) throws -> Double {
        guard let value, !value.isNull else { return 0 }
        guard let seconds = value.number, Limits.seconds.contains(seconds) else {
            throw error(place, "the seconds that a judgment took, at most a year", "\(value)")
        }
        return seconds
    }

    private static func date(_ value: JSONValue?, at place: Place) throws -> Date? {
        guard let value, !value.isNull else { return nil }
        let text = value.string ?? ""
        let date =
            (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        guard let date, Limits.moments.contains(date.timeIntervalSince1970) else {
            throw error(place, "a time such as 2026-01-02T03:04:05Z", "\(value)")
        }
        return date
    }

    private static func check(_ opinion: Opinion, at place: Place) throws {
        for case .marks(let marks) in opinion.verdicts.values where !marks.allSatisfy(Limits.marks.contains) {
            throw error(
                place, "marks of \(Limits.marks.lowerBound) to \(Limits.marks.upperBound)", "\(marks)")
        }
    }

    private static func error(_ place: Place, _ expected: String, _ found: String) -> DataError {
        DataError(
            file: place.file, line: place.line, expected: expected, found: found,
            remedy: "fix or remove it")
    }
}

// MARK: - Rows

extension ImportedItem {
    /// Rows of judgments, as trainers read them. Two answers are put in an order that does not depend on which was
    /// chosen, so that all rows about the same two are judgments of one item.
    init(_ sourced: SourcedRow<JudgmentRow>) throws {
        let (row, place) = (sourced.row, sourced.place)
        var opinion = Opinion(reason: row.extra["reason"]?.string ?? "")
        let aspect = row.context.aspect ?? ""
        guard let prompt = row.prompt ?? row.splitPrompt else {
            throw DataError(
                at: place, expected: "a prompt",
                found: "answers with nothing in common",
                remedy: "add the column \"prompt\"")
        }
        var texts = row.splitResponses.map(\.lastText)
        switch row {
        case .comparison(let row):
            if let preference = row.preference {
                throw DataError(
                    at: place, expected: "a choice, as people make it",
                    found: "\(preference) in \"preference\"", remedy: "leave the column out")
            }
            let isInOrder = !texts[1].utf8.lexicographicallyPrecedes(texts[0].utf8)
            if !isInOrder { texts.swapAt(0, 1) }
            opinion.verdicts[aspect] = .better(
                isInOrder ? 0 : 1, strength: try Self.degree(row.margin, at: place))
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
                try ImportedJudgment(
                    annotator: row.context.annotator ?? "imported", group: row.context.group,
                    opinion: opinion, seconds: row.extra["seconds"],
                    createdAt: row.context.createdAt.map(JSONValue.string), place: place)
            ])
    }

    /// The nearest of four degrees of "better": margins 0, 1/3, 2/3 and 1.
    private static func degree(_ margin: Double?, at place: Place) throws -> Int {
        guard let margin else { return 1 }
        guard (0...1).contains(margin) else {
            throw DataError(
                file: place.file, line: place.line, expected: "a margin of 0 to 1", found: "\(margin)",
                remedy: "divide all margins by the greatest")
        }
        return 1 + Int((margin * 3).rounded())
    }

    /// The lowest rank becomes 1, and each the number of better ones and one.
    static func competitionRanks(_ ranks: [Int]) -> [Int] {
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
