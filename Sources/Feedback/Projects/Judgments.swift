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
        if let item = filter.item { conditions.append("a.item = \(item)") }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT j.*, a.item, a.showing, a.drawn, a.arrangement, i.kind, p.name, p.groups, r.reason, r.edits
                FROM judgments j JOIN assignments a ON a.id = j.assignment JOIN items i ON i.id = a.item
                JOIN annotators p ON p.id = j.annotator LEFT JOIN remarks r ON r.judgment = j.id
                WHERE \(conditions.joined(separator: " AND ")) ORDER BY j.id
                """, arguments: [project, filter.after])
        var known = ParsedTexts()
        var judgments: [Judgment] = []
        while let row = try rows.next() { judgments.append(try Judgment(row, &known)) }
        return judgments
    }

    /// The values of texts that recur, as most judgments say one of few things.
    fileprivate struct ParsedTexts {
        var opinions: [String: Opinion] = [:]
        var groups: [String: [String: String]] = [:]
        var arrangements: [String: [Int]] = [:]

        static func value<Value: Decodable>(
            _ row: Row, _ column: String, _ known: inout [String: Value]
        ) throws -> Value {
            let text: String = try row.value(column)
            if let value = known[text] { return value }
            let value: Value = try row.json(column)
            known[text] = value
            return value
        }
    }
}

extension Judgment {
    fileprivate init(_ row: Row, _ known: inout StoreReader.ParsedTexts) throws {
        var opinion = try StoreReader.ParsedTexts.value(row, "opinion", &known.opinions)
        try opinion.setWords(row)
        let arrangement = try StoreReader.ParsedTexts.value(row, "arrangement", &known.arrangements)
        try row.check(arrangement: arrangement, of: arrangement.count)
        try row.check(opinion, of: arrangement.count, in: "opinion")
        self.init(
            id: try row.value("id"), assignment: try row.value("assignment"), item: try row.value("item"),
            kind: try row.enumeration("kind"), annotator: try row.value("annotator"),
            annotatorName: try row.value("name"),
            groups: try StoreReader.ParsedTexts.value(row, "groups", &known.groups),
            showing: try row.value("showing"), drawn: try row.enumeration("drawn"), arrangement: arrangement,
            revision: try row.value("revision"), opinion: opinion,
            seconds: Limits.brought(try row.value("seconds"), within: Limits.seconds),
            createdAt: try row.date("created_at"), projectVersion: try row.value("version"))
    }
}
