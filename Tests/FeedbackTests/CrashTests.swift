import Files
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Feedback

/// Nothing that was acknowledged is lost, whatever happens to the process or the disk.
@Suite struct CrashTests {
    @Test(arguments: [1, 3, 40, 90]) func killedAtAnyMoment(acknowledgements: Int) async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = folder.url.path as String, count = acknowledgements as Int] in
            try CrashingStudy(folder: URL(fileURLWithPath: path)).work(untilKilledAfter: count)
        }
        let told = try acknowledged(in: folder)
        #expect(told.count >= acknowledgements)
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"))
        let stored = try await store.read { try $0.requests() }
        #expect(Set(stored).count == stored.count)
        #expect(Set(stored).isSuperset(of: told))
        // And work goes on.
        let next = try await store.write(by: 1) { try $0.nextAssignments(1, for: 1, in: 1) }
        #expect(next.count == 1)
    }

    @Test func aFullStoreRefusesAndKeepsWhatItHas() throws {
        let study = try Study()
        let project = try study.project(work: 400)
        let ada = try study.person("Ada")
        try study.store.pool.writeWithoutTransaction {
            let pages = try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0
            try $0.execute(sql: "PRAGMA max_page_count = \(pages + 6)")
        }
        var acknowledged: [Assignment.ID] = []
        let error = #expect(throws: FileError.self) {
            while true {
                let next = try #require(try study.next(ada, project).first)
                try study.submit(next)
                acknowledged.append(next.id)
            }
        }
        #expect(error == .refused(study.store.url, .write, code: ENOSPC))
        #expect(error?.category == .inputOutput)
        #expect(!acknowledged.isEmpty)
        #expect(try study.store.read { try $0.judgments(in: project) }.map(\.assignment) == acknowledged)
        try study.store.read { try $0.verifyAudit() }
        // Once there is room, it goes on where it was.
        try study.store.pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        #expect(try study.work(ada, project).count == 400 - acknowledged.count)
        try study.store.read { try $0.verifyAudit() }
    }

    /// The system refuses to write further into a file, as it does on a full disk.
    @Test func aWriteThatFailsIsNotAcknowledged() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .success) { [path = folder.url.path as String] in
            try CrashingStudy(folder: URL(fileURLWithPath: path)).workUntilFilesMayNotGrow()
        }
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"))
        let stored = try await store.read { try $0.requests() }
        #expect(try acknowledged(in: folder) == stored)
    }

    private func acknowledged(in folder: TemporaryFolder) throws -> [UUID] {
        try folder.text(of: "acknowledged").split(separator: "\n").compactMap { UUID(uuidString: String($0)) }
    }
}

extension StoreReader {
    /// The ids of all answers in a store that is sound.
    fileprivate func requests() throws -> [UUID] {
        try verifyIntegrity()
        return try UUID.fetchAll(database, sql: "SELECT request FROM judgments ORDER BY id")
    }
}

/// Runs in a process of its own, and tells in a file what has been acknowledged.
private struct CrashingStudy {
    let store: FeedbackStore
    let project: Project.ID
    let people: [Annotator.ID]
    let log: Int32

    init(folder: URL) throws {
        store = try FeedbackStore(at: folder.appending(path: "feedback.sqlite"), .create)
        log = open(folder.appending(path: "acknowledged").path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        (project, people) = try store.write(by: nil) { writer in
            var definition = ProjectDefinition(task: .compare)
            definition.overlap = 4
            let project = try writer.createProject("study", definition).id
            try writer.addItems((0..<2_000).map { .pair("\($0)") }, to: project)
            let people = try (0..<4).map {
                try writer.accept(invitation: writer.invite(), name: "person \($0)").annotator.id
            }
            return (project, people)
        }
    }

    /// Several threads answer; one of them kills the process while the others go on.
    func work(untilKilledAfter count: Int) throws {
        DispatchQueue.concurrentPerform(iterations: people.count) { index in
            var answered = 0
            while (try? answer(people[index])) != nil {
                answered += 1
                if index == 0, answered == count { kill(getpid(), SIGKILL) }
            }
        }
    }

    func workUntilFilesMayNotGrow() throws {
        for _ in 0..<5 { try answer(people[0]) }
        signal(SIGXFSZ, SIG_IGN)
        var status = stat()
        stat(store.url.path + "-wal", &status)
        var limit = rlimit(rlim_cur: rlim_t(status.st_size) + 60_000, rlim_max: .max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let error = #expect(throws: FileError.self) {
            while true { try answer(people[0]) }
        }
        #expect(error?.category == .inputOutput)
    }

    private func answer(_ person: Annotator.ID) throws {
        let request = UUID()
        try store.write(by: person) {
            let next = try #require(try $0.nextAssignments(1, for: person, in: project).first)
            try $0.submit(Submission(assignment: next.id, request: request, opinion: .first, seconds: 1))
        }
        let line = Array((request.uuidString + "\n").utf8)
        _ = Foundation.write(log, line, line.count)
    }
}
