import Foundation
import GRDB
import JSON

/// How many people an item may still be dealt to. A person who takes part and holds or has judged it takes a place; one
/// who skipped it, kept it too long, was excluded or has withdrawn does not.
extension StoreWriter {
    /// Counts the places of one item again, after something happened to one of its assignments.
    func recountPlaces(of item: Item.ID) throws { try recountPlaces("id = ?", [item]) }

    func recountPlaces(ofItemsDealtTo annotator: Annotator.ID) throws {
        try recountPlaces(
            "id IN (SELECT item FROM assignments WHERE annotator = ? AND showing = 0)", [annotator])
    }

    func recountPlaces(in project: Project.ID) throws { try recountPlaces("project = ?", [project]) }

    private func recountPlaces(_ condition: String, _ arguments: StatementArguments) throws {
        let changed = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    UPDATE items SET
                        places = (SELECT overlap FROM projects WHERE projects.id = items.project) - (
                            SELECT count(*) FROM assignments JOIN annotators ON annotators.id = annotator
                            WHERE item = items.id AND showing = 0 AND state IN ('open', 'judged')
                                AND status = 'active'),
                        judgments = (
                            SELECT count(*) FROM assignments JOIN annotators ON annotators.id = annotator
                            WHERE item = items.id AND showing = 0 AND state = 'judged' AND status = 'active')
                    WHERE \(condition) RETURNING project, lot, places
                    """), arguments: arguments)
        var opened: [Project.ID: Double] = [:]
        for row in changed {
            let (project, lot, places): (Project.ID, Double, Int) = (
                try row.value("project"), try row.value("lot"), try row.value("places")
            )
            if places > 0 { opened[project] = min(opened[project] ?? 1, lot) }
        }
        for (project, lot) in opened {
            try execute(
                "UPDATE streams SET frontier = ? WHERE project = ? AND frontier > ?", [lot, project, lot])
        }
    }

    /// Everybody looks through the random order from its start again.
    func resetFrontiers(in project: Project.ID) throws {
        try execute("UPDATE streams SET frontier = 0 WHERE project = ? AND frontier > 0", [project])
    }

    /// Frees the places of those who kept an item too long.
    func releaseExpired(in project: Project.ID, except annotator: Annotator.ID) throws {
        let released = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    UPDATE assignments SET state = 'released'
                    WHERE project = ? AND state = 'open' AND expires_at <= ? AND annotator <> ?
                    RETURNING id, item
                    """), arguments: [project, now.timeIntervalSince1970, annotator])
        for row in released {
            try recountPlaces(of: row.value("item"))
            let id: Int64 = try row.value("id")
            try record(.released, "assignment \(id)")
        }
    }
}
