import Datasets
import Foundation
import JSON

/// What models answered, as items for people. The page of imports and the command line both make their items by it.
public struct ItemPlan {
    private let kind: ItemKind
    private let model: String?
    /// Answers by their prompt, in the order in which the prompts first appear.
    private var prompts: [(prompt: Text, extra: JSONObject, answers: [ItemResponse])] = []
    private var positions: [Text: Int] = [:]
    /// Rows with a known answer, which is about their answers as they stand.
    private var known: [NewItem] = []

    /// - Parameters:
    ///   - kind: what the items are for; gold and training rows need the column `expected`.
    ///   - model: what the model is called that wrote answers of rows that do not say so.
    public init(kind: ItemKind = .work, model: String? = nil) {
        self.kind = kind
        self.model = model
    }

    /// Rows as `heed sample` writes them. Several files with the same prompts put several models side by side.
    public init(_ files: [URL]) throws {
        self.init()
        let reader = try JSONLines(files).reader(of: ResponsesRow.self)
        while let row = try reader.next() { try add(row.row, at: row.place) }
    }

    /// Adds answers to a prompt. Words that the same policy has said to it already are added once.
    ///
    /// - Throws: `DataError` for a known answer that is none, or that is missing.
    public mutating func add(_ row: ResponsesRow, at place: Place) throws {
        var row = row
        let expected = row.extra["expected"]
        let explanation = row.extra["explanation"]?.string ?? ""
        row.extra["expected"] = nil
        row.extra["explanation"] = nil
        guard let expected, !expected.isNull else {
            guard kind == .work else { throw Self.lacksExpected(place, kind) }
            return add(row.itemResponses(ofModel: model), to: row.prompt, extra: row.itemColumns)
        }
        known.append(
            NewItem(
                prompt: row.prompt, responses: row.itemResponses(ofModel: model), extra: row.itemColumns,
                expected: try Self.opinion(expected, at: place), explanation: explanation))
    }

    public mutating func add(_ answers: [ItemResponse], to prompt: Text, extra: JSONObject = [:]) {
        let position = positions[prompt] ?? prompts.count
        if position == prompts.count {
            positions[prompt] = position
            prompts.append((prompt, extra, []))
        }
        for answer in answers {
            let isKnown = prompts[position].answers.contains {
                $0.text == answer.text && $0.policy == answer.policy
            }
            if !isKnown { prompts[position].answers.append(answer) }
        }
    }

    /// The items of a project: for comparisons every two answers to a prompt that differ, of different policies where
    /// there are several; for other tasks answers in their order, as many to an item as the project shows.
    ///
    /// Prompts with too few answers give none.
    /// - Returns: with how many prompts gave none.
    public func items(for definition: ProjectDefinition) -> (items: [NewItem], unused: Int) {
        var unused = 0
        let made = prompts.flatMap { prompt, extra, answers -> [NewItem] in
            let groups =
                switch definition.task {
                case .compare: Self.pairs(answers)
                case .rank, .rate, .thumbs, .edit: Self.groups(answers, for: definition)
                case .chat: [[ItemResponse]]()
                }
            if groups.isEmpty { unused += 1 }
            return groups.map { NewItem(prompt: prompt, responses: $0, extra: extra) }
        }
        return (made + known, unused)
    }

    private static func pairs(_ answers: [ItemResponse]) -> [[ItemResponse]] {
        let policies = Set(answers.map(\.policy))
        return answers.indices.flatMap { first in
            answers.indices.filter { second in
                second > first && answers[first].text != answers[second].text
                    && (policies.count < 2 || answers[first].policy != answers[second].policy)
            }.map { [answers[first], answers[$0]] }
        }
    }

    /// As few groups as hold all answers, of sizes that differ by one at most. One that the task could not show alone, as
    /// a single answer to be ranked, joins others.
    private static func groups(
        _ answers: [ItemResponse], for definition: ProjectDefinition
    ) -> [[ItemResponse]] {
        let fewest = definition.task.responseCounts.lowerBound
        guard answers.count >= fewest else { return [] }
        let size = definition.answersPerItem ?? definition.task.usualAnswersPerItem
        let count = min((answers.count + size - 1) / size, answers.count / fewest)
        return (0..<count).map { group in
            Array(answers[group * answers.count / count..<(group + 1) * answers.count / count])
        }
    }

    // MARK: Known answers

    private static func opinion(_ value: JSONValue, at place: Place) throws -> Opinion {
        do {
            return try JSONDecoder().decode(Opinion.self, from: Data(value.text(.compact).utf8))
        } catch {
            throw DataError(
                file: place.file, line: place.line,
                expected:
                    "an opinion in \"expected\", as in {\"verdicts\": {\"\": {\"better\": 0, \"strength\": 2}}}",
                found: value.kindDescription, remedy: "fix or remove the line")
        }
    }

    private static func lacksExpected(_ place: Place, _ kind: ItemKind) -> DataError {
        DataError(
            file: place.file, line: place.line, expected: "the column \"expected\" in rows of kind \(kind)",
            found: "none", remedy: "fix or remove the line")
    }
}

extension ResponsesRow {
    /// The answers as those of an item, each with the model that wrote it: as the answer itself says, or the row.
    ///
    /// - Parameter name: of the model where neither says it.
    public func itemResponses(ofModel name: String? = nil) -> [ItemResponse] {
        let policy = Policy(self, name: name)
        return responses.map { response in
            ItemResponse(
                text: response.text, finish: response.finish,
                policy: response.extra["policy"]?.string.map { Policy(name: $0) } ?? policy)
        }
    }

    /// The further columns, without those that are kept with each answer.
    public var itemColumns: JSONObject {
        var columns = extra
        columns["policy_name"] = nil
        columns["sampler"] = nil
        return columns
    }
}

extension Policy {
    /// As a row of responses gives it; nil where it gives nothing.
    fileprivate init?(_ row: ResponsesRow, name: String?) {
        let name = row.extra["policy_name"]?.string ?? name
        guard row.policy != nil || name != nil else { return nil }
        let hash = row.policy ?? ""
        self.init(
            name: name ?? String(hash.prefix(12)), hash: hash, sampler: row.extra["sampler"]?.object ?? [:])
    }
}
