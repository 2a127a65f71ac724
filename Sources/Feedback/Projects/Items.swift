import Datasets
import Foundation
import GRDB
import Hashing
import JSON

extension StoreReader {
    public func item(_ id: Item.ID) throws -> Item {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM items WHERE id = ?"), arguments: [id])
        else { throw FeedbackError.noItem(id) }
        return try item(row, responses(of: id))
    }

    /// The items of a project in the order in which they were added.
    ///
    /// - Parameters:
    ///   - kind: nil for all kinds.
    ///   - after: only those with a greater number, for readers that go through them piece by piece.
    ///   - limit: how many at most; nil for all.
    public func items(
        in project: Project.ID, kind: ItemKind? = nil, after: Item.ID = 0, limit: Int? = nil
    ) throws -> [Item] {
        let condition = "project = ? AND kind = ifnull(?, kind) AND id > ? ORDER BY id LIMIT ?"
        let values: StatementArguments = [project, kind?.rawValue, after, limit ?? -1]
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM items WHERE " + condition, arguments: values)
        let responses = try responses(of: "SELECT id FROM items WHERE " + condition, values)
        return try rows.map { try item($0, responses[$0.value("id")] ?? []) }
    }

    private func item(_ row: Row, _ responses: [ItemResponse]) throws -> Item {
        Item(
            id: try row.value("id"), project: try row.value("project"), kind: try row.enumeration("kind"),
            prompt: try row.json("prompt"), extra: try row.object("extra"), responses: responses,
            expected: try row.expected(of: responses.count), explanation: try row.value("explanation"),
            conversation: try row.optional("conversation"), parent: try row.optional("parent"))
    }

    private func responses(of item: Item.ID) throws -> [ItemResponse] {
        try responses(of: "?", [item])[item] ?? []
    }

