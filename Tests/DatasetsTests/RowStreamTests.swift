import CZlib
import Foundation
import Testing

@testable import Datasets

@Suite(.serialized) struct RowStreamTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ name: String, rows: Int) throws -> JSONLines {
        let lines = (0..<rows).map { #"{"text": "\#(name) \#($0)"}"# }
        return try JSONLines(folder.write(lines.joined(separator: "\n"), to: "\(name).jsonl"))
    }

    private func epoch(_ stream: RowStream<TextRow>) throws -> [String] {
        var texts: [String] = []
        while let row = try stream.next() { texts.append(row.row.text) }
        return texts
    }

    @Test func withoutASeedFilesFollowEachOther() throws {
        let stream = RowStream<TextRow>(
            [try file("a", rows: 3), try file("b", rows: 2)], bufferSize: 4, seed: nil)
        for epoch in 0..<2 {
            #expect(stream.cursor == BatchOrder.Cursor(epoch: epoch))
            #expect(try self.epoch(stream) == ["a 0", "a 1", "a 2", "b 0", "b 1"])
        }
    }

    /// Every row once, in another order each epoch, no row further ahead than the buffer reaches.
    @Test(arguments: [1, 10, 1000]) func shuffledWithinTheBuffer(size: Int) throws {
        let data = try file("a", rows: 100)
        let stream = RowStream<TextRow>([data], bufferSize: size, seed: 5)
        let rows = (0..<100).map { "a \($0)" }
        let (first, second) = (try epoch(stream), try epoch(stream))
        #expect(first.sorted() == rows.sorted() && second.sorted() == rows.sorted())
        #expect((first == second) == (size == 1))
        #expect(try epoch(RowStream([data], bufferSize: size, seed: 5)) == first)
        if size > 1 { #expect(try epoch(RowStream([data], bufferSize: size, seed: 6)) != first) }
        for (position, row) in first.enumerated() {
            #expect((Int(row.dropFirst(2)) ?? 0) < position + size)
        }
    }

    /// Rows come in the proportions of the shares until a data set is used up.
    @Test func sharesAreProportions() throws {
        let sources = [try file("a", rows: 4000), try file("b", rows: 4000)]
        let stream = RowStream<TextRow>(sources, shares: [3, 1], bufferSize: 100, seed: 1)
        let texts = try epoch(stream)
        let first = texts.count { $0.hasPrefix("a") }
        // The second data set's rows are binomial: 1333 ± 42 beside 4000 of the first.
        #expect(first == 4000 && abs(texts.count - first - 1333) < 170)
    }

    @Test(arguments: [0, 1, 17, 60, 61, 119]) func aRestoredStreamGoesOnExactly(place: Int) throws {
        let sources = [try file("a", rows: 60), try file("b", rows: 40)]
        func make() -> RowStream<TextRow> {
            RowStream(sources, shares: [1, 1], bufferSize: 16, seed: 9)
        }
        let stream = make()
        for _ in 0..<place { _ = try stream.next() }
        let restored = make()
        #expect(try restored.restore(stream.cursor))
        #expect(restored.cursor == stream.cursor)
        for _ in 0..<150 { #expect(try restored.next() == stream.next()) }
        #expect(try !make().restore(BatchOrder.Cursor(epoch: 0, position: 5000)))
        #expect(try !make().restore(BatchOrder.Cursor(epoch: -1)))
    }

    @Test func anErrorNamesItsLine() throws {
        let data = try JSONLines(folder.write("{\"text\": \"a\"}\nnonsense", to: "bad.jsonl"))
        let stream = RowStream<TextRow>([data], bufferSize: 1, seed: nil)
        _ = try stream.next()
        #expect(try dataError { _ = try stream.next() }.line == 2)
    }

    /// 200 MB of rows in a file of a few: what streams it stays as small as it was.
    @Test func memoryIsBoundedByTheBuffer() throws {
        let (members, rowsOfMember) = (20, 1000)
        let text = String(repeating: "All work and no play. ", count: 450)
        let lines = (0..<rowsOfMember).map { #"{"text": "\#($0) \#(text)"}"# }.joined(separator: "\n") + "\n"
        let member = try gzip([UInt8](lines.utf8))
        // Members of one gzip file follow each other, as `cat` joins files.
        let data = try JSONLines(
            folder.write([[UInt8]](repeating: member, count: members).flatMap { $0 }, to: "large.jsonl.gz"))
        let stream = RowStream<TextRow>([data], bufferSize: 100, seed: 1)
        for _ in 0..<rowsOfMember { _ = try stream.next() }
        let before = residentBytes()
        var count = rowsOfMember
        while try stream.next() != nil { count += 1 }
        let growth = residentBytes() - before
        #expect(count == members * rowsOfMember)
        #expect(growth < 40 << 20, "\(members * lines.utf8.count >> 20) MB of rows took \(growth >> 20) MB")
    }

    /// Memory of this process that is in use now.
    private func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
            * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
