import Foundation
import GRDB
import JSON

extension StoreReader {
    /// Everybody who ever joined, in that order.
    public func annotators() throws -> [Annotator] {
        try Row.fetchAll(database, sql: "SELECT * FROM annotators ORDER BY id").map(Annotator.init)
    }

    public func annotator(_ id: Annotator.ID) throws -> Annotator {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM annotators WHERE id = ?"), arguments: [id])
        else { throw FeedbackError.noAnnotator("\(id)") }
        return try Annotator(row)
    }

    /// - Returns: nil where nobody has the name.
    public func annotator(named name: String) throws -> Annotator? {
        try Row.fetchOne(database, sql: "SELECT * FROM annotators WHERE name = ?", arguments: [name])
            .map(Annotator.init)
    }
}

extension StoreWriter {
    /// Sets what a person declares about themselves: by that person or a lead.
    /// - Throws: ``FeedbackError/undeclaredGroup(name:value:declared:)``
    public func setGroups(_ groups: [String: String], of annotator: Annotator.ID) throws {
        if actor != annotator { try requireLead() }
        guard try reader.annotator(annotator).status != .withdrawn else {
            throw FeedbackError.notActive(.withdrawn)
        }
        try validate(groups: groups)
        try execute(
            "UPDATE annotators SET groups = ? WHERE id = ?", [try StoredJSON.text(groups), annotator])
        // What somebody declares is theirs to take back: the audit says that, not what.
        try record(.groupsSet, "annotator \(annotator)")
    }

    /// What people declare is among what some project asks for.
    func validate(groups: [String: String]) throws {
        guard !groups.isEmpty else { return }
        let declared = try reader.projects().flatMap(\.definition.groups)
        for (name, value) in groups.sorted(by: { $0.key < $1.key }) {
            let values = declared.filter { $0.name == name }.flatMap(\.values)
            guard values.contains(value) else {
                throw FeedbackError.undeclaredGroup(name: name, value: value, declared: values)
            }
        }
    }

    func addAnnotator(name: String, role: Annotator.Role, groups: [String: String]) throws -> Annotator.ID {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        let isPrintable = !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard !name.isEmpty, name.count <= 80, isPrintable, !name.hasPrefix(Annotator.pseudonymPrefix) else {
            throw FeedbackError.invalidName(
                name,
                expected: "1 to 80 characters that can be printed, not \"\(Annotator.pseudonymPrefix)…\"")
        }
        guard try reader.annotator(named: name) == nil else { throw FeedbackError.nameTaken(name) }
        try execute(
            "INSERT INTO annotators (name, role, groups, created_at) VALUES (?, ?, ?, ?)",
            [name, role.rawValue, try StoredJSON.text(groups), now.timeIntervalSince1970])
        return database.lastInsertedRowID
    }
}

extension Annotator {
    /// What the name of somebody who has withdrawn begins with.
    static let pseudonymPrefix = "withdrawn "

    init(_ row: Row) throws {
        self.init(
            id: try row.value("id"), name: try row.value("name"), role: try row.enumeration("role"),
            status: try row.enumeration("status"), groups: try row.json("groups"),
            createdAt: try row.date("created_at"))
    }
}
