import Datasets
import Foundation
import JSON

/// What one person said about one item, as rows.
struct ExportedJudgment {
    /// The project's name, and what it asked.
    private let project: String
    private let definition: ProjectDefinition
    private let item: Item
    let judgment: Judgment
    private let naming: AnnotatorNaming
    private let group: String?
    /// The prompt and the answers as rows have them.
    private let prompt: Text
    private let answers: [Text]

    /// - Parameter definition: of the version that was judged under.
    /// - Throws: ``ExchangeError/severalMessages(item:messages:)`` where a conversation is to be plain text.
    init(
        project: String, definition: ProjectDefinition, item: Item, judgment: Judgment,
        selection: JudgmentSelection
    ) throws {
        self.project = project
        self.definition = definition
        self.item = item
        self.judgment = judgment
        naming = selection.naming
        group = selection.group
        let prompt = try item.prompt.laidOut(selection.layout, item: item.id)
        self.prompt = prompt
        answers = item.responses.map { prompt.answer($0.text) }
    }

    /// The rows of one shape.
    /// - Parameter aspect: the only one that counts; nil: all.
    func rows(as schema: JudgmentSchema, aspect: String?) -> [ExportedRow] {
        switch schema {
        case .edits: edits
        case .corrections: corrections
        case .flags: flags
        case .comparisons, .rankings, .ratings, .binary, .judgments:
            judgment.opinion.verdicts.sorted { $0.key < $1.key }
                .filter { aspect == nil || $0.key == aspect }
                .flatMap { rows(of: $0.value, as: schema, aspect: $0.key) }.map(ExportedRow.judgment)
        }
    }

    private func rows(of verdict: ItemVerdict, as schema: JudgmentSchema, aspect: String) -> [JudgmentRow] {
        switch schema {
        case .comparisons: comparisons(verdict, aspect).map(JudgmentRow.comparison)
        case .rankings: ranking(verdict, aspect).map { [.ranking($0)] } ?? []
        case .ratings: ratings(verdict, aspect).map(JudgmentRow.rating)
        case .binary: thumbs(verdict, aspect).map(JudgmentRow.thumb)
        case .judgments:
            switch verdict {
            case .better: comparisons(verdict, aspect).map(JudgmentRow.comparison)
            case .tie, .bothBad, .ranking: ranking(verdict, aspect).map { [.ranking($0)] } ?? []
            case .marks: ratings(verdict, aspect).map(JudgmentRow.rating)
            case .thumbs: thumbs(verdict, aspect).map(JudgmentRow.thumb)
            }
        case .edits, .corrections, .flags: []
        }
    }

    // MARK: Shapes

    private func comparisons(_ verdict: ItemVerdict, _ aspect: String) -> [ComparisonRow] {
        guard let ranks = verdict.ranks(of: answers.count) else { return [] }
        return ranks.indices.flatMap { better in
            ranks.indices.filter { ranks[better] < ranks[$0] }.map { worse in
                ComparisonRow(
                    prompt: prompt, chosen: answers[better], rejected: answers[worse],
                    margin: margin(verdict),
                    context: context(aspect, [better, worse]),
                    extra: extra(chosen: better, rejected: worse))
            }
        }
    }

    /// By how much, from 0 for the least of the project's degrees to 1 for the strongest, as Llama 2's reward models were
    /// trained with (Touvron et al., 2023, table 27: 0, 1/3, 2/3, 1); nil where there are no degrees.
    private func margin(_ verdict: ItemVerdict) -> Double? {
        let degrees = definition.strengths
        guard case .better(_, let strength) = verdict, degrees > 1 else { return nil }
        return Double(strength - 1) / Double(degrees - 1)
    }

    private func ranking(_ verdict: ItemVerdict, _ aspect: String) -> RankedRow? {
        guard let ranks = verdict.ranks(of: answers.count) else { return nil }
        var extra = extra(Array(ranks.indices))
        if verdict == .bothBad { extra["both_bad"] = true }
        return RankedRow(
            prompt: prompt, responses: answers, ranking: ranks,
            context: context(aspect, Array(ranks.indices)), extra: extra)
    }

    private func ratings(_ verdict: ItemVerdict, _ aspect: String) -> [RatedRow] {
        guard case .marks(let marks) = verdict else { return [] }
        return zip(answers.indices, marks).map { position, mark in
            RatedRow(
                prompt: prompt, response: answers[position], rating: Double(mark),
                scale: Double(definition.lowestMark)...Double(definition.highestMark),
                context: context(aspect, [position]), extra: extra([position]))
        }
    }

