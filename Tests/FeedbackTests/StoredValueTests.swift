import Foundation
import GRDB
import JSON
import Testing

@testable import Feedback

/// What a file holds may be anything: it is named by its row, and nothing traps.
@Suite struct StoredValueTests {
    private let study: Study
    private let project: Project.ID

    init() throws {
        study = try Study()
        project = try study.project(work: 2)
        try study.work(try study.person("Ada"), project)
    }

    /// Changes the file behind the store's back.
    private func change(_ sql: String) throws {
        try study.store.write(by: nil) {
            for trigger in try String.fetchAll(
                $0.database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            {
                try $0.database.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try $0.database.execute(
                sql: "PRAGMA ignore_check_constraints = ON; PRAGMA defer_foreign_keys = OFF")
            try $0.database.execute(sql: sql)
        }
    }

    /// Reads all that there is.
    private func readAll() throws {
        try study.store.read { reader in
            _ = try (reader.annotators(), reader.invitations(), reader.uses(), reader.auditEntries())
            for project in try reader.projects() {
                _ = try reader.items(in: project.id)
                for judgment in try reader.judgments(in: project.id, .everything) {
                    _ = try reader.assignment(judgment.assignment)
                    _ = try reader.definition(of: project.id, version: judgment.projectVersion)
                }
                _ = try reader.progress(in: project.id)
                _ = try StudyReport(reader.studyData(of: project.id)).json()
            }
        }
    }

    @Test(arguments: [
        ("UPDATE projects SET definition = '{'", "definition", "id 1"),
        (
            "UPDATE projects SET definition = '{\"task\": \"juggle\", \"question\": \"?\"}'", "definition",
            "id 1"
        ),
        (
            """
            UPDATE projects SET definition = '{"task": "rate", "question": "?", "lowest_mark": 5, "highest_mark": 1}'
            """, "definition", "id 1"
        ),
        (
            """
            UPDATE projects SET definition =
                '{"task": "rate", "question": "?", "lowest_mark": -9223372036854775808, "highest_mark": 1}'
            """, "definition", "id 1"
        ),
        ("UPDATE project_versions SET definition = 'null'", "definition", "project 1"),
        ("UPDATE items SET prompt = '7' WHERE id = 2", "prompt", "id 2"),
        ("UPDATE items SET extra = '[]' WHERE id = 2", "extra", "id 2"),
        ("UPDATE items SET kind = 'odd' WHERE id = 2", "kind", "id 2"),
        ("UPDATE items SET expected = '{\"flags\": {\"9\": [\"unsafe\"]}}' WHERE id = 1", "expected", "id 1"),
        ("UPDATE responses SET extra = 'x' WHERE item = 2", "extra", "item 2"),
        ("UPDATE responses SET finish = 'tired' WHERE item = 2", "finish", "item 2"),
        ("UPDATE policies SET sampler = '3' WHERE id = 1", "sampler", "item 1"),
        ("UPDATE assignments SET arrangement = '[0, 7]' WHERE id = 1", "arrangement", "id 1"),
        ("UPDATE assignments SET state = 'lost' WHERE id = 1", "state", "id 1"),
        (
            "UPDATE judgments SET opinion = '{\"verdicts\": {\"\": {\"ranking\": [1]}}}' WHERE id = 2",
            "opinion", "id 2"
        ),
        (
            "UPDATE judgments SET opinion = '{\"verdicts\": {\"\": {\"better\": 300, \"strength\": 1}}}' WHERE id = 2",
            "opinion", "id 2"
        ),
        (
            "UPDATE judgments SET opinion = '{\"verdicts\": {\"\": {\"better\": 1, \"strength\": -9223372036854775808}}}'",
            "opinion", "id 1"
        ),
        ("UPDATE annotators SET groups = 'x'", "groups", "id 1"),
        ("UPDATE audit SET detail = 'x' WHERE sequence = 3", "detail", "sequence 3"),
    ]) func damageIsNamedByItsRow(sql: String, column: String, row: String) throws {
        try change(sql)
        let error = #expect(throws: FeedbackError.self) { try readAll() }
        guard case .damaged(let url, let found) = error else {
            Issue.record("expected to hear of the damage, found \(String(describing: error))")
            return
        }
        #expect(url == study.store.url && error?.category == .damaged)
        #expect(found.contains(" as \(column)") && found.contains(row), "\(found)")
    }

    @Test func aPolicyThatIsGoneIsNamed() throws {
        try study.store.pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            try database.execute(sql: "UPDATE responses SET policy = 999 WHERE item = 2 AND position = 0")
        }
        let error = #expect(throws: FeedbackError.self) { try readAll() }
        #expect(error == .damaged(study.store.url, found: "the row with item 2: nothing as name"))
    }

    /// Numbers that an older Heed took are brought within what can be shown and reckoned with.
    @Test func numbersBeyondTheLimitsAreBroughtWithin() throws {
        try change("UPDATE judgments SET seconds = 1e19, created_at = 1e300 WHERE id = 1")
        try change("UPDATE judgments SET seconds = -5, created_at = -1e300 WHERE id = 2")
        try change(
            """
            UPDATE projects SET created_at = 9e99, definition = json_set(definition, '$.overlap', 9223372036854775807,
                '$.lease_seconds', 9223372036854775807, '$.repeat_distance', -9223372036854775807)
            """)
        try readAll()
        let (judgments, definition) = try study.store.read {
            (try $0.judgments(in: project), try $0.project(project).definition)
        }
        #expect(judgments.map(\.seconds) == [Limits.seconds.upperBound, 0])
        #expect(judgments[0].createdAt < Date(timeIntervalSince1970: 253_402_300_800))
        #expect(definition.overlap == 1_000_000 && definition.repeatDistance == 1)
        #expect(definition.leaseSeconds == Limits.lease.upperBound)
    }

    @Test func numbersAreCheckedWhereTheyComeIn() throws {
        let ada = try study.person("Bea")
        let held = try #require(try study.next(ada, try study.project(named: "new", work: 1)).first)
        for seconds in [1e19, .infinity, .nan, -1, 31_622_401] {
            let error = #expect(throws: FeedbackError.self) {
                try study.store.write(by: ada) {
                    try $0.submit(
                        Submission(assignment: held.id, request: UUID(), opinion: .first, seconds: seconds))
                }
            }
            guard case .invalidOpinion("seconds", _, _) = error else {
                Issue.record("\(seconds): \(String(describing: error))")
                continue
            }
        }
        for change: (inout ProjectDefinition) -> Void in [
            { ($0.lowestMark, $0.highestMark) = (.min, 1) }, { ($0.lowestMark, $0.highestMark) = (1, .max) },
            { $0.overlap = .max }, { $0.leaseSeconds = .max }, { $0.repeatDistance = .max },
            { $0.strengths = .min }, { $0.goldShare = .nan }, { $0.stoppingWidth = .infinity },
        ] {
            var definition = ProjectDefinition(task: .rate)
            change(&definition)
            #expect(throws: FeedbackError.self) { try definition.validate() }
        }
    }
}
