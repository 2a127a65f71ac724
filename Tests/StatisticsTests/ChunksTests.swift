import Statistics
import Testing

@Suite struct ChunksTests {
    @Test func partsAreInOrderAndTheLastIsWhatIsLeft() {
        #expect(Array(1...7).chunked(3).map(Array.init) == [[1, 2, 3], [4, 5, 6], [7]])
        #expect(Array(1...6).chunked(3).map(\.count) == [3, 3])
        #expect([Int]().chunked(3).isEmpty)
        #expect([1, 2, 3, 4, 5].dropFirst(2).chunked(2).map(Array.init) == [[3, 4], [5]])
        #expect((10..<13).chunked(2) == [10..<12, 12..<13])
    }
}
