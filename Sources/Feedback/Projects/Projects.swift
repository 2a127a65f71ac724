import Foundation
import GRDB
import JSON

extension StoreReader {
    public func projects() throws -> [Project] {
        try Row.fetchAll(database, sql: "SELECT * FROM projects ORDER BY id").map(Project.init)
    }

    /// - Throws: ``FeedbackError/noProject(_:)``
    public func project(_ id: Project.ID) throws -> Project {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM projects WHERE id = ?"), arguments: [id])
        else { throw FeedbackError.noProject("\(id)") }
        return try Project(row)
    }

    /// - Returns: nil where no project has the name.
    public func project(named name: String) throws -> Project? {
        try Row.fetchOne(database, sql: "SELECT * FROM projects WHERE name = ?", arguments: [name])
            .map(Project.init)
    }

    /// What a project asked in one of its versions.
    public func definition(of project: Project.ID, version: Int) throws -> ProjectDefinition {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT project, definition FROM project_versions WHERE project = ? AND version = ?"),
            arguments: [project, version])
        guard let row else { throw FeedbackError.noProject("\(project) of version \(version)") }
        return try row.definition()
    }
}

extension StoreWriter {
    @discardableResult
    public func createProject(_ name: String, _ definition: ProjectDefinition) throws -> Project {
        try requireLead()
        try definition.validate()
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty, name.count <= 120 else {
            throw FeedbackError.invalidName(name, expected: "1 to 120 characters")
        }
        guard try reader.project(named: name) == nil else { throw FeedbackError.nameTaken(name) }
        try execute(
            "INSERT INTO projects (name, definition, overlap, created_at) VALUES (?, ?, ?, ?)",
            [name, try StoredJSON.text(definition), definition.overlap, now.timeIntervalSince1970])
        let id = database.lastInsertedRowID
        try addVersion(1, of: id, definition)
        try record(.projectCreated, "project \(id)", ["name": .string(name)])
        return try reader.project(id)
    }

    /// Gives a project another definition, as a new version; judgments know theirs.
    ///
    /// The task stays what it is. Once items have been selected, the random share can only shrink: what is left of the
    /// others is no random choice.
    @discardableResult
    public func updateProject(_ id: Project.ID, _ definition: ProjectDefinition) throws -> Project {
        try requireLead()
        try definition.validate()
        let project = try reader.project(id)
        guard project.definition != definition else { return project }
        try validateChange(of: project, to: definition)
        try addVersion(project.version + 1, of: id, definition)
        try execute(
            "UPDATE projects SET version = version + 1, definition = ?, overlap = ? WHERE id = ?",
            [try StoredJSON.text(definition), definition.overlap, id])
        if project.definition.overlap != definition.overlap { try recountPlaces(in: id) }
        try resetFrontiers(in: id)
        try record(.projectChanged, "project \(id)", ["version": .integer(project.version + 1)])
        return try reader.project(id)
    }

    /// No more items are dealt. Answers to those that people have are still taken.
    public func closeProject(_ id: Project.ID) throws {
        try requireLead()
        guard try reader.project(id).closedAt == nil else { return }
        try execute("UPDATE projects SET closed_at = ? WHERE id = ?", [now.timeIntervalSince1970, id])
        try record(.projectClosed, "project \(id)")
    }

    public func reopenProject(_ id: Project.ID) throws {
        try requireLead()
        guard try reader.project(id).closedAt != nil else { return }
        try execute("UPDATE projects SET closed_at = NULL WHERE id = ?", [id])
        try record(.projectReopened, "project \(id)")
    }

    private func addVersion(_ version: Int, of id: Project.ID, _ definition: ProjectDefinition) throws {
        try execute(
            "INSERT INTO project_versions (project, version, definition, created_at) VALUES (?, ?, ?, ?)",
            [id, version, try StoredJSON.text(definition), now.timeIntervalSince1970])
    }

    private func validateChange(of project: Project, to definition: ProjectDefinition) throws {
        guard definition.task == project.definition.task else {
            throw FeedbackError.invalidDefinition(
                setting: "task", expected: "\(project.definition.task), which can no longer change",
                found: "\(definition.task)")
        }
        let hasSelected = try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM assignments WHERE project = ? AND drawn = 'selected')",
            arguments: [project.id])
        guard hasSelected == true else { return }
        let share = project.definition.effectiveRandomShare
        guard definition.effectiveRandomShare <= share else {
            throw FeedbackError.invalidDefinition(
                setting: "random_share",
                expected: "at most \(share), as items have been selected from the others; or a new project",
                found: "\(definition.effectiveRandomShare)")
        }
    }
}

extension ProjectDefinition {
    /// The share of the items that are only ever drawn at random.
    var effectiveRandomShare: Double { selection == .random ? 1 : randomShare }
}

extension Project {
    init(_ row: Row) throws {
        self.init(
            id: try row.value("id"), name: try row.value("name"), version: try row.value("version"),
            definition: try row.definition(), createdAt: try row.date("created_at"),
            closedAt: try row.optionalDate("closed_at"))
    }
}
