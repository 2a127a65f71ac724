import Foundation
import GRDB
import JSON

extension StoreReader {
    /// What was judged in a project, in the order in which it was.
    public func judgments(
        in project: Project.ID, _ filter: JudgmentFilter = .counted
    ) throws -> [Judgment] {
        var conditions = ["j.project = ?", "j.id > ?"]
        if !filter.includesInactive { conditions.append("p.status = 'active'") }
        if !filter.includesRevised { conditions.append("j.revision = a.revision") }
        if let kinds = filter.kinds {
            let names = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            conditions.append("i.kind IN (\(names))")
        }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT j.*, a.item, a.showing, a.drawn, a.arrangement, i.kind, p.name, p.groups, r.reason, r.edits
                FROM judgments j JOIN assignments a ON a.id = j.assignment JOIN items i ON i.id = a.item
                JOIN annotators p ON p.id = j.annotator LEFT JOIN remarks r ON r.judgment = j.id
                WHERE \(conditions.joined(separator: " AND ")) ORDER BY j.id
                """, arguments: [project, filter.after])
        var judgments: [Judgment] = []
        while let row = try rows.next() { judgments.append(try Judgment(row)) }
        return judgments
    }
}

extension Judgment {
    init(_ row: Row) throws {
        self.init(
            id: row["id"], assignment: row["assignment"], item: row["item"],
            kind: try row.enumeration("kind"),
            annotator: row["annotator"], annotatorName: row["name"],
            groups: try StoredJSON.value(row["groups"]), showing: row["showing"],
            drawn: try row.enumeration("drawn"), arrangement: try StoredJSON.value(row["arrangement"]),
            revision: row["revision"], opinion: try Opinion(row), seconds: row["seconds"],
            createdAt: row.date("created_at"), projectVersion: row["version"])
    }
}
