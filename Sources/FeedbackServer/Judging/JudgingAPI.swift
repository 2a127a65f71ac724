import Feedback
import Foundation
import Hummingbird
import JSON

/// What the page of items asks for, and sends.
struct JudgingAPI: Sendable {
    let store: FeedbackStore
    let progress: ProgressCache
    let priorities: PriorityKeeper

    /// Items that a browser may keep at hand.
    private static let mostItems = 20

    func add(to routes: Routes) {
        routes.person(.get, "/api/projects/:project", project)
        routes.person(.get, "/api/projects/:project/next", next)
        routes.person(.get, "/api/projects/:project/last", last)
        routes.person(.post, "/api/assignments/:assignment/judgment", judge)
        routes.person(.put, "/api/assignments/:assignment/draft", saveDraft)
        routes.person(.post, "/api/assignments/:assignment/skip", skip)
    }

    private func project(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        return try ServerResponse.json(ShownProject(try await store.read { try $0.project(id) }))
    }

    private struct Batch: Encodable {
        let items: [ShownItem]
        let progress: ShownPace
    }

    /// The items that the person has at hand, the oldest first, and new ones up to a count.
    private func next(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let person = call.person.id
        let count = min(max(call.query("count").flatMap { Int($0) } ?? 2, 1), Self.mostItems)
        let (assignments, today, judged) = try await store.write(by: person) { writer in
            (
                try writer.nextAssignments(count, for: person, in: id),
                try writer.reader.todayCount(of: person, in: id),
                try writer.reader.answeredCount(of: person, in: id)
            )
        }
        await priorities.asked(for: id)
        let (complete, items) = try await progress.completion(of: id)
        return try ServerResponse.json(
            Batch(
                items: assignments.map(ShownItem.init),
                progress: ShownPace(today: today, judged: judged, complete: complete, items: items)))
    }

    /// What the person answered last, or last before what is named, to think again.
    private func last(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let person = call.person.id
        let later = call.query("before").flatMap { Assignment.ID($0) }
        let found = try await store.read { try $0.lastJudged(by: person, in: id, before: later) }
        guard let assignment = found else {
            throw RequestProblem.conflict("There is nothing \(later == nil ? "" : "more ")to take back.")
        }
        return try ServerResponse.json(ShownItem(assignment))
    }

    private struct JudgmentBody: Decodable {
        let request: UUID
        let opinion: ShownOpinion
        let seconds: Double
        let replacing: Int
    }

    private struct JudgmentReceipt: Encodable {
        let revision: Int
        let feedback: ShownFeedback?
    }

    private func judge(_ call: Call) async throws -> Response {
        let id = try call.number("assignment")
        let body = try await call.json(JudgmentBody.self)
        let person = call.person.id
        let receipt = try await store.write(by: person) { writer in
            let arrangement = try writer.reader.arrangement(of: id, heldBy: person)
            let result = try writer.submit(
                Submission(
                    assignment: id, request: body.request, opinion: try body.opinion.opinion(arrangement),
                    seconds: body.seconds, replacing: body.replacing))
            return JudgmentReceipt(
                revision: result.revision, feedback: result.feedback.map { ShownFeedback($0, arrangement) })
        }
        return try ServerResponse.json(receipt)
    }

    private struct DraftBody: Codable {
        let opinion: ShownOpinion
        /// The browser's clock, in milliseconds since 1970.
        let at: Double
    }

    private func saveDraft(_ call: Call) async throws -> Response {
        let id = try call.number("assignment")
        let draft = try JSONValue(encoding: try await call.json(DraftBody.self))
        try await store.write(by: call.person.id) { try $0.saveDraft(draft, of: id) }
        return ServerResponse.nothing
    }

    private func skip(_ call: Call) async throws -> Response {
        let id = try call.number("assignment")
        // Without a body, but of the content type that other sites' forms cannot send.
        _ = try await call.json(Empty.self)
        try await store.write(by: call.person.id) { try $0.skip(id) }
        return ServerResponse.nothing
    }
}

/// A body that says nothing.
struct Empty: Decodable {}

/// How far projects are: counted again every few seconds, as it is shown with every item.
actor ProgressCache {
    private struct Entry {
        let complete: Int
        let items: Int
        let countedAt: Double
    }

    private static let lifetime = 5.0

    private let store: FeedbackStore
    private var entries: [Project.ID: Entry] = [:]

    init(_ store: FeedbackStore) { self.store = store }

    func completion(of project: Project.ID) async throws -> (complete: Int, items: Int) {
        let now = RateLimiter.uptime()
        if let entry = entries[project], now - entry.countedAt < Self.lifetime {
            return (entry.complete, entry.items)
        }
        let progress = try await store.read { try $0.progress(in: project) }
        entries[project] = Entry(complete: progress.complete, items: progress.items, countedAt: now)
        return (progress.complete, progress.items)
    }
}
