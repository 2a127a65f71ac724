import Files
import Foundation
import GRDB
import Testing

@testable import Feedback

@Suite struct BackupTests {
    let study: Study

    init() throws { study = try Study() }

    @Test func aCopyHoldsEverything() throws {
        let project = try study.project(work: 300)
        let ada = try study.person("Ada")
        try study.work(ada, project, 5)
        let copy = study.folder.appending(path: "copy.sqlite")
        try Data("an older copy".utf8).write(to: copy)
        var steps: [Double] = []
        try study.store.backup(to: copy) { steps.append($0) }
        #expect(steps == steps.sorted() && steps.last == 1)
        #expect(
            try names() == [
                "copy.sqlite", "feedback.sqlite", "feedback.sqlite-head", "feedback.sqlite-shm",
                "feedback.sqlite-wal",
            ])
        // It is one file, which can be carried away.
        let other = try Study()
        let moved = other.folder.appending(path: "moved.sqlite")
        try FileManager.default.moveItem(at: copy, to: moved)
        let store = try FeedbackStore(at: moved)
        let (one, two) = (
            try study.store.read { try $0.judgments(in: project) },
            try store.read { try $0.judgments(in: project) }
        )
        #expect(one == two && one.count == 5)
        try store.read { try $0.verifyAudit() }
        // And work goes on with it.
        #expect(try store.write(by: ada) { try $0.nextAssignments(1, for: ada, in: project) }.count == 1)
    }

    @Test func aCopyTakenWhileOthersWriteIsOneMoment() async throws {
        let project = try study.project(work: 2_000)
        let people = try study.people(3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people {
                group.addTask { [study] in try study.work(person, project, 150) }
            }
            for number in 0..<5 { try copy(project, as: "copy \(number).sqlite") }
            try await group.waitForAll()
        }
    }

    private func copy(_ project: Project.ID, as name: String) throws {
        let copy = study.folder.appending(path: name)
        let before = try study.store.read { try $0.judgments(in: project).map(\.id) }
        try study.store.backup(to: copy)
        let after = try study.store.read { try $0.judgments(in: project).map(\.id) }
        let copied = try FeedbackStore(at: copy).read { reader in
            try reader.verifyIntegrity()
            return try reader.judgments(in: project).map(\.id)
        }
        #expect(copied.starts(with: before) && after.starts(with: copied))
    }

    @Test func aCopyThatFailsLeavesNothing() throws {
        let before = try names()
        #expect(throws: FileError.self) {
            try study.store.backup(to: study.folder.appending(path: "no such folder/copy.sqlite"))
        }
        try FileManager.default.createDirectory(
            at: study.folder.appending(path: "taken/inner"), withIntermediateDirectories: true)
        #expect(throws: FileError.self) { try study.store.backup(to: study.folder.appending(path: "taken")) }
        #expect(try names() == before + ["taken"])
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: study.folder.path).sorted()
    }
}
