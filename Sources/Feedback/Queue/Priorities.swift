import GRDB
import JSON
import Statistics

extension StoreReader {
    /// What every item that still has a place, and is not set apart for random draws, would tell now, by the project's way
    /// of selection; to be given to ``StoreWriter/setPriorities(_:)``. Worth doing again after some dozen votes, as strengths
    /// become known, and after items were added.
    ///
    /// - Returns: those that differ from what is stored; none for a project that draws at random.
    public func priorities(in id: Project.ID) throws -> [Item.ID: Double] {
        let project = try self.project(id)
        let candidates = try candidates(of: project)
        let found: [Item.ID: Double] =
            switch project.definition.selection {
            case .random: [:]
            case .information: try information(of: candidates.map(\.id), in: project)
            case .disagreement: try disagreement(of: candidates.map(\.id))
            }
        let stored = Dictionary(candidates.map { ($0.id, $0.priority) }) { first, _ in first }
        return found.filter { stored[$0.key] != $0.value }
    }

    /// In random order, so that items that tell as much are not asked in the order of the file.
    private func candidates(of project: Project) throws -> [(id: Item.ID, priority: Double?)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, priority FROM items WHERE project = ? AND kind = 'work' AND places > 0 AND lot >= ?
                ORDER BY lot
                """, arguments: [project.id, project.definition.effectiveRandomShare]
        ).map { ($0["id"], $0["priority"]) }
    }

    /// All votes count here, however their items came: which models met is known, and what they are worth is not
    /// estimated from it.
    private func information(of candidates: [Item.ID], in project: Project) throws -> [Item.ID: Double] {
        let data = try studyData(of: project.id)
        let items = Dictionary(data.items.map { ($0.id, $0) }) { first, _ in first }
        var policies = PolicyList()
        let models = items.mapValues { item in
            item.responses.compactMap { $0.policy.map { policies.place(of: $0) } }
        }
        let aspect = project.definition.aspects.first?.name ?? ""
        let votes = data.judgments.filter { $0.kind != .gold && $0.showing == 0 }.flatMap { judgment in
            let arms = models[judgment.item] ?? []
            return (judgment.opinion.verdicts[aspect]?.preferences ?? []).compactMap { vote in
                max(vote.first, vote.second) < arms.count
                    && arms.count == items[judgment.item]?.responses.count
                    ? ArmVote(arms[vote.first], vote.outcome, against: arms[vote.second]) : nil
            }
        }
        return InformationPlan.priorities(
            of: candidates.map { ($0, models[$0] ?? []) }, votes: votes, models: policies.policies.count)
    }

    private func disagreement(of candidates: [Item.ID]) throws -> [Item.ID: Double] {
        var priorities: [Item.ID: Double] = [:]
        for id in candidates { priorities[id] = try Disagreement.priority(of: item(id)) }
        return priorities
    }
}