    private func thumbs(_ verdict: ItemVerdict, _ aspect: String) -> [UnpairedRow] {
        let labels: [Bool]
        switch verdict {
        case .thumbs(let thumbs): labels = thumbs
        case .bothBad: labels = answers.map { _ in false }
        case .better(let best, _): labels = answers.indices.map { $0 == best }
        case .tie, .ranking, .marks: return []
        }
        return zip(answers.indices, labels).map { position, label in
            UnpairedRow(
                prompt: prompt, completion: answers[position], label: label,
                context: context(aspect, [position]), extra: extra([position]))
        }
    }

    private var edits: [ExportedRow] {
        judgment.opinion.edits.sorted { $0.key < $1.key }.map { position, text in
            var extra = extra([position])
            for column in context("", [position]).columns { extra[column.name] = column.value }
            return .completion(
                CompletionRow(prompt: prompt, completion: prompt.answer(text), extra: extra))
        }
    }

    /// Edits as comparisons with what was edited; one that changes nothing says nothing.
    private var corrections: [ExportedRow] {
        judgment.opinion.edits.sorted { $0.key < $1.key }.compactMap { position, text in
            let edited = prompt.answer(text)
            guard edited != answers[position] else { return nil }
            return .judgment(
                .comparison(
                    ComparisonRow(
                        prompt: prompt, chosen: edited, rejected: answers[position],
                        context: context("", [position]), extra: extra([position]))))
        }
    }

    private var flags: [ExportedRow] {
        judgment.opinion.flags.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map {
            position, flags in
            .flagged(
                FlaggedRow(
                    prompt: prompt, response: answers[position], flags: flags,
                    context: context("", [position]), extra: extra([position])))
        }
    }

    // MARK: Columns that every row has

    private func context(_ aspect: String, _ positions: [Int]) -> JudgmentContext {
        JudgmentContext(
            annotator: naming.name(of: judgment), group: groupName, aspect: aspect.isEmpty ? nil : aspect,
            createdAt: judgment.createdAt.formatted(.iso8601), policy: sharedPolicy(of: positions))
    }

    private var groupName: String? {
        let declared = definition.groups.map(\.name)
        let attributes = group.map { [$0] } ?? declared
        return attributes.lazy.compactMap { judgment.groups[$0] }.first
    }

    /// The policy that wrote all these answers; nil where there is none, or several.
    private func sharedPolicy(of positions: [Int]) -> String? {
        let policies = Set(positions.map { item.responses[$0].policy?.label })
        return policies.count == 1 ? policies.first.flatMap(\.self) : nil
    }

    /// With whether the chosen answer was shown before the other one, by which a habit of place is told.
    private func extra(chosen: Int, rejected: Int) -> JSONObject {
        var extra = extra([chosen, rejected])
        if let place = judgment.arrangement.firstIndex(of: chosen),
            let other = judgment.arrangement.firstIndex(of: rejected)
        {
            extra["chosen_first"] = .boolean(place < other)
        }
        return extra
    }

    private func extra(_ positions: [Int]) -> JSONObject {
        var extra: JSONObject = [
            "project": .string(project), "item": .integer(Int(item.id)),
            "judgment": .integer(Int(judgment.id)), "seconds": .number(judgment.seconds),
            "drawn": .string(judgment.drawn.rawValue),
        ]
        if !judgment.groups.isEmpty {
            let groups = judgment.groups.sorted { $0.key < $1.key }
            extra["groups"] = .object(JSONObject(groups.map { (key: $0.key, value: .string($0.value)) }))
        }
        if !judgment.opinion.reason.isEmpty { extra["reason"] = .string(judgment.opinion.reason) }
        let policies = positions.map { item.responses[$0].policy }
        if policies.contains(where: { $0 != nil }) {
            extra["policies"] = .array(policies.map { $0.map { .string($0.name) } ?? .null })
        }
        return extra
    }
}

extension Policy {
    /// The hash, or the name where nobody knows the hash.
    var label: String { hash.isEmpty ? name : hash }
}

extension AnnotatorNaming {
    func name(of judgment: Judgment) -> String {
        switch self {
        case .pseudonym: "annotator-\(judgment.annotator)"
        case .name: judgment.annotatorName
        }
    }
}

extension Text {
    /// The prompt in a layout.
    fileprivate func laidOut(_ layout: RowLayout, item: Item.ID) throws -> Text {
        switch (layout, self) {
        case (.asGiven, _), (.conversational, .messages), (.standard, .plain): return self
        case (.conversational, .plain(let text)): return .messages([.init(role: "user", content: text)])
        case (.standard, .messages(let messages)):
            guard messages.count == 1 else {
                throw ExchangeError.severalMessages(item: item, messages: messages.count)
            }
            return .plain(messages[0].content)
        }
    }
}
