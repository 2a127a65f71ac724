import Files
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Feedback

/// The file of a store, and what may happen to it and its companions.
@Suite struct FileWatchTests {
    private let study: Study
    private let project: Project.ID
    private let ada: Annotator.ID
    private var file: URL { study.store.url }

    init() throws {
        study = try Study()
        project = try study.project(work: 400)
        ada = try study.person("Ada")
    }

    private func beside(_ suffix: String) -> URL { URL(fileURLWithPath: file.path + suffix) }

    /// Copies as a shell would, into the same file.
    private func overwrite(_ destination: URL, with source: URL) throws {
        let handle = try FileHandle(forWritingTo: destination)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: try Data(contentsOf: source))
        try handle.close()
    }

    @Test func theFileAloneIsTheStoreOnceItHasSettled() throws {
        try study.work(ada, project, 20)
        try study.store.settle()
        let copy = study.folder.appending(path: "copy.sqlite")
        try FileManager.default.copyItem(at: file, to: copy)
        let counts = try FeedbackStore(at: copy).read { reader in
            try reader.verifyIntegrity()
            return try reader.judgments(in: project).count
        }
        #expect(counts == 20)
        let log = try beside("-wal").resourceValues(forKeys: [.fileSizeKey]).fileSize
        #expect(log == 0)
    }

    @Test func readersDoNotHoldUpTheRest() throws {
        try study.work(ada, project, 3)
        try study.store.read { reader in
            _ = try reader.judgments(in: project)
            let start = ContinuousClock.now
            try study.store.settle()
            #expect(start.duration(to: .now) < .seconds(5))
        }
        try study.work(ada, project, 3)
        try study.store.settle()
    }

    /// A log that is damaged, is missing or belongs to another file.
    @Test(arguments: ["damaged", "missing", "none"]) func whatWasAcknowledgedIsMissed(log: String) throws {
        try study.store.settle()
        try study.work(ada, project, 12)
        // As a process leaves it that is killed.
        let killed = study.folder.appending(path: "killed")
        try FileManager.default.createDirectory(at: killed, withIntermediateDirectories: true)
        let copy = killed.appending(path: "feedback.sqlite")
        for suffix in ["", "-wal", "-head"] {
            try FileManager.default.copyItem(
                at: beside(suffix), to: URL(fileURLWithPath: copy.path + suffix))
        }
        let copiedLog = URL(fileURLWithPath: copy.path + "-wal")
        switch log {
        case "damaged":
            var bytes = try Data(contentsOf: copiedLog)
            for place in 0..<5 { bytes[100 + place * 7] ^= 0x40 }
            try bytes.write(to: copiedLog)
        case "missing": try FileManager.default.removeItem(at: copiedLog)
        default: break
        }
        guard log != "none" else {
            #expect(try FeedbackStore(at: copy).read { try $0.judgments(in: project).count } == 12)
            return
        }
        for access in [FeedbackStore.Access.existing, .reading, .create] {
            let error = #expect(throws: FeedbackError.self) { try FeedbackStore(at: copy, access) }
            guard case .behind(copy, _, _) = error else {
                Issue.record("\(log): \(String(describing: error))")
                return
            }
            #expect(error?.category == .damaged && error?.description.contains("-head") == true)
        }
        // Whoever wants what is left gets it.
        AuditHead.remove(beside: copy)
        #expect(try FeedbackStore(at: copy).read { try $0.judgments(in: project).count } < 12)
    }

    @Test(arguments: ["cp", "mv", "rm", "backup"]) func nothingIsAcknowledgedOnAnotherFile(way: String) throws
    {
        let old = study.folder.appending(path: "old.sqlite")
        if way == "backup" {
            try study.store.backup(to: old)
        } else {
            try study.store.settle()
            try FileManager.default.copyItem(at: file, to: old)
        }
        try study.work(ada, project, 5)
        try study.store.settle()
        switch way {
        case "cp", "backup": try overwrite(file, with: old)
        case "mv": #expect(rename(old.path, file.path) == 0)
        default: try FileManager.default.removeItem(at: file)
        }
        let before = try? Data(contentsOf: file)
        #expect(throws: FeedbackError.replaced(file)) { try study.work(ada, project, 1) }
        // Not now, and not later; and nothing is written into what was put there.
        #expect(throws: FeedbackError.replaced(file)) { try study.work(ada, project, 1) }
        #expect(throws: FeedbackError.replaced(file)) { try study.store.settle() }
        try study.store.close()
        let after = try? Data(contentsOf: file)
        #expect(after == before)
    }

    @Test func othersMayWriteToTheSameStore() throws {
        try study.work(ada, project, 2)
        let other = try FeedbackStore(at: file)
        for number in 0..<3 {
            try other.write(by: nil) {
                _ = try $0.createProject("other \(number)", ProjectDefinition(task: .rate))
            }
            try other.settle()
            try study.work(ada, project, 2)
            try study.store.settle()
        }
        try other.close()
        try study.work(ada, project, 2)
        try study.store.close()
        #expect(!FileSystem.exists(beside("-head")) && !FileSystem.exists(beside("-wal")))
        #expect(try FeedbackStore(at: file).read { try $0.judgments(in: project).count } == 10)
    }

    @Test func aBackupIsPutInPlaceOnceNobodyUsesTheStore() throws {
        let old = study.folder.appending(path: "old.sqlite")
        try study.work(ada, project, 2)
        try study.store.backup(to: old)
        try study.work(ada, project, 2)
        try study.store.close()
        try overwrite(file, with: old)
        #expect(try FeedbackStore(at: file).read { try $0.judgments(in: project).count } == 2)
    }
}