    /// - Parameter items: SQL for the numbers of the items.
    private func responses(
        of items: String, _ arguments: StatementArguments
    ) throws -> [Item.ID: [ItemResponse]] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT item, text, finish, extra, policy, name, hash, sampler FROM responses
                LEFT JOIN policies ON policies.id = policy WHERE item IN (\(items)) ORDER BY item, position
                """)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var responses: [Item.ID: [ItemResponse]] = [:]
        while let row = try rows.next() {
            responses[try row.value("item"), default: []].append(try ItemResponse(row))
        }
        return responses
    }
}

extension ItemResponse {
    init(_ row: Row) throws {
        let isAttributed = try row.optional("policy", as: Int64.self) != nil
        let isFinished = try row.optional("finish", as: String.self) != nil
        self.init(
            text: try row.value("text"), finish: isFinished ? try row.enumeration("finish") : nil,
            policy: isAttributed ? try Policy(row) : nil, extra: try row.object("extra"))
    }
}

extension Policy {
    init(_ row: Row) throws {
        self.init(
            name: try row.value("name"), hash: try row.value("hash"), sampler: try row.object("sampler"))
    }
}

extension StoreWriter {
    /// Adds items to a project. One that is there already, by its prompt and responses and who wrote them, is left alone.
    ///
    /// - Returns: how many were added, and how many were there.
    @discardableResult
    public func addItems(
        _ items: [NewItem], to id: Project.ID, kind: ItemKind = .work
    ) throws -> (added: Int, duplicates: Int) {
        try requireLead()
        let project = try reader.project(id)
        var added = 0
        for (index, item) in items.enumerated() {
            try validate(item, index: index, kind: kind, project.definition)
            if try insert(item, kind: kind, into: project) != nil { added += 1 }
        }
        if added > 0 {
            try resetFrontiers(in: id)
            try record(
                .itemsAdded, "project \(id)", ["count": .integer(added), "kind": .string(kind.rawValue)])
        }
        return (added, items.count - added)
    }

    /// Makes a work item gold: its answer is known from now on, and it is dealt as gold is.
    public func makeGold(_ id: Item.ID, expected: Opinion, explanation: String = "") throws {
        try requireLead()
        let item = try reader.item(id)
        guard item.kind == .work || item.kind == .gold else {
            throw FeedbackError.invalidItem(
                index: 0, expected: "a work item to make gold of", found: item.kind.rawValue)
        }
        let project = try reader.project(item.project)
        try OpinionCheck(definition: project.definition.withoutReason, responseCount: item.responses.count)
            .validate(expected)
        try execute(
            "UPDATE items SET kind = 'gold', expected = ?, explanation = ? WHERE id = ?",
            [try StoredJSON.text(expected), explanation, id])
        // Nobody holds a place of a gold item.
        try execute("UPDATE assignments SET expires_at = NULL WHERE item = ?", [id])
        try record(.goldMade, "item \(id)")
    }

    /// Says how informative each item would be; the greater go first. Items without a priority come last.
    public func setPriorities(_ priorities: [Item.ID: Double]) throws {
        try requireLead()
        for (id, priority) in priorities {
            try execute("UPDATE items SET priority = ? WHERE id = ?", [priority, id])
        }
        try record(.prioritiesSet, "items", ["count": .integer(priorities.count)])
    }

    /// - Returns: nil where the project has it already.
    func insert(
        _ item: NewItem, kind: ItemKind, into project: Project, conversation: Conversation.ID? = nil,
        parent: Item.ID? = nil, hash: Data? = nil
    ) throws -> Item.ID? {
        let hash = hash ?? item.contentHash
        try execute(
            """
            INSERT INTO items (project, kind, content_hash, prompt, extra, expected, explanation, lot, places,
                conversation, parent, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project, content_hash) DO NOTHING
            """,
            [
                project.id, kind.rawValue, hash, item.prompt.json.text(.compact),
                JSONValue.object(item.extra).text(.compact),
                try item.expected.map { try StoredJSON.text($0) },
                item.explanation, try lot(of: hash, in: project.id), project.definition.overlap, conversation,
                parent, now.timeIntervalSince1970,
            ])
        guard database.changesCount == 1 else { return nil }
        let id = database.lastInsertedRowID
        for (position, response) in item.responses.enumerated() {
            try execute(
                "INSERT INTO responses (item, position, text, finish, policy, extra) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    id, position, response.text, response.finish?.rawValue,
                    try response.policy.map { try identifier(of: $0) },
                    JSONValue.object(response.extra).text(.compact),
                ])
        }
        return id
    }

    private func identifier(of policy: Policy) throws -> Int64 {
        let sampler = JSONValue.object(policy.sampler).sortingNames().text(.compact)
        try execute(
            "INSERT INTO policies (name, hash, sampler) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [policy.name, policy.hash, sampler])
        let id = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM policies WHERE name = ? AND hash = ? AND sampler = ?"),
            arguments: [policy.name, policy.hash, sampler])
        guard let id else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a policy is gone") }
        return id
    }

    private func validate(_ item: NewItem, index: Int, kind: ItemKind, _ definition: ProjectDefinition) throws
    {
        func refuse(_ expected: String, _ found: String) -> FeedbackError {
            .invalidItem(index: index, expected: expected, found: found)
        }
        guard kind != .chat, definition.task != .chat else {
            throw refuse("items that are prepared", "one of a chat, which conversations make")
        }
        let counts = definition.task.responseCounts
        guard counts.contains(item.responses.count) else {
            let expected =
                counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
            throw refuse("\(expected) responses for the task \(definition.task)", "\(item.responses.count)")
        }
        guard !item.prompt.isEmpty else { throw refuse("a prompt", "an empty one") }
        guard kind == .work || item.expected != nil else {
            throw refuse("the known answer of a \(kind.rawValue) item", "none")
        }
        if let expected = item.expected {
            try OpinionCheck(definition: definition.withoutReason, responseCount: item.responses.count)
                .validate(expected)
        }
    }
}

extension NewItem {
    /// SHA-256 of what people see and who wrote it.
    var contentHash: Data {
        let responses: [JSONValue] = self.responses.map {
            [.string($0.text), .string($0.policy?.name ?? ""), .string($0.policy?.hash ?? "")]
        }
        let content: JSONValue = [prompt.json.sortingNames(), .array(responses)]
        return SHA256.hash(of: content.text(.compact))
    }
}

extension ProjectDefinition {
    /// Known answers need no reason.
    var withoutReason: ProjectDefinition {
        var definition = self
        definition.reason = .optional
        return definition
    }
}
