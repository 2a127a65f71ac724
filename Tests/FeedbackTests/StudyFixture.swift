import Datasets
import Foundation
import GRDB
import Synchronization
import Testing

@testable import Feedback

/// A store in a folder of its own, with a clock that a test turns and people who judge.
final class Study: Sendable {
    let folder: URL
    let store: FeedbackStore
    let clock = Clock()

    init(seed: UInt64 = 1, named name: String = "feedback.sqlite") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "heed-\(UUID().uuidString)")
        store = try FeedbackStore(at: folder.appending(path: name), .create, seed: seed) { [clock] in
            clock.date
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    final class Clock: Sendable {
        private let now = Mutex(Date(timeIntervalSince1970: 1_000_000))
        var date: Date { now.withLock { $0 } }
        func advance(by seconds: TimeInterval) { now.withLock { $0 += seconds } }
    }

    /// Lets somebody join.
    func person(_ name: String, _ role: Annotator.Role = .annotator, groups: [String: String] = [:]) throws
        -> Annotator.ID
    {
        try admission(name, role, groups: groups).annotator.id
    }

    func admission(_ name: String, _ role: Annotator.Role = .annotator, groups: [String: String] = [:]) throws
        -> Admission
    {
        try store.write(by: nil) {
            try $0.accept(invitation: $0.invite(role: role), name: name, groups: groups)
        }
    }

    func people(_ count: Int) throws -> [Annotator.ID] { try (0..<count).map { try person("person \($0)") } }

    @discardableResult
    func project(
        _ task: LabellingTask = .compare, named name: String = "study", work: Int = 0,
        _ configure: (inout ProjectDefinition) -> Void = { _ in }
    ) throws -> Project.ID {
        var definition = ProjectDefinition(task: task)
        configure(&definition)
        return try store.write(by: nil) {
            let id = try $0.createProject(name, definition).id
            try $0.addItems((0..<work).map { .pair("work \($0)") }, to: id)
            return id
        }
    }

    func next(_ annotator: Annotator.ID, _ project: Project.ID, _ count: Int = 1) throws -> [Assignment] {
        try store.write(by: annotator) { try $0.nextAssignments(count, for: annotator, in: project) }
    }

    @discardableResult
    func submit(
        _ assignment: Assignment, _ opinion: Opinion = .first, request: UUID = UUID(), replacing: Int = 0,
        by actor: Annotator.ID? = nil
    ) throws -> SubmissionResult {
        try store.write(by: actor ?? assignment.annotator) {
            try $0.submit(
                Submission(
                    assignment: assignment.id, request: request, opinion: opinion, seconds: 3,
                    replacing: replacing))
        }
    }

    /// All that is on the disk: the file and its companions.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .reduce(into: Data()) { $0 += try Data(contentsOf: $1) }
    }

    /// Lets a person answer what comes, at most so many; what was shown, in order.
    @discardableResult
    func work(_ annotator: Annotator.ID, _ project: Project.ID, _ count: Int = .max) throws -> [Assignment] {
        var shown: [Assignment] = []
        while shown.count < count, let assignment = try next(annotator, project).first {
            try submit(assignment)
            shown.append(assignment)
        }
        return shown
    }
}

extension StoreReader {
    /// Holds the file against SQLite's own checks, and the audit against what it tells of.
    func verifyIntegrity() throws {
        #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
        #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
        try verifyAudit()
    }
}

extension NewItem {
    /// Two answers of two models.
    static func pair(_ prompt: String, expected: Opinion? = nil, explanation: String = "") -> NewItem {
        NewItem(
            prompt: .plain(prompt),
            responses: [
                ItemResponse(text: "\(prompt), one", finish: .stop, policy: Policy(name: "A", hash: "aa")),
                ItemResponse(
                    text: "\(prompt), two", policy: Policy(name: "B", sampler: ["temperature": 0.7])),
            ], extra: ["number": 1], expected: expected, explanation: explanation)
    }
}

extension Opinion {
    static let first = Opinion(verdicts: ["": .better(0, strength: 2)])
    static let second = Opinion(verdicts: ["": .better(1, strength: 1)])
}

extension Assignment {
    var prompt: String {
        if case .plain(let text) = item.prompt { text } else { "" }
    }
}

extension Data {
    func contains(_ part: Data) -> Bool { range(of: part) != nil }
}

extension StoredJSON {
    static func value<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
