import Datasets
import Foundation
import GRDB
import JSON

/// What an import changed.
public struct ImportSummary: Codable, Hashable, Sendable {
    public let project: String
    /// Items that are new, and those that the project had already.
    public let items: Int
    public let knownItems: Int
    /// Judgments that are new, and those that the store had already.
    public let judgments: Int
    public let knownJudgments: Int
    public let people: Int
    /// Answers that were not understood, by the name of their question.
    public let unread: [String: Int]
    /// What was there and is no judgment of a person, or only a part of one, by what it is.
    public let leftOut: [String: Int]
    /// Nil where every mark came with its scale, or there is none.
    public let assumedScale: AssumedScale?

    /// What marks were taken for of which nobody said between which numbers they are.
    public struct AssumedScale: Codable, Hashable, Sendable {
        public let marks: Int
        public let lowest: Int
        public let highest: Int
    }

    enum CodingKeys: String, CodingKey {
        case project, items, judgments, people, unread
        case leftOut = "left_out"
        case assumedScale = "assumed_scale"
        case knownItems = "known_items"
        case knownJudgments = "known_judgments"
    }
}

extension FeedbackStore {
    /// Brings a study into a project, which is made where there is none: all of it or, where something does not fit,
    /// nothing. The same study again changes nothing.
    ///
    /// People who judged elsewhere become annotators under the names that they had there; they have no way to sign in.
    ///
    /// - Parameter task: of a new project, where the judgments do not say.
    /// - Throws: ``ExchangeError`` where the task does not fit, `DataError` with the place of a judgment that does not.
    @discardableResult
    public func add(
        _ study: ImportedStudy, to name: String, task: LabellingTask? = nil
    ) throws -> ImportSummary {
        try write(by: nil) { writer in
            var importing = try Importing(writer, study: study, project: name, task: task)
            try importing.add(study.items)
            return importing.summary(of: study)
        }
    }
}

private struct Importing {
    private let writer: StoreWriter
    private let project: Project
    private var people: [String: Annotator.ID] = [:]
    private var (items, knownItems, judgments, knownJudgments) = (0, 0, 0, 0)

    init(_ writer: StoreWriter, study: ImportedStudy, project name: String, task: LabellingTask?) throws {
        self.writer = writer
        if let project = try writer.reader.project(named: name) {
            if let other = study.task, other != project.definition.task.judgedLike {
                throw ExchangeError.otherTask(
                    project: project.name, task: project.definition.task, rows: other)
            }
            try study.check(against: project.definition, named: project.name)
            self.project = project
        } else {
            guard let definition = study.definition(task: task) else {
                throw ExchangeError.unknownTask(project: name, leftOut: study.withoutJudgment)
            }
            project = try writer.createProject(name, definition)
        }
    }

    func summary(of study: ImportedStudy) -> ImportSummary {
        ImportSummary(
            project: project.name, items: items, knownItems: knownItems, judgments: judgments,
            knownJudgments: knownJudgments, people: people.count, unread: study.unread,
            leftOut: study.leftOut, assumedScale: study.assumedScale(in: project.definition))
    }

    mutating func add(_ imported: [ImportedItem]) throws {
        let new = imported.map { NewItem(prompt: $0.prompt, responses: $0.responses, extra: $0.extra) }
        (items, knownItems) = try writer.addItems(new, to: project.id)
        for (item, imported) in zip(new, imported) where !imported.judgments.isEmpty {
            let id = try writer.reader.itemID(of: item, in: project.id)
            for judgment in imported.judgments { try add(judgment, to: id) }
        }
    }

    /// What a person says about further aspects joins what they said before; the same again is no news; anything else is
    /// a change of mind.
    private mutating func add(_ judgment: ImportedJudgment, to item: Item.ID) throws {
        let person = try person(judgment)
        let acting = StoreWriter(database: writer.database, actor: person, now: writer.now)
        let held = try writer.heldForImport(item, by: person, in: project)
        var opinion = judgment.opinion
        if let former = held.opinion {
            opinion = former.merging(judgment.opinion)
            guard opinion != former else {
                knownJudgments += 1
                return
            }
        }
        do {
            try acting.submit(
                Submission(
                    assignment: held.assignment, request: UUID(), opinion: opinion,
                    seconds: judgment.seconds, replacing: held.revision),
                under: definition(for: opinion), at: judgment.createdAt ?? writer.now)
        } catch FeedbackError.invalidOpinion(let field, let expected, let found) {
            throw DataError(
                at: judgment.place, expected: "\(field): \(expected)",
                found: found, remedy: "fix or remove it, or import into another project")
        }
        judgments += 1
    }

