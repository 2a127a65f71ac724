import Datasets
import Foundation
import GRDB
import Hashing
import JSON

extension StoreReader {
    /// - Throws: ``FeedbackError/noConversation(_:)``
    public func conversation(_ id: Conversation.ID) throws -> Conversation {
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM conversations WHERE id = ?", arguments: [id])
        guard let row else { throw FeedbackError.noConversation(id) }
        return Conversation(
            id: id, project: try row.value("project"), annotator: try row.value("annotator"),
            createdAt: try row.date("created_at"), endedAt: try row.optionalDate("ended_at"))
    }

    /// The turns of a conversation in their order, as they were dealt to the one who holds it.
    public func turns(of conversation: Conversation.ID) throws -> [Assignment] {
        try Assignment.ID.fetchAll(
            database,
            sql: """
                SELECT assignments.id FROM items JOIN assignments ON item = items.id
                WHERE conversation = ? ORDER BY items.id
                """, arguments: [conversation]
        ).map(assignment)
    }

    /// The conversations of a person, the newest first.
    public func conversations(of annotator: Annotator.ID, in project: Project.ID) throws -> [Conversation] {
        try Conversation.ID.fetchAll(
            database,
            sql: "SELECT id FROM conversations WHERE annotator = ? AND project = ? ORDER BY id DESC",
            arguments: [annotator, project]
        ).map(conversation)
    }
}

extension StoreWriter {
    /// Starts a live chat of the actor in a project whose task is `chat`.
    public func startConversation(in id: Project.ID) throws -> Conversation {
        guard let actor else { throw FeedbackError.invalidTurn(expected: "a person", found: "nobody") }
        let status = try reader.annotator(actor).status
        guard status == .active else { throw FeedbackError.notActive(status) }
        let project = try reader.project(id)
        guard project.closedAt == nil else { throw FeedbackError.projectClosed(project.name) }
        guard project.definition.task == .chat else {
            throw FeedbackError.invalidTurn(
                expected: "a project of the task chat", found: "one of the task \(project.definition.task)")
        }
        try execute(
            "INSERT INTO conversations (project, annotator, created_at) VALUES (?, ?, ?)",
            [id, actor, now.timeIntervalSince1970])
        let conversation = database.lastInsertedRowID
        try record(.conversationStarted, "conversation \(conversation)")
        return try reader.conversation(conversation)
    }

    /// Adds a turn: two answers to what the person wrote, for that person alone to judge.
    ///
    /// - Parameters:
    ///   - prompt: the conversation so far, with what the person wrote last.
    ///   - parent: the turn that it continues; nil for the first.
    ///   - arrangement: the response's position for each side, where they have been shown already; else they are shuffled.
    public func addTurn(
        to id: Conversation.ID, prompt: Text, responses: [ItemResponse], parent: Item.ID? = nil,
        extra: JSONObject = [:], arrangement: [Int]? = nil
    ) throws -> Assignment {
        let conversation = try openConversation(id)
        guard responses.count == 2, !prompt.isEmpty else {
            throw FeedbackError.invalidTurn(
                expected: "a prompt and two answers",
                found: "\(prompt.isEmpty ? "no" : "a") prompt and \(responses.count)")
        }
        if let parent, try reader.item(parent).conversation != id {
            throw FeedbackError.invalidTurn(
                expected: "a turn of the same conversation", found: "item \(parent)")
        }
        if let arrangement, arrangement.sorted() != [0, 1] {
            throw FeedbackError.invalidTurn(expected: "an order of 0 and 1", found: "\(arrangement)")
        }
        let project = try reader.project(conversation.project)
        let turn = try Int64.fetchOne(
            database, sql: "SELECT count(*) FROM items WHERE conversation = ?", arguments: [id])
        let item = try insert(
            NewItem(prompt: prompt, responses: responses, extra: extra), kind: .chat, into: project,
            conversation: id, parent: parent, hash: SHA256.hash(of: "\(id) \(turn ?? 0)"))
        guard let item else {
            throw FeedbackError.invalidTurn(expected: "a new turn", found: "turn \(turn ?? 0) twice")
        }
        let dealer = Dealer(writer: self, project: project, annotator: conversation.annotator)
        let assignment = try dealer.assign(
            item, drawn: .random, source: dealer.begin(), arrangement: arrangement)
        return try reader.assignment(assignment)
    }

    /// Ends a conversation; its turns can still be judged.
    public func endConversation(_ id: Conversation.ID) throws {
        _ = try openConversation(id)
        try execute("UPDATE conversations SET ended_at = ? WHERE id = ?", [now.timeIntervalSince1970, id])
        try record(.conversationEnded, "conversation \(id)")
    }

    private func openConversation(_ id: Conversation.ID) throws -> Conversation {
        let conversation = try reader.conversation(id)
        guard conversation.annotator == actor else { throw FeedbackError.noConversation(id) }
        let status = try reader.annotator(conversation.annotator).status
        guard status == .active else { throw FeedbackError.notActive(status) }
        guard conversation.endedAt == nil else { throw FeedbackError.conversationEnded(id) }
        return conversation
    }
}
