import Foundation
import GRDB
import JSON

extension StoreReader {
    /// - Throws: ``FeedbackError/noAssignment(_:)``
    public func assignment(_ id: Assignment.ID) throws -> Assignment {
        let statement = try database.cachedStatement(
            sql: """
                SELECT assignments.*, content FROM assignments
                LEFT JOIN drafts ON drafts.assignment = assignments.id WHERE assignments.id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw FeedbackError.noAssignment(id)
        }
        let item = try item(row.value("item"))
        let revision: Int = try row.value("revision")
        return Assignment(
            id: id, project: try row.value("project"), item: item, annotator: try row.value("annotator"),
            showing: try row.value("showing"), arrangement: try row.arrangement(of: item.responses.count),
            drawn: try row.enumeration("drawn"), version: try row.value("version"),
            state: try row.enumeration("state"), revision: revision,
            opinion: try opinion(of: id, revision: revision, count: item.responses.count),
            draft: try row.optional("content", as: String.self).map { _ in try row.anyJSON("content") })
    }

    /// The response's position for each place on the screen of the person who holds an assignment.
    /// - Throws: ``FeedbackError/noAssignment(_:)``, ``FeedbackError/notTheirs(_:)``
    public func arrangement(of assignment: Assignment.ID, heldBy annotator: Annotator.ID) throws -> [Int] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, annotator, arrangement,
                    (SELECT count(*) FROM responses WHERE responses.item = assignments.item) AS count
                FROM assignments WHERE id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [assignment]) else {
            throw FeedbackError.noAssignment(assignment)
        }
        guard try row.value("annotator") == annotator else { throw FeedbackError.notTheirs(assignment) }
        return try row.arrangement(of: row.value("count"))
    }

    /// How many items a person has answered in a project.
    public func answeredCount(of annotator: Annotator.ID, in project: Project.ID) throws -> Int {
        let statement = try database.cachedStatement(
            sql: "SELECT answered FROM streams WHERE annotator = ? AND project = ?")
        return try Int.fetchOne(statement, arguments: [annotator, project]) ?? 0
    }

    /// What the person answered last in the project, to think again: submitting it again makes the next revision.
    ///
    /// Answers to training items are left out, as what was expected has been shown.
    /// - Parameter later: go further back from this one, which the person has answered too.
    /// - Returns: nil where there is none before.
    public func lastJudged(
        by annotator: Annotator.ID, in project: Project.ID, before later: Assignment.ID? = nil
    ) throws -> Assignment? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT assignments.id FROM assignments JOIN items ON items.id = item
                WHERE annotator = :annotator AND assignments.project = :project AND kind <> 'training'
                    AND answered < IFNULL((SELECT answered FROM assignments WHERE id = :later), :never)
                ORDER BY answered DESC LIMIT 1
                """)
        let last = try Assignment.ID.fetchOne(
            statement,
            arguments: ["annotator": annotator, "project": project, "later": later, "never": Int64.max])
        return try last.map(assignment)
    }

    private func opinion(of assignment: Assignment.ID, revision: Int, count: Int) throws -> Opinion? {
        guard revision > 0 else { return nil }
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, opinion, reason, edits FROM judgments LEFT JOIN remarks ON judgment = judgments.id
                WHERE assignment = ? AND revision = ?
                """)
        return try Row.fetchOne(statement, arguments: [assignment, revision]).map {
            try Opinion($0, count: count)
        }
    }
}

extension StoreWriter {
    /// Keeps what a person has entered so far. No entry in the audit: it is no judgment yet, and goes with one.
    public func saveDraft(_ content: JSONValue, of id: Assignment.ID) throws {
        let assignment = try heldAssignment(id)
        guard assignment.state != .skipped else {
            throw FeedbackError.notAnswerable(id, assignment.state)
        }
        try execute(
            """
            INSERT INTO drafts (assignment, content, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (assignment) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at
            """, [id, content.text(.compact), now.timeIntervalSince1970])
    }

    /// Leaves an item to others. It does not come back to this person.
    public func skip(_ id: Assignment.ID) throws {
        let assignment = try heldAssignment(id)
        if assignment.state == .skipped { return }
        guard assignment.state != .judged else { throw FeedbackError.notAnswerable(id, .judged) }
        try execute("UPDATE assignments SET state = 'skipped' WHERE id = ?", [id])
        try execute("DELETE FROM drafts WHERE assignment = ?", [id])
        try recountPlaces(of: assignment.item)
        try record(.skipped, "assignment \(id)")
    }

    /// An assignment as its holder acts on it.
    struct Held {
        var project: Project.ID
        var item: Item.ID
        var annotator: Annotator.ID
        var showing: Int
        var version: Int
        var state: Assignment.State
        var revision: Int
        var takesPlace: Bool
        var kind: ItemKind
        var places: Int
    }

    /// - Throws: if it belongs to somebody else than ``actor``, or that person takes no part.
    func heldAssignment(_ id: Assignment.ID) throws -> Held {
        let statement = try database.cachedStatement(
            sql: """
                SELECT assignments.*, kind, places, status FROM assignments
                JOIN items ON items.id = item JOIN annotators ON annotators.id = annotator
                WHERE assignments.id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw FeedbackError.noAssignment(id)
        }
        let annotator: Annotator.ID = try row.value("annotator")
        guard annotator == actor else { throw FeedbackError.notTheirs(id) }
        let status: Annotator.Status = try row.enumeration("status")
        guard status == .active else { throw FeedbackError.notActive(status) }
        return Held(
            project: try row.value("project"), item: try row.value("item"), annotator: annotator,
            showing: try row.value("showing"), version: try row.value("version"),
            state: try row.enumeration("state"), revision: try row.value("revision"),
            takesPlace: try row.optional("expires_at", as: Double.self) != nil,
            kind: try row.enumeration("kind"), places: try row.value("places"))
    }
}
