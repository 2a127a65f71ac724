import Feedback
import Foundation
import Hummingbird

/// What happened: which runs learned from judgments, and who changed what.
struct RecordPages: Sendable {
    let store: FeedbackStore
    let pages: Pages

    private static let pageLength = 200

    func add(to routes: Routes) {
        routes.lead(.get, "/uses", uses)
        routes.lead(.get, "/audit", audit)
    }

    private struct Uses {
        let uses: [ShownUse]
        let hasUses: Bool
        let gone: [Gone]
        let hasGone: Bool
    }

    /// Somebody who no longer takes part, and the runs that learned from what they said.
    private struct Gone {
        let name: String
        let status: String
        let uses: [ShownUse]
    }

    private func uses(_ call: Call) async throws -> Response {
        let (uses, gone) = try await store.read { reader in
            let gone = try reader.annotators().filter { $0.status != .active }.compactMap { person -> Gone? in
                let uses = try reader.uses(ofJudgmentsBy: person.id)
                guard !uses.isEmpty else { return nil }
                return Gone(name: person.name, status: person.status.rawValue, uses: uses.map(ShownUse.init))
            }
            return (try reader.uses(), gone)
        }
        return pages.page(
            "uses", title: "Uses",
            Uses(uses: uses.map(ShownUse.init), hasUses: !uses.isEmpty, gone: gone, hasGone: !gone.isEmpty),
            for: call.visitor)
    }

    private struct Audit {
        struct Entry {
            let id: Int64
            let date: String
            let person: String
            let action: String
            let subject: String
            let detail: String
        }

        let entries: [Entry]
        let verification: String?
        let isSound: Bool
        let next: String?
    }

    private func audit(_ call: Call) async throws -> Response {
        let after = call.query("after").flatMap { Int64($0) } ?? 0
        let verifies = call.query("verify") != nil
        let (entries, people) = try await store.read { reader in
            (
                try reader.auditEntries(after: after, limit: Self.pageLength + 1),
                try reader.annotators()
            )
        }
        var verification: String?
        var isSound = true
        if verifies {
            do {
                try await store.read { try $0.verifyAudit() }
                verification =
                    "Every entry follows from the one before it, and every verdict is as it was given: none of these was "
                    + "changed or removed."
            } catch FeedbackError.auditBroken(let entry, let found) {
                verification = "Entry \(entry) is not what was written: \(found)."
                isSound = false
            }
        }
        let names = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.name) })
        let shown = entries.prefix(Self.pageLength).map { entry in
            Audit.Entry(
                id: entry.id, date: ShownDate.moment(entry.at),
                person: entry.annotator.map { names[$0] ?? "\($0)" } ?? "the server",
                action: entry.action.rawValue, subject: entry.subject,
                detail: entry.detail.isEmpty
                    ? ""
                    : "\(entry.detail.map { "\($0.key) \($0.value.string ?? $0.value.text(.compact))" }.joined(separator: ", "))"
            )
        }
        return pages.page(
            "audit", title: "Audit",
            Audit(
                entries: shown, verification: verification, isSound: isSound,
                next: entries.count > Self.pageLength ? shown.last.map { "/audit?after=\($0.id)" } : nil),
            for: call.visitor)
    }
}