    /// Aspects may come one after the other, and nobody can be asked for a reason any more.
    private func definition(for opinion: Opinion) -> ProjectDefinition {
        var definition = project.definition.withoutReason
        let judged = definition.aspects.filter { opinion.verdicts[$0.name] != nil }
        let areKnown = opinion.verdicts.keys.allSatisfy { name in
            definition.aspects.contains { $0.name == name }
        }
        if areKnown { definition.aspects = judged }
        return definition
    }

    private mutating func person(_ judgment: ImportedJudgment) throws -> Annotator.ID {
        if let known = people[judgment.annotator] { return known }
        let id =
            try writer.reader.annotator(named: judgment.annotator)?.id
            ?? writer.addAnnotator(name: judgment.annotator, role: .annotator, groups: groups(judgment))
        people[judgment.annotator] = id
        return id
    }

    private func groups(_ judgment: ImportedJudgment) -> [String: String] {
        let isDeclared = project.definition.groups.contains { attribute in
            attribute.name == "group" && judgment.group.map(attribute.values.contains) == true
        }
        return judgment.group.flatMap { isDeclared ? ["group": $0] : nil } ?? [:]
    }
}

extension LabellingTask {
    /// The task whose judgments look the same.
    fileprivate var judgedLike: LabellingTask { self == .chat ? .compare : self }
}

extension Opinion {
    /// With what the other says in place of what this one says about the same.
    fileprivate func merging(_ other: Opinion) -> Opinion {
        Opinion(
            verdicts: verdicts.merging(other.verdicts) { $1 }, flags: flags.merging(other.flags) { $1 },
            edits: edits.merging(other.edits) { $1 }, reason: other.reason.isEmpty ? reason : other.reason)
    }
}

extension StoreReader {
    /// The item with this content.
    fileprivate func itemID(of item: NewItem, in project: Project.ID) throws -> Item.ID {
        let id = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM items WHERE project = ? AND content_hash = ?"),
            arguments: [project, item.contentHash])
        guard let id else { throw FeedbackError.noItem(0) }
        return id
    }
}

extension StoreWriter {
    /// What a person holds of an item: the assignment that is there, or one that is made for what they said elsewhere. It
    /// counts as selected, as nobody drew it here.
    fileprivate func heldForImport(
        _ item: Item.ID, by person: Annotator.ID, in project: Project
    ) throws -> (assignment: Assignment.ID, revision: Int, opinion: Opinion?) {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT a.id, a.revision, j.opinion, r.reason, r.edits FROM assignments a
                    LEFT JOIN judgments j ON j.assignment = a.id AND j.revision = a.revision
                    LEFT JOIN remarks r ON r.judgment = j.id
                    WHERE a.item = ? AND a.annotator = ? AND a.showing = 0
                    """), arguments: [item, person])
        if let row {
            let isJudged = try row.optional("opinion", as: String.self) != nil
            return (try row.value("id"), try row.value("revision"), isJudged ? try Opinion(row) : nil)
        }
        let count = try reader.item(item).responses.count
        try execute(
            "INSERT INTO streams (project, annotator) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [project.id, person])
        try execute(
            """
            INSERT INTO assignments (project, item, annotator, showing, drawn, arrangement, version, state, created_at)
            VALUES (?, ?, ?, 0, 'selected', ?, ?, 'open', ?)
            """,
            [
                project.id, item, person, try StoredJSON.text(Array(0..<count)), project.version,
                now.timeIntervalSince1970,
            ])
        let assignment = database.lastInsertedRowID
        try execute(
            "UPDATE streams SET dealt = dealt + 1 WHERE project = ? AND annotator = ?", [project.id, person])
        return (assignment, 0, nil)
    }
}
