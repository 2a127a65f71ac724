import Foundation
import GRDB

/// How far a project is.
public struct ProjectProgress: Hashable, Sendable {
    /// Work items, those that enough people have judged, and those that somebody has.
    public var items: Int
    public var complete: Int
    public var begun: Int
    /// Answers of people who take part, of all kinds; revisions count once.
    public var judgments: Int
    public var annotators: [AnnotatorProgress]
}

/// How much a person has done in a project.
public struct AnnotatorProgress: Hashable, Sendable {
    public var annotator: Annotator
    public var judgments: Int
    public var skipped: Int
    public var lastJudgedAt: Date?
}

extension StoreReader {
    public func progress(in project: Project.ID) throws -> ProjectProgress {
        let items = try Row.fetchOne(
            database,
            sql: """
                SELECT count(*) AS items, count(*) FILTER (WHERE judgments >= overlap) AS complete,
                    count(*) FILTER (WHERE judgments > 0) AS begun
                FROM items JOIN projects ON projects.id = project WHERE project = ? AND kind = 'work'
                """, arguments: [project])
        let people = try Row.fetchAll(
            database,
            sql: """
                SELECT p.*, count(*) FILTER (WHERE state = 'judged') AS judged,
                    count(*) FILTER (WHERE state = 'skipped') AS skipped,
                    (SELECT max(j.created_at) FROM judgments j WHERE j.annotator = p.id AND j.project = ?1) AS last
                FROM assignments a JOIN annotators p ON p.id = a.annotator
                WHERE a.project = ?1 AND p.status = 'active' GROUP BY p.id ORDER BY p.id
                """, arguments: [project])
        let annotators = try people.map { row in
            AnnotatorProgress(
                annotator: try Annotator(row), judgments: try row.value("judged"),
                skipped: try row.value("skipped"), lastJudgedAt: try row.optionalDate("last"))
        }
        return ProjectProgress(
            items: items?["items"] ?? 0, complete: items?["complete"] ?? 0, begun: items?["begun"] ?? 0,
            judgments: annotators.reduce(0) { $0 + $1.judgments }, annotators: annotators)
    }

    /// How many people who take part have judged each of these items.
    public func judgedCounts(of items: [Item.ID]) throws -> [Item.ID: Int] {
        let ids = items.map(String.init).joined(separator: ", ")
        let rows = try Row.fetchAll(database, sql: "SELECT id, judgments FROM items WHERE id IN (\(ids))")
        return try Dictionary(
            uniqueKeysWithValues: rows.map { (try $0.value("id"), try $0.value("judgments")) })
    }

    /// How many items a person has answered since the day began on this machine.
    public func todayCount(
        of annotator: Annotator.ID, in project: Project.ID, calendar: Calendar = .current
    ) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) FROM judgments
                    WHERE annotator = ? AND project = ? AND created_at >= ? AND revision = 1
                    """),
            arguments: [annotator, project, calendar.startOfDay(for: now).timeIntervalSince1970]) ?? 0
    }
}
