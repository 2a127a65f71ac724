import Foundation
import TestSupport
import Testing

@testable import Files

struct Mishap: Error {}

@Suite struct AtomicFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func replacesTheFileAndLeavesNothingElse() throws {
        try folder.write("old and longer", to: "a")
        try AtomicFile.write(Data("new".utf8), to: folder.item("a"))
        #expect(try folder.text(of: "a") == "new")
        #expect(try folder.names == ["a"])
    }

    @Test func keepsTheOldFileWhereWritingFails() throws {
        try folder.write("old", to: "a")
        #expect(throws: Mishap.self) {
            try AtomicFile.write(to: folder.item("a")) { writer in
                try writer.write(Data("half".utf8))
                throw Mishap()
            }
        }
        #expect(try folder.text(of: "a") == "old")
        #expect(try folder.names == ["a"])
    }

    @Test func appearsWhenItIsPutInPlaceAndNotBefore() throws {
        try folder.write("old", to: "a")
        do {
            let file = try AtomicFile(folder.item("a"))
            try file.write(Data("given up".utf8))
            #expect(try folder.text(of: "a") == "old")
        }
        #expect(try folder.names == ["a"])
        let file = try AtomicFile(folder.item("a"))
        for part in ["n", "ew"] { try file.write(Data(part.utf8)) }
        try file.putInPlace()
        #expect(try folder.text(of: "a") == "new")
        #expect(try folder.names == ["a"])
    }

    @Test func takesOverWhatAKilledWriterLeft() throws {
        try folder.write("half of something long", to: ".a.partial")
        try AtomicFile.write(Data("new".utf8), to: folder.item("a"))
        #expect(try folder.text(of: "a") == "new")
        #expect(try folder.names == ["a"])
    }

    @Test func refusesASecondWriter() throws {
        let url = folder.item("a")
        try AtomicFile.write(to: url) { writer in
            #expect(throws: FileError.inUse(url, process: nil)) { try AtomicFile.write(Data(), to: url) }
            try writer.write(Data("first".utf8))
        }
        #expect(try folder.text(of: "a") == "first")
    }

    @Test func writersInTurnsLeaveAWholeFile() async throws {
        let url = folder.item("a")
        await withTaskGroup(of: Void.self) { group in
            for digit in 0..<8 {
                group.addTask {
                    for _ in 0..<25 {
                        try? AtomicFile.write(Data(repeating: UInt8(digit), count: 10_000), to: url)
                    }
                }
            }
        }
        let content = try Data(contentsOf: url)
        #expect(content.count == 10_000 && Set(content).count == 1)
        #expect(try folder.names == ["a"])
    }

    @Test func namesTheFileItWouldHaveBecome() throws {
        let url = folder.item("missing/a")
        let error = try #require(throws: FileError.self) { try AtomicFile.write(Data(), to: url) }
        #expect(error == .refused(url, .create, code: ENOENT))
        #expect(error.description == "\(url.path): cannot create: No such file or directory; check the path")
        #expect(error.category == .cannotCreate)
    }

    /// The same value gives the same bytes, whatever order a dictionary or the encoder has.
    @Test func valuesAreWrittenInOneOrder() throws {
        struct Value: Encodable {
            let z = 1
            let a: [String: Int]
        }
        let names = (0..<40).map { "name\($0)" }
        for order in [names, names.reversed(), names.shuffled()] {
            let value = Value(a: Dictionary(uniqueKeysWithValues: order.map { ($0, $0.count) }))
            try AtomicFile.write(encoding: value, to: folder.item("value.json"))
            let members = names.sorted().map { "\"\($0)\":\($0.count)" }.joined(separator: ",")
            #expect(try folder.text(of: "value.json") == "{\"a\":{\(members)},\"z\":1}")
        }
    }
}
