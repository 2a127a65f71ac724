import Foundation
import GRDB
import JSON
import RandomNumbers

extension StoreWriter {
    /// What a person does next, and after that: those they hold already, the oldest first, then newly dealt ones.
    ///
    /// - Training comes first, in the order of its items; nothing else is dealt until all of it is answered.
    /// - Then work, each item once to a person and to at most `overlap` people, with gold and repeats at their shares.
    ///   Without work there is neither.
    /// - A random share of work comes from items that are set apart for it, the rest by priority.
    /// - Sides are shuffled anew for every assignment.
    /// - An item is kept for the person for `leaseSeconds`, which begin anew whenever they come back. After that it goes
    ///   to whoever asks first, the person included; see ``submit(_:)`` for an answer that comes later.
    ///
    /// - Parameter count: how many the person should hold, those that they hold already included.
    /// - Returns: fewer where there is no more to do; none in a closed project, except what they hold.
    /// - Throws: ``FeedbackError/notActive(_:)`` for people who take no part.
    public func nextAssignments(
        _ count: Int, for annotator: Annotator.ID, in project: Project.ID
    ) throws -> [Assignment] {
        if actor != annotator { try requireLead() }
        let status = try reader.annotator(annotator).status
        guard status == .active else { throw FeedbackError.notActive(status) }
        let project = try reader.project(project)
        try releaseExpired(in: project.id, except: annotator)
        let dealer = Dealer(writer: self, project: project, annotator: annotator)
        var ids = try dealer.held(count)
        if project.closedAt == nil, project.definition.task != .chat {
            while ids.count < count, let id = try dealer.deal() { ids.append(id) }
        }
        return try ids.map(reader.assignment)
    }
}

/// Deals items of a project to one person.
struct Dealer {
    let writer: StoreWriter
    let project: Project
    let annotator: Annotator.ID

    private var database: Database { writer.database }
    private var definition: ProjectDefinition { project.definition }
    private var lease: Double {
        writer.now.addingTimeInterval(Double(definition.leaseSeconds)).timeIntervalSince1970
    }

    /// What the person holds, the oldest first, under the project's present version and with a new lease.
    func held(_ count: Int) throws -> [Assignment.ID] {
        let ids = try Assignment.ID.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT id FROM assignments WHERE annotator = ? AND project = ? AND state = 'open'
                    ORDER BY id LIMIT ?
                    """), arguments: [annotator, project.id, count])
        for id in ids {
            try writer.execute(
                """
                UPDATE assignments SET version = ?, expires_at = iif(expires_at IS NULL, NULL, ?) WHERE id = ?
                """, [project.version, lease, id])
        }
        return ids
    }

    /// - Returns: nil where there is nothing for the person at present.
    func deal() throws -> Assignment.ID? {
        if let id = try reclaimed() { return id }
        if try hasOpenTraining() { return nil }
        if let item = try nextTraining() { return try assign(item, drawn: .random, source: begin()) }
        var source = try begin()
        let orders: [Drawn] =
            definition.selection == .random || source.uniform() < definition.randomShare
            ? [.random, .selected] : [.selected, .random]
        guard let work = try nextWork(orders) else { return nil }
        let coin = source.uniform()
        if coin < definition.goldShare {
            if let gold = try nextGold(&source) { return try assign(gold, drawn: .random, source: source) }
        } else if coin < definition.goldShare + definition.repeatShare {
            if let past = try nextRepeat(&source) {
                return try assign(past, showing: 1, drawn: .random, source: source)
            }
        }
        return try assign(work.item, drawn: work.drawn, source: source, takesPlace: true)
    }

    /// One that the person had and kept too long, where nobody has taken the place.
    private func reclaimed() throws -> Assignment.ID? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT assignments.id, item FROM assignments JOIN items ON items.id = item
                WHERE annotator = ? AND assignments.project = ? AND state = 'released'
                    AND (expires_at IS NULL OR places > 0)
                ORDER BY assignments.id LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [annotator, project.id]) else { return nil }
        let id: Assignment.ID = try row.value("id")
        try writer.execute(
            """
            UPDATE assignments SET state = 'open', version = ?, expires_at = iif(expires_at IS NULL, NULL, ?)
            WHERE id = ?
            """, [project.version, lease, id])
        try writer.recountPlaces(of: row.value("item"))
        try writer.record(.dealt, "assignment \(id)", ["again": true])
        return id
    }

    /// The random numbers of the next item of the person's stream.
    func begin() throws -> RandomSource {
        let dealt = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT dealt FROM streams WHERE project = ? AND annotator = ?"),
            arguments: [project.id, annotator])
        if dealt == nil {
            try writer.execute(
                "INSERT INTO streams (project, annotator) VALUES (?, ?)", [project.id, annotator])
        }
        return try writer.source(for: project.id, annotator, dealt ?? 0)
    }

    /// - Parameter takesPlace: whether it counts towards the overlap, and so has a lease.
    func assign(
        _ item: Item.ID, showing: Int = 0, drawn: Drawn, source: RandomSource, takesPlace: Bool = false,
        arrangement: [Int]? = nil
    ) throws -> Assignment.ID {
        var source = source
        var positions = try Int.fetchAll(
            database.cachedStatement(sql: "SELECT position FROM responses WHERE item = ? ORDER BY position"),
            arguments: [item])
        source.shuffle(&positions)
        try writer.execute(
            """
            INSERT INTO assignments (project, item, annotator, showing, drawn, arrangement, version, state,
                created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)
            """,
            [
                project.id, item, annotator, showing, drawn.rawValue,
                try StoredJSON.text(arrangement ?? positions), project.version,
                writer.now.timeIntervalSince1970, takesPlace ? lease : nil,
            ])
        let id = database.lastInsertedRowID
        try writer.execute(
            "UPDATE streams SET dealt = dealt + 1 WHERE project = ? AND annotator = ?",
            [project.id, annotator])
        if takesPlace { try writer.recountPlaces(of: item) }
        try writer.record(
            .dealt, "assignment \(id)", ["item": .integer(Int(item)), "to": .integer(Int(annotator))])
        return id
    }
}
