import Foundation
import GRDB
import JSON

extension StoreWriter {
    /// Takes an answer. When the surrounding `write` returns, it is on the disk.
    ///
    /// - The same request again gets the same result, and nothing is stored twice.
    /// - The first answer makes revision 1; an answer that says which revision it replaces makes the next one.
    /// - An answer that comes after its lease ended is taken as long as the item has a place left. Otherwise others hold
    ///   or have judged it, and ``FeedbackError/notAnswerable(_:_:)`` tells the person to continue with the next one.
    ///
    /// - Throws: ``FeedbackError`` where the assignment is not the actor's, the person takes no part, the opinion does
    ///   not fit what was asked, or it was answered meanwhile.
    @discardableResult
    public func submit(_ submission: Submission) throws -> SubmissionResult {
        try submit(submission, under: nil, at: now)
    }

    /// - Parameters:
    ///   - definition: what was asked, where that was not here; nil: what the assignment was dealt under.
    ///   - date: when it was said.
    @discardableResult
    func submit(
        _ submission: Submission, under definition: ProjectDefinition?, at date: Date
    ) throws -> SubmissionResult {
        let held = try heldAssignment(submission.assignment)
        if let result = try earlierResult(of: submission) { return result }
        try requireAnswerable(held, submission)
        let item = try reader.item(held.item)
        let definition = try definition ?? reader.definition(of: held.project, version: held.version)
        try OpinionCheck(definition: definition, responseCount: item.responses.count)
            .validate(submission.opinion)
        guard Limits.seconds.contains(submission.seconds) else {
            throw FeedbackError.invalidOpinion(
                field: "seconds", expected: "how long it took, at most a year", found: "\(submission.seconds)"
            )
        }
        let id = try insert(submission, held, at: date)
        try markJudged(submission.assignment, held)
        return SubmissionResult(
            judgment: id, revision: held.revision + 1,
            feedback: TrainingFeedback(to: submission.opinion, on: item))
    }

    private func earlierResult(of submission: Submission) throws -> SubmissionResult? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT judgments.id, assignment, judgments.revision, opinion, reason, edits, item
                FROM judgments JOIN assignments ON assignments.id = assignment
                LEFT JOIN remarks ON judgment = judgments.id WHERE request = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [submission.request]) else { return nil }
        let opinion = try Opinion(row)
        let assignment: Assignment.ID = try row.value("assignment")
        guard assignment == submission.assignment, opinion == submission.opinion else {
            throw FeedbackError.requestReused(submission.request)
        }
        return SubmissionResult(
            judgment: try row.value("id"), revision: try row.value("revision"),
            feedback: TrainingFeedback(to: opinion, on: try reader.item(row.value("item"))))
    }

    private func requireAnswerable(_ held: Held, _ submission: Submission) throws {
        let isFree = !held.takesPlace || held.places > 0
        switch held.state {
        case .open, .judged: break
        case .released where isFree: break
        case .released, .skipped: throw FeedbackError.notAnswerable(submission.assignment, held.state)
        }
        guard held.revision == submission.replacing, held.revision == 0 || held.kind != .training else {
            throw FeedbackError.alreadyJudged(submission.assignment, revision: held.revision)
        }
    }

    private func insert(_ submission: Submission, _ held: Held, at date: Date) throws -> Judgment.ID {
        let verdicts = try StoredJSON.text(submission.opinion.withoutWords)
        try execute(
            """
            INSERT INTO judgments (assignment, project, annotator, revision, version, opinion, seconds, request,
                created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                submission.assignment, held.project, held.annotator, held.revision + 1, held.version,
                verdicts,
                submission.seconds, submission.request, date.timeIntervalSince1970,
            ])
        let id = database.lastInsertedRowID
        if !submission.opinion.reason.isEmpty || !submission.opinion.edits.isEmpty {
            try execute(
                "INSERT INTO remarks (judgment, reason, edits) VALUES (?, ?, ?)",
                [id, submission.opinion.reason, try StoredJSON.text(submission.opinion.edits)])
        }
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM judgments WHERE id = ?"), arguments: [id])
        try record(
            .judged, "judgment \(id)",
            try row.map { ["sha256": .string(try AuditChain.digest(ofJudgment: $0))] } ?? [:])
        return id
    }

    private func markJudged(_ id: Assignment.ID, _ held: Held) throws {
        try execute("DELETE FROM drafts WHERE assignment = ?", [id])
        guard held.revision == 0 else {
            return try execute("UPDATE assignments SET revision = revision + 1 WHERE id = ?", [id])
        }
        let answered = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    UPDATE streams SET answered = answered + 1 WHERE project = ? AND annotator = ?
                    RETURNING answered
                    """), arguments: [held.project, held.annotator])
        try execute(
            "UPDATE assignments SET state = 'judged', revision = 1, answered = ? WHERE id = ?",
            [answered ?? 1, id])
        if held.showing == 0 { try recountPlaces(of: held.item) }
    }
}

extension TrainingFeedback {
    /// - Returns: nil but for training items.
    init?(to opinion: Opinion, on item: Item) {
        guard item.kind == .training, let expected = item.expected else { return nil }
        self.init(
            said: opinion, expected: expected, explanation: item.explanation,
            agrees: opinion.agrees(with: expected))
    }
}

extension Opinion {
    /// What stays when words have to go.
    var withoutWords: Opinion { Opinion(verdicts: verdicts, flags: flags) }

    /// From the columns `opinion`, `reason` and `edits`.
    /// - Parameter count: of the item's answers; nil where nothing is done with the positions.
    init(_ row: Row, count: Int? = nil) throws {
        self = try row.json("opinion")
        try setWords(row)
        if let count { try row.check(self, of: count, in: "opinion") }
    }

    /// From the columns `reason` and `edits`, which are null where nothing was said.
    mutating func setWords(_ row: Row) throws {
        guard let reason: String = try row.optional("reason") else { return }
        self.reason = reason
        edits = try row.json("edits")
    }
}
