import Datasets
import Feedback
import Foundation
import Hummingbird
import Statistics

/// What is in a project, and what people said about it.
struct ItemPages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    let reports: StudyReports

    private static let pageLength = 50

    func add(to routes: Routes) {
        routes.lead(.get, "/projects/:project/items", items)
        routes.lead(.get, "/items/:item", item)
        routes.lead(.get, "/api/items/:item", shownItem)
        routes.lead(.post, "/api/items/:item/gold", makeGold)
    }

    // MARK: The list

    private struct List {
        struct Entry {
            let id: Item.ID
            let kind: String
            let isPlain: Bool
            let prompt: String
            let responses: Int
            /// How many people have judged it, and how often two of them say the same.
            let judged: Int
            let agreement: String
        }

        let head: ProjectHead
        let project: Project.ID
        let kinds: [ProjectForm.Option]
        let isByDisagreement: Bool
        let items: [Entry]
        let isEmpty: Bool
        let next: String?
    }

    private func items(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let project = try await store.read { try $0.project(id) }
        let agreements = try await reports.report(of: id).items
        let isByDisagreement = call.query("order") == "disagreement"
        let kind = call.query("kind").flatMap(ItemKind.init)
        let found: [Item]
        if isByDisagreement {
            let ids = agreements.prefix(Self.pageLength).map(\.item)
            found = try await store.read { reader in try ids.map(reader.item) }
        } else {
            let after = call.query("after").flatMap { Int64($0) } ?? 0
            found = try await store.read {
                try $0.items(in: id, kind: kind, after: after, limit: Self.pageLength + 1)
            }
        }
        let shown = Array(found.prefix(Self.pageLength))
        let next = shown.last.map {
            "/projects/\(id)/items?after=\($0.id)" + (kind.map { "&kind=\($0)" } ?? "")
        }
        let content = List(
            head: ProjectHead(project, .items), project: id,
            kinds: ItemKind.allCases.map {
                .init(value: $0.rawValue, label: $0.rawValue, isChosen: $0 == kind)
            },
            isByDisagreement: isByDisagreement, items: try await entries(shown, agreements),
            isEmpty: shown.isEmpty, next: found.count > Self.pageLength ? next : nil)
        return pages.page("items", title: "Items of \(project.name)", content, for: call.visitor)
    }

    private func entries(_ items: [Item], _ agreements: [ItemAgreement]) async throws -> [List.Entry] {
        let judged = try await store.read { try $0.judgedCounts(of: items.map(\.id)) }
        let agreement = Dictionary(agreements.map { ($0.item, $0.agreement) }) { first, _ in first }
        return items.map { item in
            List.Entry(
                id: item.id, kind: item.kind.rawValue, isPlain: item.kind == .work,
                prompt: Self.beginning(of: item.prompt), responses: item.responses.count,
                judged: judged[item.id] ?? 0,
                agreement: agreement[item.id].map(NumberStyle.percent.text) ?? "–")
        }
    }

    /// Enough of a prompt to know it by: the beginning of what was said last.
    static func beginning(of prompt: Text) -> String {
        let text = prompt.lastText
        return text.count > 160 ? text.prefix(160) + " …" : text
    }

    // MARK: One item

    private struct Detail {
        struct Answer {
            let letter: String
            let text: String
            let policy: String?
            let finish: String?
        }

        struct ShownJudgment {
            let person: String
            let verdicts: String
            let reason: String
            let edits: [String]
            let seconds: Int
            let date: String
            let isRepeat: Bool
            let revision: Int
        }

        let head: ProjectHead
        let id: Item.ID
        let kind: String
        let canBeGold: Bool
        let expected: String?
        let explanation: String?
        let prompt: [ShownItem.Message]
        let answers: [Answer]
        let judgments: [ShownJudgment]
        let hasJudgments: Bool
    }

    private func item(_ call: Call) async throws -> Response {
        let id = try call.number("item")
        let (item, project, judgments) = try await store.read { reader in
            let item = try reader.item(id)
            var filter = JudgmentFilter.everything
            filter.item = id
            return (item, try reader.project(item.project), try reader.judgments(in: item.project, filter))
        }
        let answers = item.responses.enumerated().map { position, response in
            Detail.Answer(
                letter: Letters.letter(position), text: response.text,
                policy: response.policy.map { $0.name.isEmpty ? String($0.hash.prefix(12)) : $0.name },
                finish: response.finish?.rawValue)
        }
        let said = judgments.reversed().map { judgment in
            Detail.ShownJudgment(
                person: judgment.annotatorName, verdicts: OpinionWords.text(judgment.opinion),
                reason: judgment.opinion.reason,
                edits: judgment.opinion.edits.sorted { $0.key < $1.key }.map(\.value),
                seconds: Int(judgment.seconds.rounded()), date: ShownDate.moment(judgment.createdAt),
                isRepeat: judgment.showing > 0, revision: judgment.revision)
        }
        let canBeGold = (item.kind == .work || item.kind == .gold) && project.definition.task != .edit
        return pages.page(
            "item", title: "Item \(id)",
            Detail(
                head: ProjectHead(project, .items), id: id, kind: item.kind.rawValue, canBeGold: canBeGold,
                expected: item.expected.map(OpinionWords.text),
                explanation: item.explanation.isEmpty ? nil : item.explanation,
                prompt: ShownItem.Message.all(item.prompt), answers: answers, judgments: said,
                hasJudgments: !said.isEmpty),
            for: call.visitor, scripts: canBeGold ? ["itempage.js"] : [])
    }

    // MARK: Gold

    private struct ShownDetail: Encodable {
        let project: ShownProject
        let answers: [ShownItem.Answer]
        let expected: ShownOpinion?
    }

    private func shownItem(_ call: Call) async throws -> Response {
        let id = try call.number("item")
        let (item, project) = try await store.read { reader in
            let item = try reader.item(id)
            return (item, try reader.project(item.project))
        }
        let answers = item.responses.enumerated().map { position, response in
            ShownItem.Answer(letter: Letters.letter(position), text: response.text)
        }
        let inOrder = Array(item.responses.indices)
        return try ServerResponse.json(
            ShownDetail(
                project: ShownProject(project), answers: answers,
                expected: item.expected.map { ShownOpinion($0, inOrder) }))
    }

    private struct GoldBody: Decodable {
        let expected: ShownOpinion
        let explanation: String
    }

    private func makeGold(_ call: Call) async throws -> Response {
        let id = try call.number("item")
        let body = try await call.json(GoldBody.self)
        try await store.write(by: call.person.id) { writer in
            let inOrder = Array(try writer.reader.item(id).responses.indices)
            try writer.makeGold(
                id, expected: try body.expected.opinion(inOrder), explanation: body.explanation)
        }
        return ServerResponse.nothing
    }
}

/// Opinions in words, with letters by position.
enum OpinionWords {
    static func text(_ opinion: Opinion) -> String {
        let verdicts = opinion.verdicts.sorted { $0.key < $1.key }.map { aspect, verdict in
            (aspect.isEmpty ? "" : "\(aspect): ") + words(verdict)
        }
        let flags = opinion.flags.sorted { $0.key < $1.key }.map { position, flags in
            "\(Letters.letter(position)) \(flags.map(\.rawValue).joined(separator: " and "))"
        }
        let edits = opinion.edits.keys.sorted().map { "\(Letters.letter($0)) edited" }
        return (verdicts + flags + edits).joined(separator: " · ")
    }

    private static func words(_ verdict: ItemVerdict) -> String {
        switch verdict {
        case .better(let position, let strength): "\(Letters.letter(position)) better (\(strength))"
        case .tie: "tie"
        case .bothBad: "both bad"
        case .ranking(let values): listed(values)
        case .marks(let values): listed(values)
        case .thumbs(let values): listed(values.map { $0 ? "good" : "not good" })
        }
    }

    private static func listed(_ values: [some CustomStringConvertible]) -> String {
        values.enumerated().map { "\(Letters.letter($0)) \($1)" }.joined(separator: ", ")
    }
}
