import Foundation
import GRDB
import RandomNumbers

/// Which item is next, of each kind.
extension Dealer {
    func hasOpenTraining() throws -> Bool {
        try Bool.fetchOne(
            writer.database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM assignments JOIN items ON items.id = item
                        WHERE annotator = ? AND assignments.project = ? AND state = 'open' AND kind = 'training')
                    """), arguments: [annotator, project.id]) ?? false
    }

    /// In the order in which the lead added them.
    func nextTraining() throws -> Item.ID? {
        try Item.ID.fetchOne(
            writer.database.cachedStatement(
                sql: """
                    SELECT id FROM items WHERE project = ? AND kind = 'training' AND \(Self.isNew)
                    ORDER BY id LIMIT 1
                    """), arguments: [project.id, annotator])
    }

    /// - Parameter orders: the orders to look in, one after the other.
    func nextWork(_ orders: [Drawn]) throws -> (item: Item.ID, drawn: Drawn)? {
        for drawn in orders {
            let item = drawn == .random ? try nextAtRandom() : try nextByPriority()
            if let item { return (item, drawn) }
        }
        return nil
    }

    /// From the items that are set apart for random draws: those with the smallest lots, in the order of their lots.
    /// As lots have nothing to do with what items are, these are a random sample of all items, whatever was selected.
    private func nextAtRandom() throws -> Item.ID? {
        let statement = try writer.database.cachedStatement(
            sql: """
                SELECT id, lot FROM items INDEXED BY items_at_random
                WHERE project = ?1 AND kind = 'work' AND places > 0 AND lot < ?3
                    AND lot >= (SELECT frontier FROM streams WHERE project = ?1 AND annotator = ?2)
                    AND NOT EXISTS (SELECT 1 FROM assignments WHERE item = items.id AND annotator = ?2)
                ORDER BY lot LIMIT 1
                """)
        let bound = project.definition.effectiveRandomShare
        let row = try Row.fetchOne(statement, arguments: [project.id, annotator, bound])
        let frontier: Double = try row?.value("lot") ?? bound
        // No need to look through the same ones again, until one of them has a place again.
        try writer.execute(
            "UPDATE streams SET frontier = max(frontier, ?) WHERE project = ? AND annotator = ?",
            [frontier, project.id, annotator])
        return try row?.value("id")
    }

    private func nextByPriority() throws -> Item.ID? {
        guard project.definition.selection != .random else { return nil }
        let statement = try writer.database.cachedStatement(
            sql: """
                SELECT id FROM items INDEXED BY items_by_priority
                WHERE project = ? AND kind = 'work' AND places > 0 AND lot >= ? AND \(Self.isNew)
                ORDER BY priority DESC, lot LIMIT 1
                """)
        return try Item.ID.fetchOne(
            statement, arguments: [project.id, project.definition.effectiveRandomShare, annotator])
    }

    /// From a random place on, so that people do not meet gold in the same order.
    func nextGold(_ source: inout RandomSource) throws -> Item.ID? {
        let start = source.uniform()
        for condition in ["lot >= ?", "lot < ?"] {
            let statement = try writer.database.cachedStatement(
                sql: """
                    SELECT id FROM items WHERE project = ? AND kind = 'gold' AND \(condition) AND \(Self.isNew)
                    ORDER BY lot LIMIT 1
                    """)
            if let item = try Item.ID.fetchOne(statement, arguments: [project.id, start, annotator]) {
                return item
            }
        }
        return nil
    }

    /// Work that the person answered at least `repeatDistance` answers ago, from a random one of these on.
    func nextRepeat(_ source: inout RandomSource) throws -> Item.ID? {
        let answered = try Int.fetchOne(
            writer.database.cachedStatement(
                sql: "SELECT answered FROM streams WHERE project = ? AND annotator = ?"),
            arguments: [project.id, annotator])
        let last = (answered ?? 0) - project.definition.repeatDistance
        guard last >= 1 else { return nil }
        let start = 1 + source.integer(below: last)
        for range in [start...last, 1...start] {
            let statement = try writer.database.cachedStatement(
                sql: """
                    SELECT item FROM assignments JOIN items ON items.id = item
                    WHERE annotator = ?1 AND assignments.project = ?2 AND answered BETWEEN ?3 AND ?4
                        AND showing = 0 AND kind = 'work'
                        AND NOT EXISTS (SELECT 1 FROM assignments again
                            WHERE again.item = items.id AND again.annotator = ?1 AND again.showing = 1)
                    ORDER BY answered LIMIT 1
                    """)
            if let item = try Item.ID.fetchOne(
                statement, arguments: [annotator, project.id, range.lowerBound, range.upperBound])
            {
                return item
            }
        }
        return nil
    }

    /// That the item has never been dealt to the person.
    private static let isNew =
        "NOT EXISTS (SELECT 1 FROM assignments WHERE item = items.id AND annotator = ?)"
}
