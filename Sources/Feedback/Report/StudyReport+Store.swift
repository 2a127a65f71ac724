import Foundation
import GRDB
import JSON

extension StoreReader {
    /// The figures of a project as they are now.
    public func studyReport(of project: Project.ID) throws -> StudyReport {
        try StudyReport(studyData(of: project), at: now)
    }

    /// What the figures are made of; texts of answers stay where they are.
    public func studyData(of project: Project.ID) throws -> StudyData {
        try StudyData(
            project: self.project(project), items: studyItems(in: project), judgments: judgments(in: project))
    }

    private func studyItems(in project: Project.ID) throws -> [StudyItem] {
        let policies = try policies()
        var responses: [Item.ID: [StudyResponse]] = [:]
        let answers = try Row.fetchCursor(
            database,
            sql: """
                SELECT item, length(text) AS length, policy FROM responses JOIN items ON items.id = item
                WHERE project = ? ORDER BY item, position
                """, arguments: [project])
        while let row = try answers.next() {
            let policy = try row.optional("policy", as: Int64.self).flatMap { policies[$0] }
            responses[try row.value("item"), default: []].append(
                StudyResponse(policy: policy, length: try row.value("length")))
        }
        var items: [StudyItem] = []
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, kind, expected FROM items WHERE project = ? ORDER BY id",
            arguments: [project])
        while let row = try rows.next() {
            let id: Item.ID = try row.value("id")
            items.append(
                StudyItem(
                    id: id, kind: try row.enumeration("kind"), responses: responses[id] ?? [],
                    expected: try row.expected(of: responses[id]?.count ?? 0)))
        }
        return items
    }

    private func policies() throws -> [Int64: Policy] {
        var policies: [Int64: Policy] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM policies") {
            policies[try row.value("id")] = try Policy(row)
        }
        return policies
    }
}
