import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct FileLockTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func excludesAndNamesTheHolder() throws {
        let file = folder.item(".lock")
        var holder: FileLock? = try FileLock(at: file, for: folder.url)
        try withExtendedLifetime(holder) {
            let error = try #require(throws: FileError.self) { _ = try FileLock(at: file, for: folder.url) }
            #expect(error == .inUse(folder.url, process: getpid()))
            #expect(
                error.description
                    == "\(folder.url.path): in use by process \(getpid()); "
                    + "wait for it to end or choose another output"
            )
            #expect(error.category == .tryAgain)
        }
        holder = nil
        _ = try FileLock(at: file, for: folder.url)
    }

    @Test func oneOfManyGetsIt() async throws {
        let file = folder.item(".lock")
        let locks = await withTaskGroup(of: FileLock?.self) { group in
            for _ in 0..<16 { group.addTask { try? FileLock(at: file, for: file) } }
            return await group.reduce(into: [FileLock]()) { locks, lock in locks += lock.map { [$0] } ?? [] }
        }
        #expect(locks.count == 1)
    }

    @Test func aKilledHolderLeavesItFree() async throws {
        let file = folder.item(".lock")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = file.path as String] in
            let url = URL(fileURLWithPath: path)
            let lock = try FileLock(at: url, for: url)
            withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
        }
        #expect(FileSystem.exists(file))
        _ = try FileLock(at: file, for: file)
    }
}
