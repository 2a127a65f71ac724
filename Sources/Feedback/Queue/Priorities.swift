import GRDB
import JSON
import Statistics

extension StoreReader {
    /// How informative every item that still has a place, and is not set apart for random draws, would be now, by the
    /// project's way of selection; to be given to ``StoreWriter/setPriorities(_:)``. Worth doing again after some dozen
    /// votes, as strengths become known, and after items were added.
    ///
    /// - Returns: those that differ from what is stored; none for a project that draws at random.
    public func priorities(in id: Project.ID) throws -> [Item.ID: Double] {
        let project = try self.project(id)
        let candidates = try candidates(of: project)
        let found: [Item.ID: Double] =
            switch project.definition.selection {
            case .random: [:]
            case .information: try information(of: candidates.map(\.id), in: project)
            case .disagreement: try disagreement(of: candidates.map(\.id), in: project)
            }
        let stored = Dictionary(candidates.map { ($0.id, $0.priority) }) { first, _ in first }
        return found.filter { stored[$0.key] != $0.value }
    }

    /// In random order, so that equally informative items are not asked in the order of the file.
    private func candidates(of project: Project) throws -> [(id: Item.ID, priority: Double?)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, priority FROM items WHERE project = ? AND kind = 'work' AND places > 0 AND lot >= ?
                ORDER BY lot
                """, arguments: [project.id, project.definition.effectiveRandomShare]
        ).map { (try $0.value("id"), try $0.optional("priority")) }
    }

    /// All votes count here, however their items came: which models met is known, and what they are worth is not
    /// estimated from it.
    private func information(of candidates: [Item.ID], in project: Project) throws -> [Item.ID: Double] {
        let index = StudyIndex(try studyData(of: project.id))
        let votes = index.work.flatMap(\.judgments).flatMap { index.votes($0, aspect: index.leadingAspect) }
        return InformationPlan.priorities(
            of: candidates.map { ($0, index.models[$0]?.compactMap(\.self) ?? []) }, votes: votes,
            models: index.policies.policies.count)
    }

    /// The column `priority` of an item, or what the members' deviations of its answers say.
    private func disagreement(of candidates: [Item.ID], in project: Project) throws -> [Item.ID: Double] {
        var deviations: [Item.ID: [Double?]] = [:]
        let answers = try Row.fetchCursor(
            database,
            sql: """
                SELECT item, \(Self.number("responses.extra", "std")) AS std FROM responses JOIN items ON items.id = item
                WHERE project = ? AND kind = 'work'
                """, arguments: [project.id])
        while let row = try answers.next() {
            deviations[try row.value("item"), default: []].append(try row.optional("std"))
        }
        var priorities: [Item.ID: Double] = [:]
        for id in candidates { priorities[id] = Disagreement.priority(ofDeviations: deviations[id] ?? []) }
        let pushed = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, \(Self.number("extra", "priority")) AS number FROM items
                WHERE project = ? AND kind = 'work' AND number IS NOT NULL
                """, arguments: [project.id])
        let wanted = Set(candidates)
        while let row = try pushed.next() {
            let id: Item.ID = try row.value("id")
            if wanted.contains(id) { priorities[id] = try row.value("number") }
        }
        return priorities
    }

    /// The number of that name in a JSON object; nothing where it is missing or something else.
    private static func number(_ column: String, _ name: String) -> String {
        "iif(json_type(\(column), '$.\(name)') IN ('integer', 'real'), json_extract(\(column), '$.\(name)'), NULL)"
    }
}
