import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct AppendableFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func appendsToWhatIsThereAndCuts() throws {
        try folder.write("one\n", to: "log")
        let file = try AppendableFile(folder.item("log"))
        try file.append(Data("two\n".utf8))
        #expect(try folder.text(of: "log") == "one\ntwo\n")
        try file.truncate(to: 4)
        try file.append(Data("three\n".utf8))
        try file.synchronize()
        #expect(try folder.text(of: "log") == "one\nthree\n")
    }

    @Test(arguments: [
        ("", ""), ("one\n", ""), ("one\ntwo", "two"), ("no end", "no end"),
        ("one\n" + String(repeating: "x", count: 200_000), String(repeating: "x", count: 200_000)),
    ])
    func tailIsWhatStandsBehindTheLastEnd(content: String, tail: String) throws {
        try folder.write(content, to: "log")
        let file = try AppendableFile(folder.item("log"))
        #expect(try file.tail(after: UInt8(ascii: "\n")) == Array(tail.utf8))
        #expect(try file.byteCount == content.utf8.count)
        try file.append(Data("more".utf8))
        #expect(try folder.text(of: "log") == content + "more")
    }

    /// The limit on a file's size stands in for a full disk: a record is written in part, then refused.
    @Test func takesBackARecordThatDidNotFit() async throws {
        let url = folder.item("log")
        await #expect(processExitsWith: .success) { [path = url.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 25, rlim_max: 25)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let file = try AppendableFile(URL(fileURLWithPath: path))
            try file.append(Data("first record\n".utf8))
            #expect(throws: FileError.refused(file.url, .write, code: EFBIG)) {
                try file.append(Data("second, longer record\n".utf8))
            }
        }
        #expect(try folder.text(of: "log") == "first record\n")
    }

    @Test func aFullDiskSaysWhatToDo() throws {
        let full = URL(fileURLWithPath: "/dev/full")
        let error = try #require(throws: FileError.self) { try AppendableFile(full).append(Data("x".utf8)) }
        #expect(
            error.description
                == "/dev/full: cannot write: No space left on device; "
                + "free some space on that disk, then continue"
        )
        #expect(error.category == .inputOutput)
    }

    @Test func aRemovedFileIsNoticed() throws {
        let file = try AppendableFile(folder.item("log"))
        try file.append(Data("x".utf8))
        try FileSystem.remove(folder.item("log"))
        #expect(throws: FileError.lost(folder.item("log"))) { try file.append(Data("y".utf8)) }
    }
}
