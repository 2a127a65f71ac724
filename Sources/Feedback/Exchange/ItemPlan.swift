import Datasets
import Foundation
import JSON

/// What models answered, as items for people.
public struct ItemPlan {
    /// Answers by their prompt, in the order in which the prompts first appear.
    private var prompts: [(prompt: Text, extra: JSONObject, answers: [ItemResponse])] = []
    private var positions: [Text: Int] = [:]

    public init() {}

    /// Rows as `heed sample` writes them. Several files with the same prompts put several models side by side.
    public init(_ files: [URL]) throws {
        let reader = try JSONLines(files).reader(of: ResponsesRow.self)
        while let row = try reader.next() { add(row.row) }
    }

    /// Adds answers to a prompt. Words that the same policy has said to it already are added once.
    public mutating func add(_ row: ResponsesRow) {
        add(row.itemResponses(), to: row.prompt, extra: row.itemColumns)
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

    /// The items of a task: for comparisons every two answers to a prompt that differ, of different policies where there
    /// are several; for rankings all answers to a prompt at once; for other tasks each answer alone.
    ///
    /// Prompts with too few answers give none.
    public func items(for task: LabellingTask) -> [NewItem] {
        prompts.flatMap { prompt, extra, answers -> [NewItem] in
            let groups =
                switch task {
                case .compare: Self.pairs(answers)
                case .rank: answers.count > 1 ? [answers] : []
                case .rate, .thumbs, .edit: answers.map { [$0] }
                case .chat: [[ItemResponse]]()
                }
            return groups.map { NewItem(prompt: prompt, responses: $0, extra: extra) }
        }
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
